/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.replication.caller;

import io.micrometer.context.ThreadLocalAccessor;
import org.jspecify.annotations.Nullable;

/**
 * Passes the caller to other threads wherever context is propagated: asynchronous
 * methods, task executors, virtual threads. All threads then share the caller's record.
 *
 * @since 0.1.0
 */
public final class CallerThreadLocalAccessor implements ThreadLocalAccessor<CallerRecord> {

	private final CallerRecords records;

	private final String key;

	/**
	 * Creates an accessor.
	 * @param records the records of an application context
	 */
	public CallerThreadLocalAccessor(CallerRecords records) {
		this.records = records;
		this.key = CallerRecord.class.getName() + "." + Integer.toHexString(System.identityHashCode(records));
	}

	@Override
	public Object key() {
		return this.key;
	}

	@Override
	public CallerRecord getValue() {
		CallerRecord record = this.records.current();
		record.identify();
		return record;
	}

	@Override
	public void setValue(CallerRecord value) {
		this.records.restore(value);
	}

	@Override
	public void setValue() {
		this.records.restore(null);
	}

	@Override
	public void restore(@Nullable CallerRecord previousValue) {
		this.records.restore(previousValue);
	}

	@Override
	public void restore() {
		this.records.restore(null);
	}

}

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

package io.github.replication.cache;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.WriteMark;

/**
 * The watermarks of a cache whose owner decides itself which values to put, such as a
 * region of Hibernate's second-level cache. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class RegionWatermarks {

	private final CacheProtection protection;

	private final Watermarks watermarks;

	RegionWatermarks(CacheProtection protection, Watermarks watermarks) {
		this.protection = protection;
		this.watermarks = watermarks;
	}

	/**
	 * Raises the watermark of a key to the last write of the current caller. To be called
	 * after the commit, and before the entry changes. Does nothing if the caller has not
	 * written.
	 * @param key the key
	 */
	public void raise(Object key) {
		WriteMark write = this.protection.records().current().write();
		if (write != null) {
			this.watermarks.raise(key, write, 0);
		}
	}

	/**
	 * Raises the watermark of all keys, as {@link #raise} does.
	 */
	public void raiseAll() {
		raise(Watermarks.ALL);
	}

	/**
	 * The write that a value has to include.
	 * @param key the key of the value
	 * @return the write, {@code null} if none counts
	 */
	public @Nullable WriteMark required(Object key) {
		return this.watermarks.required(key);
	}

	/**
	 * The write that every value has to include.
	 * @return the write, {@code null} if none counts
	 */
	public @Nullable WriteMark requiredOfAll() {
		return this.watermarks.required(Watermarks.ALL);
	}

	/**
	 * Counts a value that was not put.
	 */
	public void countRefused() {
		this.protection.countRefused();
	}

}

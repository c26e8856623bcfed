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

package io.github.replication.web;

import java.util.concurrent.Callable;

import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.context.request.async.CallableProcessingInterceptor;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;

/**
 * The record of a request on the thread that runs the result of its handler: a
 * {@link Callable}, or a body that is streamed.
 */
final class CallableRecord implements CallableProcessingInterceptor {

	private final CallerRecords records;

	private final CallerRecord record;

	private @Nullable CallerRecord previous;

	CallableRecord(CallerRecords records, CallerRecord record) {
		this.records = records;
		this.record = record;
	}

	@Override
	public <T> void preProcess(NativeWebRequest request, Callable<T> task) {
		this.previous = this.records.bind(this.record);
	}

	@Override
	public <T> void postProcess(NativeWebRequest request, Callable<T> task, @Nullable Object concurrentResult) {
		this.records.restore(this.previous);
	}

}

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

package io.github.replication.message;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;

import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

import org.springframework.kafka.listener.BatchInterceptor;

import io.github.replication.CallerContext.Scope;

/**
 * Lets a listener of Kafka that is given a batch see the data that all its records are
 * about. A batch is not observed as a whole.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 * @since 0.1.0
 */
public final class PositionBatchInterceptor<K, V> implements BatchInterceptor<K, V> {

	private final MessagePositions positions;

	private final ThreadLocal<@Nullable Scope> opened = new ThreadLocal<>();

	/**
	 * Creates an interceptor.
	 * @param positions the positions of messages
	 */
	public PositionBatchInterceptor(MessagePositions positions) {
		this.positions = positions;
	}

	@Override
	public ConsumerRecords<K, V> intercept(ConsumerRecords<K, V> records, Consumer<K, V> consumer) {
		close();
		Set<String> tokens = new LinkedHashSet<>();
		for (ConsumerRecord<K, V> record : records) {
			Header header = record.headers().lastHeader(MessagePositions.HEADER);
			if (header != null && header.value() != null) {
				tokens.add(new String(header.value(), StandardCharsets.UTF_8));
			}
		}
		Scope scope = this.positions.incoming(tokens);
		if (scope != null) {
			this.opened.set(scope);
		}
		return records;
	}

	@Override
	public void success(ConsumerRecords<K, V> records, Consumer<K, V> consumer) {
		close();
	}

	@Override
	public void failure(ConsumerRecords<K, V> records, Exception exception, Consumer<K, V> consumer) {
		close();
	}

	@Override
	public void clearThreadState(Consumer<?, ?> consumer) {
		close();
	}

	private void close() {
		Scope scope = this.opened.get();
		if (scope != null) {
			this.opened.remove();
			scope.close();
		}
	}

}

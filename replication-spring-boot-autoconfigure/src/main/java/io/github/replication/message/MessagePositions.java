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

import java.util.Collection;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.CallerContext.Scope;
import io.github.replication.caller.CallerRecords;
import io.github.replication.position.PositionToken;

/**
 * The positions that messages carry. Safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class MessagePositions {

	/**
	 * The name of the header. It is a name that every broker accepts; JMS allows no
	 * hyphen.
	 */
	public static final String HEADER = "replication_position";

	/**
	 * Longer than any header that an application with a few clusters sends.
	 */
	private static final int MAXIMUM_LENGTH = 1024;

	private final CallerRecords records;

	private final boolean active;

	/**
	 * Creates an object.
	 * @param records the records of callers
	 * @param active whether messages carry positions
	 */
	public MessagePositions(CallerRecords records, boolean active) {
		this.records = records;
		this.active = active;
	}

	/**
	 * The position of the current caller, as far as it is known. Sends nothing to a
	 * server. A message sent in a transaction that may write carries a write of unknown
	 * position, which is taken for one before the arrival of the message.
	 * @return the value of the header, {@code null} if the caller has neither written nor
	 * read, or messages carry nothing
	 */
	public @Nullable String outgoing() {
		if (!this.active) {
			return null;
		}
		boolean writing = TransactionSynchronizationManager.isActualTransactionActive()
				&& !TransactionSynchronizationManager.isCurrentTransactionReadOnly();
		PositionToken token = this.records.tokens().known(this.records.current(), writing);
		return token.isEmpty() ? null : token.toString();
	}

	/**
	 * Lets the current thread work for the caller of a message.
	 * @param position the value of its header, {@code null} for none; a malformed one is
	 * absent
	 * @return restores the caller before, to be closed by the same thread; {@code null}
	 * if there is no position
	 */
	public @Nullable Scope incoming(@Nullable String position) {
		return (position != null && this.active && isUsable(position)) ? this.records.withPosition(position) : null;
	}

	/**
	 * Lets the current thread work for the callers of several messages together.
	 * @param positions the values of their headers; malformed ones are absent
	 * @return restores the caller before, to be closed by the same thread; {@code null}
	 * if there is no position
	 */
	public @Nullable Scope incoming(Collection<String> positions) {
		String joined = positions.stream().filter(MessagePositions::isUsable).collect(Collectors.joining(","));
		return (joined.isEmpty() || !this.active) ? null : this.records.withPosition(joined);
	}

	private static boolean isUsable(String position) {
		return !position.isEmpty() && position.length() <= MAXIMUM_LENGTH;
	}

}

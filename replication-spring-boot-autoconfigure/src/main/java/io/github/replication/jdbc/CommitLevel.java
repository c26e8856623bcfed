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
package io.github.replication.jdbc;

import java.util.Arrays;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import io.github.replication.SynchronousCommit;

/**
 * The {@code synchronous_commit} of one commit.
 *
 * @param level the level
 * @param raises whether a stricter level that the transaction has without this one stays
 */
record CommitLevel(SynchronousCommit level, boolean raises) {

	private static final String CURRENT = "pg_catalog.current_setting('synchronous_commit')";

	static CommitLevel of(SynchronousCommit level) {
		return new CommitLevel(level, false);
	}

	/**
	 * Returns a level for a transaction that may have a stricter one already.
	 * @return {@code null} if every transaction has it
	 */
	static @Nullable CommitLevel atLeast(SynchronousCommit level) {
		return (level != SynchronousCommit.OFF) ? new CommitLevel(level, true) : null;
	}

	/**
	 * Whether the commit does not wait for the log.
	 */
	boolean isOff() {
		return this.level == SynchronousCommit.OFF;
	}

	/**
	 * Returns an expression of SQL that sets the level for the rest of the transaction.
	 * @return a call, whose value is the level that was set
	 */
	String assignment() {
		return "pg_catalog.set_config('synchronous_commit', " + value() + ", true)";
	}

	private String value() {
		String value = "'" + this.level.setting() + "'";
		return this.raises
				? "CASE WHEN " + CURRENT + " IN (" + atLeast() + ") THEN " + CURRENT + " ELSE " + value + " END"
				: value;
	}

	private String atLeast() {
		return Arrays.stream(SynchronousCommit.values())
			.filter((other) -> other.compareTo(this.level) >= 0)
			.map((other) -> "'" + other.setting() + "'")
			.collect(Collectors.joining(", "));
	}

}

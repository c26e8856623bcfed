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

package io.github.replication.test.proof;

/**
 * How a register is read or written.
 *
 * @since 0.1.0
 */
public enum OperationKind {

	/**
	 * A {@code @ReadOnly} method, which may run again on another node.
	 */
	READ(true, Sight.SESSION, true),

	/**
	 * A read in a {@code @Transactional(readOnly = true)} method, which is never
	 * repeated.
	 */
	READ_IN_TRANSACTION(true, Sight.SESSION, false),

	/**
	 * A read in auto-commit inside {@code Replication.readOnly}.
	 */
	READ_IN_AUTO_COMMIT(true, Sight.SESSION, false),

	/**
	 * A {@code @ReadOnly} method in a transaction of its own, called inside
	 * {@link #WRITE_AROUND_READ}.
	 */
	READ_INSIDE_WRITE(true, Sight.SESSION, false),

	/**
	 * A {@code @ReadOnly} method with a {@code maxStaleness}.
	 */
	READ_FRESH(true, Sight.SESSION, true),

	/**
	 * A {@code @ReadOnly} method that asks for {@code Consistency.EVENTUAL}.
	 */
	READ_EVENTUAL(true, Sight.ANY, true),

	/**
	 * A {@code @ReadOnly} method that asks for {@code Consistency.STRONG}.
	 */
	READ_STRONG(true, Sight.ALL, true),

	/**
	 * A {@code @Transactional} method that writes.
	 */
	WRITE(false, Sight.ALL, false),

	/**
	 * A write in auto-commit, outside of any transaction.
	 */
	WRITE_IN_AUTO_COMMIT(false, Sight.ALL, false),

	/**
	 * A {@code @Transactional} method that writes, and reads another register in a
	 * transaction of its own before it commits.
	 */
	WRITE_AROUND_READ(false, Sight.ALL, false),

	/**
	 * A {@code @ReadOnly} method that tries to write, which must be refused wherever it
	 * runs.
	 */
	WRITE_IN_READ_ONLY(false, Sight.ANY, false);

	private final boolean read;

	private final Sight sight;

	private final boolean repeatable;

	OperationKind(boolean read, Sight sight, boolean repeatable) {
		this.read = read;
		this.sight = sight;
		this.repeatable = repeatable;
	}

	/**
	 * Whether the register is only read.
	 * @return {@code false} for all that write, or try to
	 */
	public boolean isRead() {
		return this.read;
	}

	/**
	 * Whether this is a write that must succeed while the primary can serve.
	 * @return {@code false} for reads and for {@link #WRITE_IN_READ_ONLY}
	 */
	public boolean isWrite() {
		return !this.read && this != WRITE_IN_READ_ONLY;
	}

	/**
	 * Whether it must see all that its session has written and read before.
	 * @return {@code true} for reads that ask for {@code SESSION} or {@code STRONG}
	 */
	public boolean seesSession() {
		return this.read && this.sight != Sight.ANY;
	}

	/**
	 * Whether it must see every write that was acknowledged before it began.
	 * @return {@code true} for writes and for reads that ask for {@code STRONG}
	 */
	public boolean seesAll() {
		return this.sight == Sight.ALL;
	}

	/**
	 * Whether it runs again on another node if one fails under it.
	 * @return {@code true} for {@code @ReadOnly} methods outside of a transaction
	 */
	public boolean isRepeatable() {
		return this.repeatable;
	}

	private enum Sight {

		ANY, SESSION, ALL

	}

}

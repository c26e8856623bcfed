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

package io.github.replication;

/**
 * The reason for the route of a statement. The same word is the metric tag, the log field
 * and the value that the test kit asserts. Declared in the order in which the rules are
 * applied.
 *
 * @since 0.1.0
 */
public enum Reason {

	/**
	 * The caller asked for the primary: {@link UsePrimary} or
	 * {@link Replication#onPrimary}.
	 */
	FORCED,

	/**
	 * The transaction is not read-only.
	 */
	READ_WRITE,

	/**
	 * There is neither a transaction nor a read-only scope.
	 */
	NO_TRANSACTION,

	/**
	 * Outside a transaction statements are routed one by one, and this one is not a plain
	 * read.
	 */
	STATEMENT,

	/**
	 * The connection holds session state on the primary, so it stays there until it is
	 * closed.
	 */
	HELD,

	/**
	 * The effective isolation level is serializable, which a standby does not offer.
	 */
	SERIALIZABLE,

	/**
	 * The read asked for {@link Consistency#STRONG}.
	 */
	STRONG,

	/**
	 * No replica that may serve the read is in rotation, or none has a connection to
	 * give.
	 */
	NO_REPLICA,

	/**
	 * No replica is known to be fresh enough.
	 */
	TOO_STALE,

	/**
	 * No replica has replayed the caller's position yet.
	 */
	BEHIND,

	/**
	 * The caller has written a short while ago, and positions are not known.
	 */
	RECENT_WRITE,

	/**
	 * A read that a replica serves.
	 */
	READ_ONLY

}

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
 * Something that has happened, in the order of a {@link History}.
 *
 * @since 0.1.0
 */
public sealed interface Event {

	/**
	 * A part of a session goes on with a copy of its token. It knows as much as the
	 * session did, and no more.
	 *
	 * @param session the session
	 * @param part the number of the part, a session of its own until it is merged
	 */
	record Forked(long session, long part) implements Event {
	}

	/**
	 * A part comes back: from now on the session knows as much as the part.
	 *
	 * @param session the session
	 * @param part the part, which ends
	 */
	record Merged(long session, long part) implements Event {
	}

	/**
	 * A session has lost its token. Whoever goes on is a new session.
	 *
	 * @param session the session that ends
	 */
	record Lost(long session) implements Event {
	}

	/**
	 * A session has lost its knowledge of its reads, as a browser does that is started
	 * anew. It still knows of its writes.
	 *
	 * @param session the session
	 */
	record ReadsForgotten(long session) implements Event {
	}

	/**
	 * Acknowledged writes may be gone from now on: a replica is about to be promoted that
	 * may not have received all of them. Operations before cannot be held against those
	 * that begin afterwards.
	 *
	 * @param order the number of the event
	 */
	record EpochEnded(long order) implements Event {
	}

	/**
	 * A fault is about to begin.
	 *
	 * @param fault its name
	 * @param node the name of the node, or of the other target
	 * @param serves whether the node can serve nevertheless
	 * @param at when, in nanoseconds since the history began
	 */
	record FaultBegan(String fault, String node, boolean serves, long at) implements Event {
	}

	/**
	 * A fault is over.
	 *
	 * @param fault its name
	 * @param node the node that it has happened to
	 * @param at when, in nanoseconds since the history began
	 */
	record FaultEnded(String fault, String node, long at) implements Event {
	}

	/**
	 * Another node is the primary.
	 *
	 * @param node the name of the node
	 */
	record Promoted(String node) implements Event {
	}

	/**
	 * An operation has ended.
	 *
	 * @param operation the operation
	 */
	record Ended(Operation operation) implements Event {
	}

}

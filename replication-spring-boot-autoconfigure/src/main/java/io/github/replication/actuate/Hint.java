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
package io.github.replication.actuate;

/**
 * Advice for a setting or for the application, drawn from the counts.
 *
 * @param topic the subject
 * @param figure the count or share that the hint is about
 * @param cause the reason for it
 * @param remedy a change that helps
 * @since 0.1.0
 */
public record Hint(Topic topic, String figure, String cause, String remedy) {

	/**
	 * The subject of a hint.
	 */
	public enum Topic {

		/**
		 * Statements outside of transactions run on the primary.
		 */
		WITHOUT_TRANSACTION,

		/**
		 * Read-write transactions that change nothing run on the primary.
		 */
		READ_WRITE_UNCHANGED,

		/**
		 * Replicas have not replayed the positions of many callers.
		 */
		BEHIND,

		/**
		 * Clients do not send back the positions that responses carry.
		 */
		POSITION_NOT_RETURNED,

		/**
		 * Reads that fall back to the primary find no free connection.
		 */
		FALLBACK_EXHAUSTED,

		/**
		 * A replica in rotation serves no reads.
		 */
		REPLICA_UNUSED,

		/**
		 * The database user may not see everything that the library can use.
		 */
		MISSING_RIGHTS

	}

}

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

import java.util.concurrent.atomic.AtomicLong;

/**
 * A client that takes part in a proof. Used by one thread at a time.
 */
interface Actor {

	/**
	 * Runs the next request.
	 */
	void proceed();

	/**
	 * Creates the actors of a proof.
	 */
	@FunctionalInterface
	interface Factory {

		/**
		 * Creates an actor that knows nothing.
		 * @param requests the requests of the actor
		 * @param history where its operations are recorded
		 * @param ids yields the numbers of sessions
		 */
		Actor create(Requests requests, History history, AtomicLong ids);

	}

}

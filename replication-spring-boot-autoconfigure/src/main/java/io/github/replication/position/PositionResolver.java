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

package io.github.replication.position;

/**
 * Asks the primary for positions.
 */
public interface PositionResolver {

	/**
	 * A hash of the cluster's system identifier.
	 * @return the hash, 0 while the identifier is not known
	 */
	int cluster();

	/**
	 * Whether positions decide, and not only time.
	 * @return {@code false} where the primary does not tell its position
	 */
	boolean isExact();

	/**
	 * Finds the position of a write in what is known already.
	 * @param write a write
	 * @return the write, resolved if that can be told
	 */
	Write lookUp(Write write);

	/**
	 * Finds the position of a write, asking the primary if need be. Waits no longer than
	 * the configured timeout of a probe.
	 * @param write a write
	 * @return the write, resolved if the primary has told
	 */
	Write resolve(Write write);

}

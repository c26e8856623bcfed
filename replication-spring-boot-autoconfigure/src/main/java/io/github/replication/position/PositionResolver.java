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

import org.jspecify.annotations.Nullable;

/**
 * Asks the primary for positions, and the cluster for the nodes that tokens name.
 *
 * @since 0.1.0
 */
public interface PositionResolver {

	/**
	 * A hash of the cluster's system identifier.
	 * @return the hash, 0 while the identifier is not known
	 */
	int cluster();

	/**
	 * How a caller sees its own writes.
	 * @return the configured mode
	 */
	ReadYourWritesMode mode();

	/**
	 * Whether callers keep their reads monotonic.
	 * @return {@code false} if read marks have no effect
	 */
	boolean isMonotonic();

	/**
	 * Whether positions decide, and not only time.
	 * @return {@code false} in other modes, and while the primary does not report its
	 * position
	 */
	boolean isExact();

	/**
	 * Finds the position of a write in the known samples.
	 * @param write a write
	 * @return the write, resolved if that is possible
	 */
	WriteMark lookUp(WriteMark write);

	/**
	 * Finds the position of a write, asking the primary if need be. Waits no longer than
	 * the configured timeout of a probe.
	 * @param write a write
	 * @return the write, resolved if the primary has answered
	 */
	WriteMark resolve(WriteMark write);

	/**
	 * A small number for a node, in rotation or not. It is the same before and after a
	 * failover, and no two of the first six nodes share it.
	 * @param node the {@linkplain ReadMark#idOf id} of a node
	 * @return the number, from 1 on; 0 for the primary and for an id that none has
	 */
	int indexOf(int node);

	/**
	 * Finds a replica that is in rotation.
	 * @param node the {@linkplain ReadMark#idOf id} of a node
	 * @return the place of that node, {@code null} if no replica in rotation has the id
	 */
	@Nullable Place placeOf(int node);

	/**
	 * The place of a replica.
	 *
	 * @param index its {@linkplain PositionResolver#indexOf number}
	 * @param rotation a hash of the rotation that the replica belongs to, the same in
	 * every instance of the application that sees the same rotation
	 */
	record Place(int index, int rotation) {

	}

}

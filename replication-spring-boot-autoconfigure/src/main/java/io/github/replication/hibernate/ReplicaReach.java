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

package io.github.replication.hibernate;

import io.github.replication.position.WriteMark;

/**
 * Knows how far replicas have come.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface ReplicaReach {

	/**
	 * Whether a replica was known to include a write before a moment. Sends nothing to
	 * any server.
	 * @param replica the name of the replica
	 * @param write the write
	 * @param tick the moment, as the clock of samples has noted it
	 * @return {@code false} also if that is not known
	 */
	boolean had(String replica, WriteMark write, long tick);

}

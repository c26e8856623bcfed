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

package io.github.replication.node;

import java.time.Duration;

import io.github.replication.position.ReadYourWritesMode;

/**
 * The settings of positions.
 *
 * @param mode how a caller gets to see its own writes
 * @param monotonic whether a caller never reads less than it has read before
 * @param maxWait how long a read may wait for a replica before it goes to the primary
 * @param interval how often each node is asked although no read needs it
 * @param timeout how long an answer may take
 * @since 0.1.0
 */
public record PositionSettings(ReadYourWritesMode mode, boolean monotonic, Duration maxWait, Duration interval,
		Duration timeout) {

}

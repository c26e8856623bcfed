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

import io.github.replication.NodeState;

/**
 * The finding that a standby has another history than a primary, for which it is
 * {@link NodeState#DIVERGED}: it is ahead of the primary, or the mark that
 * {@link HistoryMark} has compared is another one there. It holds until the standby is
 * started again or the primary is on another timeline.
 *
 * @param startedAt when the standby was started
 * @param timeline the timeline of the primary that it does not follow
 */
record Divergence(long startedAt, int timeline) {

}

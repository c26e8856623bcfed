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

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * The known state of a node at one moment, without asking it.
 *
 * @param name the name of the node
 * @param role the role of the node
 * @param state whether it serves
 * @param since since when it has been in that state
 * @param cause why it is not {@link NodeState#ONLINE}, or the last error; {@code null} if
 * there is none
 * @param lag the age of the first change on the primary that a replica has not replayed,
 * to the precision of the monitor's interval; zero if it has replayed all known changes,
 * {@code null} for a primary and where it is not known
 * @param lagSize how many bytes of WAL a replica is behind, {@code null} for a primary
 * and where it is not known
 * @param position the position that a primary has flushed or a replica has replayed, in
 * PostgreSQL's notation such as {@code 0/3000148}; {@code null} if it is not known
 * @param timeline the timeline, {@code null} if it is not known
 * @param receiving whether a replica's WAL receiver runs, {@code null} for a primary and
 * where the user may not know
 * @param synchronization how commits on the primary wait for this replica, as
 * {@code pg_stat_replication.sync_state} says: {@code async}, {@code potential},
 * {@code sync} or {@code quorum}; {@code null} for a primary and where the user may not
 * know
 * @param activeConnections how many connections of the read pool are in use
 * @param aliasOf the node that leads to the same server, {@code null} if there is none.
 * An alias serves no reads, since that node does
 * @since 0.1.0
 */
public record NodeStatus(String name, Role role, NodeState state, Instant since, @Nullable String cause,
		@Nullable Duration lag, @Nullable Long lagSize, @Nullable String position, @Nullable Integer timeline,
		@Nullable Boolean receiving, @Nullable String synchronization, int activeConnections,
		@Nullable String aliasOf) {

}

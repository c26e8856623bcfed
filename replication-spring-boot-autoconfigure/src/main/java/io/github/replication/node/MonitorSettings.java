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

import org.jspecify.annotations.Nullable;

/**
 * The settings of the health of nodes.
 *
 * @param maxLag how far a replica may be behind
 * @param maxLagSize how many bytes of WAL a replica may be behind, {@code null} for no
 * limit
 * @param abortAfter how long a node may be silent before the connections are aborted that
 * run repeatable units
 * @param failover whether to follow a promotion
 * @since 0.1.0
 */
public record MonitorSettings(Duration maxLag, @Nullable Long maxLagSize, Duration abortAfter, boolean failover) {

}

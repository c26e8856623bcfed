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

package io.github.replication.jdbc;

import org.jspecify.annotations.Nullable;

/**
 * The initial state of a connection of the primary's pool, known without opening one.
 *
 * @param autoCommit whether connections start in auto-commit mode
 * @param isolation the isolation level that the pool sets, {@code null} if it leaves the
 * server's default
 * @param initSql the statement that the pool executes on each connection, {@code null}
 * for none
 * @since 0.1.0
 */
public record ConnectionDefaults(boolean autoCommit, @Nullable Integer isolation, @Nullable String initSql) {

}

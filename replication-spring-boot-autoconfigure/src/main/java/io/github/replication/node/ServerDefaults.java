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

import java.sql.Connection;

/**
 * The defaults of the cluster's servers for the settings of a session, as reported by the
 * connections opened so far. A standby takes these settings from the primary unless they
 * are set in its own configuration file.
 *
 * @since 0.1.0
 */
public final class ServerDefaults {

	private volatile int isolation = Connection.TRANSACTION_READ_COMMITTED;

	/**
	 * The isolation level of a transaction that does not name one, from
	 * {@code default_transaction_isolation}.
	 * @return a constant of {@link Connection}; read committed, PostgreSQL's own default,
	 * while no server has been asked
	 */
	public int isolation() {
		return this.isolation;
	}

	void learnFrom(ServerState state) {
		this.isolation = state.isolation();
	}

}

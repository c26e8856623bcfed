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

import io.github.replication.Reason;

/**
 * Why a connection of the write pool stays with the logical one until that is closed, so
 * that its reads run there too, with the reason {@link Reason#HELD}. Either a read-write
 * transaction has run on it, which may have left something, or its session holds
 * settings, locks, temporary tables or cursors, or may do so.
 */
final class SessionHold {

	private boolean transaction;

	private boolean session;

	/**
	 * Notes a unit that begins on the connection.
	 */
	void begun(UnitOfWork unit) {
		this.transaction |= unit.isTransaction() && !unit.isReadOnly();
	}

	/**
	 * Notes that the session may hold something.
	 */
	void keepSession() {
		this.session = true;
	}

	/**
	 * Whether a read must not leave for another connection.
	 */
	boolean isHeld() {
		return this.transaction || this.session;
	}

	/**
	 * Whether another connection would lack something.
	 */
	boolean isOfSession() {
		return this.session;
	}

}

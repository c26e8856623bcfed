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

package io.github.replication.policy;

import io.github.replication.RoutingScope;
import io.github.replication.position.SessionGuarantee;

/**
 * The facts about a unit of work that decide where it goes.
 *
 * @param scope the demands of the code
 * @param readOnly whether the unit is read-only
 * @param inTransaction whether the unit is a transaction, {@code false} for a statement
 * in auto-commit
 * @param plainRead whether the statement is known to be a plain read
 * @param held whether the connection holds session state on the write pool
 * @param serializable whether the effective isolation level is serializable
 * @param guarantee the guarantee of the caller
 * @since 0.1.0
 */
public record RouteRequest(RoutingScope scope, boolean readOnly, boolean inTransaction, boolean plainRead, boolean held,
		boolean serializable, SessionGuarantee guarantee) {

	/**
	 * These facts with the isolation level found to be serializable.
	 * @return a copy, or this request if nothing differs
	 */
	public RouteRequest asSerializable() {
		return new RouteRequest(this.scope, this.readOnly, this.inTransaction, this.plainRead, this.held, true,
				this.guarantee);
	}

	/**
	 * These facts for a transaction that nothing makes read-only.
	 * @return a copy
	 */
	public RouteRequest asReadWriteTransaction() {
		return new RouteRequest(this.scope, false, true, false, this.held, this.serializable, this.guarantee);
	}

	/**
	 * These facts with the demands of another scope.
	 * @param scope the new demands of the code
	 * @return a copy, or this request if nothing differs
	 */
	public RouteRequest within(RoutingScope scope) {
		return (scope == this.scope) ? this : new RouteRequest(scope, this.readOnly, this.inTransaction, this.plainRead,
				this.held, this.serializable, this.guarantee);
	}

	/**
	 * These facts with a new guarantee of the caller.
	 * @param guarantee the guarantee of the caller
	 * @return a copy, or this request if nothing differs
	 */
	public RouteRequest with(SessionGuarantee guarantee) {
		return (guarantee == this.guarantee) ? this : new RouteRequest(this.scope, this.readOnly, this.inTransaction,
				this.plainRead, this.held, this.serializable, guarantee);
	}

}

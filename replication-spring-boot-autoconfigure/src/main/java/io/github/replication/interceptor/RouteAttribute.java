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

package io.github.replication.interceptor;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.annotation.Propagation;

import io.github.replication.Consistency;
import io.github.replication.RoutingScope;
import io.github.replication.SynchronousCommit;

/**
 * The routing attributes of a method, from its annotations.
 *
 * @param usePrimary whether everything inside goes to the primary
 * @param read the demands on reads, {@code null} if the method is not {@code @ReadOnly}
 * @param propagation how the method relates to a transaction around it
 * @param durability the level that the commit needs, {@code null} if that is not set
 * @param unit the method, in words for a message
 */
record RouteAttribute(boolean usePrimary, @Nullable Read read, Propagation propagation,
		@Nullable SynchronousCommit durability, String unit) {

	/**
	 * This attribute with another name of the method.
	 */
	RouteAttribute named(String unit) {
		return unit.equals(this.unit) ? this
				: new RouteAttribute(this.usePrimary, this.read, this.propagation, this.durability, unit);
	}

	/**
	 * Whether the method becomes a part of a transaction around it.
	 */
	boolean joins() {
		return switch (this.propagation) {
			case REQUIRED, SUPPORTS, MANDATORY, NESTED -> true;
			case REQUIRES_NEW, NOT_SUPPORTED, NEVER -> false;
		};
	}

	/**
	 * Whether the method may run again when a replica fails under it.
	 */
	boolean isRetryable() {
		return this.read != null && this.read.retry() == Retry.ALLOWED;
	}

	/**
	 * Whether nothing may run again that has called the method.
	 */
	boolean preventsRetry() {
		return this.read != null && this.read.retry() == Retry.FORBIDDEN;
	}

	/**
	 * Derives the method's scope from the one around it.
	 * @param outer the scope in force
	 * @param inTransaction whether the method joins a transaction
	 */
	RoutingScope scope(RoutingScope outer, boolean inTransaction) {
		RoutingScope scope = (this.read != null) ? this.read.scope(outer, inTransaction, this.unit) : outer;
		if (this.read != null && hasTransaction()) {
			scope = scope.asReadOnlyTransaction(outer);
		}
		return this.usePrimary ? scope.onPrimary(this.unit) : scope;
	}

	/**
	 * Whether the method runs in a transaction of Spring's, whatever is around it.
	 */
	private boolean hasTransaction() {
		return switch (this.propagation) {
			case REQUIRED, REQUIRES_NEW, MANDATORY, NESTED -> true;
			case SUPPORTS, NOT_SUPPORTED, NEVER -> false;
		};
	}

	/**
	 * The attributes of {@code @ReadOnly}.
	 *
	 * @param consistency how much the reads must see
	 * @param maxStaleness how old the data may be, {@code null} for no bound
	 * @param group the group whose replicas serve, {@code null} for the replicas of no
	 * group
	 * @param retry whether the method may run again
	 */
	record Read(Consistency consistency, @Nullable Duration maxStaleness, @Nullable String group, Retry retry) {

		private RoutingScope scope(RoutingScope outer, boolean inTransaction, String unit) {
			return inTransaction ? outer.joinedBy(this.consistency, this.maxStaleness, unit)
					: outer.readOnly(this.consistency, this.maxStaleness, this.group, unit);
		}

	}

	/**
	 * Whether a read may run again.
	 */
	enum Retry {

		/**
		 * It may.
		 */
		ALLOWED,

		/**
		 * Only as a part of another one, because its own work may go on after it has
		 * returned.
		 */
		AS_PART,

		/**
		 * Its effects must not be repeated.
		 */
		FORBIDDEN

	}

}

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

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The routing demands on the statements of the code that now runs on a thread. Scopes
 * nest: a new one is derived from the one in force, and leaving it restores that one.
 * <p>
 * Immutable; bound to the thread that entered it.
 *
 * @param primaryForced whether everything goes to the primary
 * @param readOnly whether statements are read-only although no transaction says so
 * @param readOnlyByTransaction whether they are so no longer where the transaction of the
 * unit is suspended
 * @param consistency how much reads must see
 * @param maxStaleness how old the data may be, {@code null} for no bound
 * @param group the group whose replicas serve, {@code null} for the replicas of no group
 * @param unit the method that opened the scope, {@code null} for {@link #NONE}
 * @since 0.1.0
 */
public record RoutingScope(boolean primaryForced, boolean readOnly, boolean readOnlyByTransaction,
		Consistency consistency, @Nullable Duration maxStaleness, @Nullable String group, @Nullable String unit) {

	/**
	 * The scope in force where none was entered.
	 */
	public static final RoutingScope NONE = new RoutingScope(false, false, false, Consistency.SESSION, null, null,
			null);

	private static final ThreadLocal<RoutingScope> CURRENT = new ThreadLocal<>();

	/**
	 * Creates a scope.
	 * @throws IllegalArgumentException if the staleness bound is negative
	 */
	public RoutingScope {
		if (maxStaleness != null && maxStaleness.isNegative()) {
			throw new IllegalArgumentException("maxStaleness must not be negative, but was " + maxStaleness);
		}
	}

	/**
	 * The scope in force on this thread.
	 * @return the innermost scope entered and not left, {@link #NONE} if there is none
	 */
	public static RoutingScope current() {
		RoutingScope scope = CURRENT.get();
		return (scope != null) ? scope : NONE;
	}

	/**
	 * Whether code on this thread takes part in a transaction of a replicated data
	 * source. A transaction of another data source, or of messages, does not count.
	 * @return {@code true} if a scope that begins now joins that transaction
	 */
	public static boolean joinsTransaction() {
		return JoinedTransaction.isUnderWay();
	}

	/**
	 * Derives the scope of code inside this one that must run on the primary.
	 * @param unit the method that asks
	 * @return the derived scope, read-only if this one is
	 */
	public RoutingScope onPrimary(String unit) {
		return new RoutingScope(true, this.readOnly, this.readOnlyByTransaction, this.consistency, this.maxStaleness,
				this.group, unit);
	}

	/**
	 * Derives the scope of a read-only unit that runs in a transaction of its own, or in
	 * none.
	 * @param consistency how much its reads must see
	 * @param maxStaleness how old the data may be, {@code null} for no bound
	 * @param group the group whose replicas serve, {@code null} for the replicas of no
	 * group
	 * @param unit the method that asks
	 * @return the derived scope, forced to the primary if this one is
	 */
	public RoutingScope readOnly(Consistency consistency, @Nullable Duration maxStaleness, @Nullable String group,
			String unit) {
		return new RoutingScope(this.primaryForced, true, false, consistency, maxStaleness, group, unit);
	}

	/**
	 * Derives the scope of a read-only unit that joins a transaction begun before it: of
	 * both requirements the stricter one counts, and the transaction keeps its group.
	 * @param consistency how much its reads must see
	 * @param maxStaleness how old the data may be, {@code null} for no bound
	 * @param unit the method that asks
	 * @return the derived scope
	 */
	public RoutingScope joinedBy(Consistency consistency, @Nullable Duration maxStaleness, String unit) {
		Consistency stricter = (consistency.compareTo(this.consistency) > 0) ? consistency : this.consistency;
		return new RoutingScope(this.primaryForced, true, false, stricter, shorter(maxStaleness, this.maxStaleness),
				this.group, unit);
	}

	/**
	 * Derives the scope of a unit that has a transaction of Spring's, which is read-only
	 * as well, so that both end together. A method that suspends that transaction is as
	 * read-only as Spring says.
	 * @param outer the scope around the unit, which may be read-only by itself
	 * @return the derived scope
	 */
	public RoutingScope asReadOnlyTransaction(RoutingScope outer) {
		boolean readOnlyAnyway = outer.readOnly && !outer.readOnlyByTransaction;
		return readOnlyAnyway ? this : new RoutingScope(this.primaryForced, this.readOnly, true, this.consistency,
				this.maxStaleness, this.group, this.unit);
	}

	/**
	 * Puts this scope in force on the current thread. To be called in pairs with
	 * {@link #leave}: <pre>{@code
	 * RoutingScope previous = scope.enter();
	 * try {
	 *     ...
	 * }
	 * finally {
	 *     RoutingScope.leave(previous);
	 * }
	 * }</pre>
	 * @return the scope that was in force
	 * @throws org.springframework.transaction.IllegalTransactionStateException if this
	 * scope asks for more than the one in force, and the transaction that it joins has
	 * already run on a replica
	 */
	public RoutingScope enter() {
		RoutingScope previous = current();
		if (demandsMoreThan(previous) && TransactionSynchronizationManager.isActualTransactionActive()) {
			JoinedTransaction.requireNotOnReplica(this);
		}
		CURRENT.set(this);
		return previous;
	}

	/**
	 * Puts this scope in force for a unit that begins a transaction of its own or runs in
	 * none, so that a transaction around it does not matter.
	 * @return the scope that was in force, for {@link #leave}
	 */
	public RoutingScope enterApart() {
		RoutingScope previous = current();
		CURRENT.set(this);
		return previous;
	}

	/**
	 * Restores the scope that {@link #enter} has returned.
	 * @param previous the scope to put in force again
	 */
	public static void leave(RoutingScope previous) {
		if (previous == NONE) {
			CURRENT.remove();
		}
		else {
			CURRENT.set(previous);
		}
	}

	/**
	 * Whether a replica that serves another scope may not serve this one.
	 * @param other the other scope
	 * @return {@code true} if this scope asks for the primary, or has a staleness bound,
	 * where the other has none or a longer one
	 */
	public boolean demandsMoreThan(RoutingScope other) {
		return this != other && ((this.primaryForced && !other.primaryForced)
				|| (this.consistency == Consistency.STRONG && other.consistency != Consistency.STRONG)
				|| (this.maxStaleness != null
						&& (other.maxStaleness == null || this.maxStaleness.compareTo(other.maxStaleness) < 0)));
	}

	/**
	 * Describes why this scope cannot join a transaction, and the remedy.
	 * @param route where the transaction has already read
	 * @return the message of an exception
	 */
	public String refusal(RouteDecision route) {
		return JoinedTransaction.message(this, route);
	}

	private static @Nullable Duration shorter(@Nullable Duration one, @Nullable Duration other) {
		if (one == null || other == null) {
			return (one != null) ? one : other;
		}
		return (one.compareTo(other) <= 0) ? one : other;
	}

}

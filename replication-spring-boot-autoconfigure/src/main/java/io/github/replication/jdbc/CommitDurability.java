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

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.SynchronousCommit;

/**
 * The {@link SynchronousCommit} level that the commit of the current thread's transaction
 * needs.
 *
 * @since 0.1.0
 */
public final class CommitDurability {

	private static final ThreadLocal<@Nullable CommitDurability> CURRENT = new ThreadLocal<>();

	private final String unit;

	private final SynchronousCommit level;

	private CommitDurability(String unit, SynchronousCommit level) {
		this.unit = unit;
		this.level = level;
	}

	/**
	 * Asks for the durability of the transaction that a method is about to begin, and of
	 * no other that begins meanwhile. To be called in pairs with {@link #leave}.
	 * @param unit the method, which is the name of its transaction
	 * @param level the level that its commit needs
	 * @return the previous demand, {@code null} for none
	 */
	public static @Nullable CommitDurability enter(String unit, SynchronousCommit level) {
		CommitDurability previous = CURRENT.get();
		CURRENT.set(new CommitDurability(unit, level));
		return previous;
	}

	/**
	 * Restores the demand that {@link #enter} has returned.
	 * @param previous the previous demand, {@code null} for none
	 */
	public static void leave(@Nullable CommitDurability previous) {
		if (previous == null) {
			CURRENT.remove();
		}
		else {
			CURRENT.set(previous);
		}
	}

	/**
	 * Asks for no less in the transaction under way, whatever that has without this.
	 * @param level the level that its commit needs at least
	 */
	public static void require(SynchronousCommit level) {
		if (TransactionSynchronizationManager.getResource(Requirement.class) instanceof Requirement requirement) {
			requirement.level = requirement.level.and(level);
		}
		else if (TransactionSynchronizationManager.isSynchronizationActive()) {
			Requirement requirement = new Requirement(level);
			requirement.resume();
			TransactionSynchronizationManager.registerSynchronization(requirement);
		}
	}

	/**
	 * Returns the level that the commit needs.
	 * @return the strictest level asked for, {@code null} for the one that is set
	 */
	static @Nullable CommitLevel current() {
		CommitDurability current = CURRENT.get();
		SynchronousCommit own = (current != null
				&& current.unit.equals(TransactionSynchronizationManager.getCurrentTransactionName())) ? current.level
						: null;
		if (TransactionSynchronizationManager.getResource(Requirement.class) instanceof Requirement requirement) {
			return (own != null) ? CommitLevel.of(own.and(requirement.level)) : CommitLevel.atLeast(requirement.level);
		}
		return (own != null) ? CommitLevel.of(own) : null;
	}

	/**
	 * Whether the commit of a transaction that begins now may not wait for the log.
	 */
	static boolean mayBeOff() {
		CommitDurability current = CURRENT.get();
		return current != null && current.level == SynchronousCommit.OFF;
	}

	/**
	 * The level asked for by methods that have joined a transaction. Bound to the thread
	 * while that transaction is not suspended.
	 */
	private static final class Requirement implements TransactionSynchronization {

		private SynchronousCommit level;

		Requirement(SynchronousCommit level) {
			this.level = level;
		}

		@Override
		public void resume() {
			TransactionSynchronizationManager.bindResource(Requirement.class, this);
		}

		@Override
		public void suspend() {
			TransactionSynchronizationManager.unbindResourceIfPossible(Requirement.class);
		}

		@Override
		public void afterCompletion(int status) {
			suspend();
		}

	}

}

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

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Static entry for code that cannot be annotated. Each method runs the given work on the
 * current thread and throws exactly the exception of the work. Usable by any thread at
 * any time; without a replicated data source the scopes have no effect.
 *
 * @since 0.1.0
 */
public final class Replication {

	private Replication() {
	}

	/**
	 * Runs work whose statements all go to the primary, as inside {@link UsePrimary}.
	 * @param work the work to run
	 * @param <T> the type of the result
	 * @param <E> the type of exception that the work throws
	 * @return the result of the work
	 * @throws E the exception of the work
	 * @throws org.springframework.transaction.IllegalTransactionStateException if the
	 * transaction around has already read from a replica. One that Spring does not manage
	 * fails with the first statement instead.
	 */
	public static <T extends @Nullable Object, E extends Throwable> T onPrimary(Work<T, E> work) throws E {
		Assert.notNull(work, "work must not be null");
		return run(RoutingScope.current().onPrimary("Replication.onPrimary"), work);
	}

	/**
	 * Runs an action whose statements all go to the primary, as inside
	 * {@link UsePrimary}.
	 * @param action the action to run
	 * @param <E> the type of exception that the action throws
	 * @throws E the exception of the action
	 * @throws org.springframework.transaction.IllegalTransactionStateException if the
	 * transaction around has already read from a replica. One that Spring does not manage
	 * fails with the first statement instead.
	 */
	public static <E extends Throwable> void onPrimary(Action<E> action) throws E {
		Assert.notNull(action, "action must not be null");
		onPrimary(asWork(action));
	}

	/**
	 * Runs work whose statements are read-only. Opens no transaction: each statement is
	 * routed by itself. Inside a read-write transaction the transaction wins; inside a
	 * read-only one the stricter consistency counts.
	 * @param consistency how much the reads must see
	 * @param work the work to run
	 * @param <T> the type of the result
	 * @param <E> the type of exception that the work throws
	 * @return the result of the work
	 * @throws E the exception of the work
	 * @throws org.springframework.transaction.IllegalTransactionStateException if
	 * {@link Consistency#STRONG} is asked for and the transaction around has already read
	 * from a replica. One that Spring does not manage fails with the first statement
	 * instead.
	 */
	public static <T extends @Nullable Object, E extends Throwable> T readOnly(Consistency consistency, Work<T, E> work)
			throws E {
		Assert.notNull(consistency, "consistency must not be null");
		Assert.notNull(work, "work must not be null");
		RoutingScope current = RoutingScope.current();
		String unit = "Replication.readOnly";
		return run(RoutingScope.joinsTransaction() ? current.joinedBy(consistency, null, unit)
				: current.readOnly(consistency, null, null, unit), work);
	}

	/**
	 * Runs an action whose statements are read-only, as
	 * {@link #readOnly(Consistency, Work)} does.
	 * @param consistency how much the reads must see
	 * @param action the action to run
	 * @param <E> the type of exception that the action throws
	 * @throws E the exception of the action
	 * @throws org.springframework.transaction.IllegalTransactionStateException if
	 * {@link Consistency#STRONG} is asked for and the transaction around has already read
	 * from a replica. One that Spring does not manage fails with the first statement
	 * instead.
	 */
	public static <E extends Throwable> void readOnly(Consistency consistency, Action<E> action) throws E {
		Assert.notNull(action, "action must not be null");
		readOnly(consistency, asWork(action));
	}

	/**
	 * Runs work whose writes are not the caller's own: an audit entry, a touched session.
	 * They leave no position, so that the caller's reads do not have to wait for them;
	 * reads of the work itself see them. A transaction that began outside stays the
	 * caller's.
	 * @param work the work to run
	 * @param <T> the type of the result
	 * @param <E> the type of exception that the work throws
	 * @return the result of the work
	 * @throws E the exception of the work
	 */
	public static <T extends @Nullable Object, E extends Throwable> T untracked(Work<T, E> work) throws E {
		Assert.notNull(work, "work must not be null");
		CallerContext.Scope scope = CallerContexts.open(CallerContext::untracked);
		try {
			return work.run();
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Runs an action whose writes are not the caller's own, as {@link #untracked(Work)}
	 * does.
	 * @param action the action to run
	 * @param <E> the type of exception that the action throws
	 * @throws E the exception of the action
	 */
	public static <E extends Throwable> void untracked(Action<E> action) throws E {
		Assert.notNull(action, "action must not be null");
		untracked(asWork(action));
	}

	/**
	 * Returns the position of the current caller. It can be handed to another thread, a
	 * job, a message or another service, which goes on from there by
	 * {@link #withPosition}. Asks the primary, for no longer than the timeout of a probe,
	 * if the caller has just written. To be called after the commit.
	 * @return a short text of printable ASCII characters without spaces, {@code null} if
	 * the caller has neither written nor read
	 */
	public static @Nullable String position() {
		return CallerContexts.position();
	}

	/**
	 * Runs work for the caller of a position: its reads that ask for
	 * {@link Consistency#SESSION} see that caller's writes and the data that it has read.
	 * Writes of the work itself count for the caller around it as well.
	 * @param position the result of {@link #position}, here or in another process of the
	 * same application; anything else, {@code null} included, is taken for no position
	 * @param work the work to run
	 * @param <T> the type of the result
	 * @param <E> the type of exception that the work throws
	 * @return the result of the work
	 * @throws E the exception of the work
	 */
	public static <T extends @Nullable Object, E extends Throwable> T withPosition(@Nullable String position,
			Work<T, E> work) throws E {
		Assert.notNull(work, "work must not be null");
		String known = (position != null) ? position : "";
		CallerContext.Scope scope = CallerContexts.open((context) -> context.withPosition(known));
		try {
			return work.run();
		}
		finally {
			scope.close();
		}
	}

	/**
	 * Runs an action for the caller of a position, as {@link #withPosition(String, Work)}
	 * does.
	 * @param position the result of {@link #position}
	 * @param action the action to run
	 * @param <E> the type of exception that the action throws
	 * @throws E the exception of the action
	 */
	public static <E extends Throwable> void withPosition(@Nullable String position, Action<E> action) throws E {
		Assert.notNull(action, "action must not be null");
		withPosition(position, asWork(action));
	}

	private static <T extends @Nullable Object, E extends Throwable> T run(RoutingScope scope, Work<T, E> work)
			throws E {
		RoutingScope previous = scope.enter();
		try {
			return work.run();
		}
		finally {
			RoutingScope.leave(previous);
		}
	}

	private static <E extends Throwable> Work<Boolean, E> asWork(Action<E> action) {
		return () -> {
			action.run();
			return Boolean.TRUE;
		};
	}

	/**
	 * Work that returns a value.
	 *
	 * @param <T> the type of the result
	 * @param <E> the type of exception
	 */
	@FunctionalInterface
	public interface Work<T extends @Nullable Object, E extends Throwable> {

		/**
		 * Runs the work.
		 * @return its result
		 * @throws E if it fails
		 */
		T run() throws E;

	}

	/**
	 * Work that returns nothing.
	 *
	 * @param <E> the type of exception
	 */
	@FunctionalInterface
	public interface Action<E extends Throwable> {

		/**
		 * Runs the action.
		 * @throws E if it fails
		 */
		void run() throws E;

	}

}

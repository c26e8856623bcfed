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

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.core.annotation.AliasFor;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

/**
 * Runs a method, or every public method of a type, in a read-only transaction that a
 * replica may serve.
 * <p>
 * A meta-annotation of {@code @Transactional(readOnly = true)}: a read-only transaction
 * declared in that way routes exactly like this annotation with its defaults. A
 * declaration on a method hides the one on its type. The unit stays read-only on any
 * node: a statement that writes fails with SQLSTATE 25006 on a replica and on the primary
 * alike.
 * <p>
 * Joining a running transaction adds to the demands of that transaction and never takes
 * away: of two consistencies the stricter one counts, of two staleness bounds the
 * shorter. The group is the one of the method that began the transaction.
 *
 * @since 0.1.0
 * @see UsePrimary
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
@Transactional(readOnly = true)
public @interface ReadOnly {

	/**
	 * How much the reads must see.
	 * @return the consistency, {@link Consistency#SESSION} by default
	 */
	Consistency consistency() default Consistency.SESSION;

	/**
	 * How old the data of a replica may be, as a duration such as {@code "2s"} or
	 * {@code "500ms"}. A replica that is not known to be that fresh does not serve.
	 * @return the bound, empty (the default) for none
	 */
	String maxStaleness() default "";

	/**
	 * The group whose replicas serve.
	 * @return the group's name, empty (the default) for the replicas of no group
	 */
	String group() default "";

	/**
	 * Whether the whole method may run again when a node fails under it. Turn it off for
	 * a method whose effects outside the database must not be repeated; a caller of such
	 * a method is not repeated either.
	 * <p>
	 * A failure is recognised by its SQLSTATE: the connection (class 08), resources (53),
	 * the system (58), an internal error (XX), a shutdown (57P01, 57P02, 57P03, 57P05), a
	 * conflict with recovery (40001, 40P01), and an unlogged relation (0A000). The
	 * unlogged relation is then read on the primary. So is a table, a column or a
	 * function that a replica does not have yet (42P01, 42703, 42883) while it is behind.
	 * A statement whose plan a change of the schema has outdated is prepared anew, on the
	 * same node. The method runs at most once on each replica and at last on the primary.
	 * One that loses its connection to the primary waits for that or its successor, and
	 * runs once more there. Each attempt has the same arguments and a new transaction
	 * with the whole {@link #timeout()}. If the last attempt fails, its exception is
	 * thrown, and the exceptions of the attempts before are
	 * {@linkplain Throwable#getSuppressed() suppressed}.
	 * <p>
	 * Of methods that call each other only the outermost runs again. A method does not
	 * run again if it joins a transaction, has begun a read-write one, or returns a
	 * {@code Stream}, {@code Iterator}, {@code Future}, {@code CompletionStage} or
	 * reactive {@code Publisher}.
	 * @return {@code true} by default
	 */
	boolean retry() default true;

	/**
	 * The transaction manager to use, see {@link Transactional#transactionManager()}.
	 * @return the bean name or qualifier of a transaction manager
	 */
	@AliasFor(annotation = Transactional.class)
	String transactionManager() default "";

	/**
	 * The isolation level, see {@link Transactional#isolation()}. A serializable
	 * transaction runs on the primary, because a standby does not offer that level.
	 * @return the isolation level
	 */
	@AliasFor(annotation = Transactional.class)
	Isolation isolation() default Isolation.DEFAULT;

	/**
	 * The timeout, see {@link Transactional#timeout()}.
	 * @return the timeout in seconds
	 */
	@AliasFor(annotation = Transactional.class)
	int timeout() default -1;

	/**
	 * The propagation, see {@link Transactional#propagation()}. Where it yields no
	 * transaction each statement is routed by itself, still read-only.
	 * @return the propagation
	 */
	@AliasFor(annotation = Transactional.class)
	Propagation propagation() default Propagation.REQUIRED;

}

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

/**
 * Chooses the {@link SynchronousCommit} level of a method's transaction, or of the
 * transactions of every public method of a type: a fast one for data that may be lost, a
 * safe one for other data. Stands beside {@code @Transactional}, and costs no round trip:
 * {@code @Durability(SynchronousCommit.REMOTE_APPLY)}.
 * <p>
 * A method that joins a transaction can only raise the level of that transaction: the
 * strictest of several levels counts, the server's default included where the method that
 * has begun the transaction is without this annotation. The annotation has no effect
 * without a transaction and in a read-only one.
 * <p>
 * A commit that waits for standbys does so for as long as they are missing.
 *
 * @since 0.1.0
 */
@Target({ ElementType.TYPE, ElementType.METHOD })
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@Documented
public @interface Durability {

	/**
	 * Returns the level of the commit.
	 * @return the value of {@code synchronous_commit}
	 */
	SynchronousCommit value();

}

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

package io.github.replication.test;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.autoconfigure.ImportAutoConfiguration;

/**
 * Runs the tests of a class with a {@link PostgresCluster}, which methods and
 * constructors get by declaring a parameter of that type.
 * <p>
 * Classes that ask for the same cluster share one: it starts with the first of them and
 * ends with the test run. After each class it is {@linkplain PostgresCluster#reset()
 * reset}: levers are undone, data stays. If that fails it is closed, and the next class
 * gets a new one, with a new application on it. With Spring Boot's tests the application
 * under test runs on the very same cluster, also in tests of a slice such as
 * {@code @DataJpaTest}, which knows no replicas otherwise; there add
 * {@code @AutoConfigureTestDatabase(replace = Replace.NONE)}.
 *
 * @since 0.1.0
 * @see PostgresNode the levers of a node: lag, silence, loss
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Inherited
@ExtendWith(EmbeddedClusterExtension.class)
@ImportAutoConfiguration
public @interface EmbeddedCluster {

	/**
	 * The number of replicas, called {@code replica-1} and so on.
	 * @return how many
	 */
	int replicas() default 2;

	/**
	 * Whether the class gets a cluster of its own, which ends with the class.
	 * @return {@code true} for a cluster that is not shared
	 */
	boolean dedicated() default false;

	/**
	 * Settings of all servers.
	 * @return each as {@code name=value}
	 */
	String[] settings() default {};

}

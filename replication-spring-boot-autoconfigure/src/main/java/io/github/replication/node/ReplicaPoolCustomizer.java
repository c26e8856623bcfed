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

import com.zaxxer.hikari.HikariConfig;

/**
 * Has the last word on the settings of a read pool before it is created: a replica's, or
 * the one that carries reads on the primary. For credentials that rotate, for pool sizes
 * that depend on the node. Beans of this type are called in their order, after the
 * properties of the replica have been applied.
 * <p>
 * Called once for each pool, while the application starts or a replica is added. An
 * exception stops the start.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface ReplicaPoolCustomizer {

	/**
	 * Customizes the settings of a pool.
	 * @param node the name of the node that the pool connects to
	 * @param config the settings, derived from the primary's pool; the pool connects with
	 * its JDBC URL and credentials
	 */
	void customize(String node, HikariConfig config);

}

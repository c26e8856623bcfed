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

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

import io.github.replication.node.ClusterNode;

/**
 * Finds connections that lead to a server that is the primary no longer, although their
 * address leads to another one by now. HikariCP closes such connections when that is
 * noticed. Another pool keeps them, so that each of its connections is asked once then.
 */
final class FormerServerCheck {

	/**
	 * The generation in which a connection was asked last.
	 */
	private final Map<Object, Integer> asked = Collections.synchronizedMap(new WeakHashMap<>());

	/**
	 * Asks if there is a reason to.
	 * @param physical a connection that was just taken from the write pool
	 * @return whether it must not be used
	 */
	boolean isFormer(PhysicalConnection physical) throws SQLException {
		ClusterNode node = physical.node();
		int generation = node.writeGeneration();
		if (generation == 0) {
			return false;
		}
		Object identity = physical.driver().identity();
		if (Integer.valueOf(generation).equals(this.asked.get(identity))) {
			return false;
		}
		if (!isServerOf(node, physical.connection())) {
			return true;
		}
		this.asked.put(identity, generation);
		return false;
	}

	private static boolean isServerOf(ClusterNode node, Connection connection) throws SQLException {
		boolean autoCommit = connection.getAutoCommit();
		boolean same = node.isServerOf(connection);
		if (!autoCommit && same) {
			connection.rollback();
		}
		return same;
	}

}

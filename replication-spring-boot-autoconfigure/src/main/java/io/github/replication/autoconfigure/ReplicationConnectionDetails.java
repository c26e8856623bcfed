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

package io.github.replication.autoconfigure;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;
import org.springframework.util.Assert;

/**
 * Details required to connect to the replicas of the primary that the application's
 * {@code JdbcConnectionDetails} name. Several beans add up. Takes precedence over the
 * URLs and credentials under {@code replication.replicas}; weights, groups, zones and
 * pool settings of a replica named there still count.
 *
 * @since 0.1.0
 */
public interface ReplicationConnectionDetails extends ConnectionDetails {

	/**
	 * The replicas by name.
	 * @return the replicas, in the order in which they are to be reported
	 */
	Map<String, Node> getReplicas();

	/**
	 * How to reach one server.
	 *
	 * @param url the JDBC URL of one server
	 * @param username the user, {@code null} for the primary's
	 * @param password the password, {@code null} for the primary's
	 */
	record Node(String url, @Nullable String username, @Nullable String password) {

		/**
		 * Creates the details of a node.
		 * @throws IllegalArgumentException if the URL is empty
		 */
		public Node {
			Assert.hasText(url, "url must not be empty");
		}

		@Override
		public String toString() {
			return "Node[" + this.username + "]";
		}

	}

}

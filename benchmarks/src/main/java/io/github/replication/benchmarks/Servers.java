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

package io.github.replication.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * Where the servers of a benchmark are.
 *
 * @param primary the URL of the primary
 * @param replicas the URLs of the replicas
 * @param username the application's user
 * @param password its password
 */
record Servers(String primary, List<String> replicas, String username, String password) {

	/**
	 * Addresses of this machine, for a primary and four replicas.
	 */
	static final String ADDRESSES = "127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4,127.0.0.5";

	/**
	 * Servers of the stub driver.
	 */
	static final Servers STUB = new Servers("jdbc:postgresql://primary/app",
			List.of("jdbc:postgresql://replica-1/app", "jdbc:postgresql://replica-2/app"), "app", "app");

	/**
	 * The servers of a cluster, without the proxies in front of them.
	 */
	static Servers of(PostgresCluster cluster) {
		return new Servers(cluster.primary().directUrl(),
				cluster.replicas().stream().map(PostgresNode::directUrl).toList(), cluster.username(),
				cluster.password());
	}

	/**
	 * The servers of a cluster that listens on {@link #ADDRESSES}, each at one of its
	 * own: a balancer by host takes servers that differ in their ports alone for one.
	 */
	static Servers onAddresses(PostgresCluster cluster) {
		Servers servers = of(cluster);
		List<String> replicas = new ArrayList<>();
		for (String url : servers.replicas) {
			replicas.add(url.replace("//127.0.0.1:", "//127.0.0." + (replicas.size() + 2) + ":"));
		}
		return new Servers(servers.primary, replicas, servers.username, servers.password);
	}

	/**
	 * The servers of a cluster, through the proxies in front of them.
	 */
	static Servers throughProxies(PostgresCluster cluster) {
		return new Servers(cluster.primary().jdbcUrl(), cluster.replicas().stream().map(PostgresNode::jdbcUrl).toList(),
				cluster.username(), cluster.password());
	}

	Servers withReplicas(int count) {
		return new Servers(this.primary, this.replicas.subList(0, count), this.username, this.password);
	}

	/**
	 * The ports in the URLs, the primary's first.
	 */
	List<Long> ports() {
		return Stream.of(hosts().split(","))
			.map((host) -> Long.valueOf(host.substring(host.indexOf(':') + 1)))
			.toList();
	}

	/**
	 * The hosts and ports in the URLs, the primary's first.
	 */
	String hosts() {
		List<String> urls = new ArrayList<>(List.of(this.primary));
		urls.addAll(this.replicas);
		return String.join(",", urls.stream().map((url) -> url.split("/")[2]).toList());
	}

}

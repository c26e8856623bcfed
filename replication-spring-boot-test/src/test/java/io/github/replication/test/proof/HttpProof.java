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

package io.github.replication.test.proof;

import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import io.github.replication.integration.ClusterProperties;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.proof.HttpClientTraffic.Carrier;

/**
 * A proof whose sessions are clients over HTTP: of two instances each that carry
 * positions by cookies and by headers, on Tomcat and on Jetty, of one that keeps them in
 * sessions and of one that keeps them by user.
 */
public final class HttpProof implements AutoCloseable {

	private final List<HttpProofApplication> applications = new ArrayList<>();

	private final List<FrontDoor> doors = new ArrayList<>();

	private final List<HttpClientTraffic> traffic = new ArrayList<>();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final PostgresCluster cluster;

	private HttpProof(PostgresCluster cluster) {
		this.cluster = cluster;
	}

	/**
	 * Starts the instances.
	 * @param cluster the cluster that they use
	 * @param properties what they have besides
	 */
	public static HttpProof start(PostgresCluster cluster, Map<String, Object> properties) throws IOException {
		HttpProof proof = new HttpProof(cluster);
		try {
			int service = proof.application(Carrier.HEADER, "tomcat", properties);
			proof.open(Carrier.HEADER, service,
					List.of(service, proof.application(Carrier.HEADER, "jetty", properties)));
			proof.open(Carrier.COOKIE, service, List.of(proof.application(Carrier.COOKIE, "tomcat", properties),
					proof.application(Carrier.COOKIE, "jetty", properties)));
			proof.open(Carrier.SESSION, service, List.of(proof.application(Carrier.SESSION, "tomcat", properties)));
			proof.open(Carrier.USER, service, List.of(proof.application(Carrier.USER, "jetty", properties)));
			return proof;
		}
		catch (IOException | RuntimeException ex) {
			proof.close();
			throw ex;
		}
	}

	private int application(Carrier carrier, String server, Map<String, Object> properties) {
		Map<String, Object> all = ClusterProperties.ofProof(this.cluster);
		all.put("proof.instance", carrier.name().toLowerCase(Locale.ROOT) + "-" + server);
		all.put("server.port", "0");
		all.put("tests.infrastructure", server);
		all.put("spring.task.execution.propagate-context", "true");
		all.put("replication.read-your-writes.carrier", carrier.name().toLowerCase(Locale.ROOT));
		all.putAll(properties);
		HttpProofApplication application = new HttpProofApplication(all);
		this.applications.add(application);
		return application.port();
	}

	private void open(Carrier carrier, int service, List<Integer> ports) throws IOException {
		FrontDoor door = new FrontDoor(ports);
		this.doors.add(door);
		this.traffic.add(new HttpClientTraffic(this.client, carrier, door, service));
	}

	/**
	 * The proof, whose clients are of each carrier in turn.
	 * @param operations how many operations there are at least
	 */
	public Proof proof(long operations) {
		AtomicInteger turn = new AtomicInteger();
		return Proof.of(this.applications.stream().map(HttpProofApplication::instance).toArray(Instance[]::new))
			.against(this.cluster)
			.atLeast(operations)
			.bounds(Duration.ofSeconds(5), Duration.ofSeconds(20))
			.actors((requests, history, ids) -> new HttpClientActor(
					this.traffic.get(turn.getAndIncrement() % this.traffic.size()), requests, history, ids));
	}

	/**
	 * The length of the longest {@code Cookie} header that a client has sent.
	 */
	public int longestCookies() {
		return this.traffic.stream().mapToInt(HttpClientTraffic::longest).max().orElse(0);
	}

	/**
	 * How many responses were cut off.
	 */
	public int lost() {
		return this.traffic.stream().mapToInt(HttpClientTraffic::lost).sum();
	}

	/**
	 * What the clients have counted.
	 */
	public Map<String, Long> counts() {
		return this.traffic.stream()
			.flatMap((way) -> way.counts().entrySet().stream())
			.collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, Long::sum, TreeMap::new));
	}

	@Override
	public void close() {
		this.doors.forEach(FrontDoor::close);
		this.applications.forEach(HttpProofApplication::close);
	}

}

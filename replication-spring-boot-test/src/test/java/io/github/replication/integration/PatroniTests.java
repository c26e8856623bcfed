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

package io.github.replication.integration;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

import io.github.replication.integration.PatroniCluster.Member;
import io.github.replication.integration.PatroniLoad.Acknowledged;
import io.github.replication.integration.PatroniRoute.Row;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A cluster as it is run: three servers under Patroni, an ordinary user, readers and
 * writers over HTTP with the cookies that they were sent, over each route to the servers
 * at once. Whatever Patroni does or suffers, nobody misses an own write or goes back,
 * reads do not fail, and two servers never take writes at a time.
 * <p>
 * With {@code brief} as the system property {@code world} there are two events and the
 * members' own addresses.
 */
@EnabledIfSystemProperty(named = "world", matches = ".+", disabledReason = "it takes minutes: ./mvnw -B verify -Pworld")
@EnabledIf(value = "isInstalled",
		disabledReason = "there is no Patroni, etcd, HAProxy, PgBouncer or PostgreSQL 15 of the distribution")
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class PatroniTests {

	private static final Log logger = LogFactory.getLog(PatroniTests.class);

	private static final Duration INTERVAL = Duration.ofMillis(500);

	private static final int EVENTS = 6;

	private static final String BRIEF = "brief";

	private static final String TAKES_MINUTES = "the brief run has two events";

	private static final List<PatroniRoute> routes = new ArrayList<>();

	private static final Map<String, List<String>> figures = new LinkedHashMap<>();

	private static PatroniCluster cluster;

	private List<PatroniLoad> loads = List.of();

	static boolean isInstalled() {
		return PatroniCluster.isInstalled()
				&& (isBrief() || Program.find("haproxy").isPresent() && Program.find("pgbouncer").isPresent());
	}

	private static boolean isBrief() {
		return BRIEF.equals(System.getProperty("world"));
	}

	@BeforeAll
	static void start() throws Exception {
		cluster = PatroniCluster.start();
		PatroniCluster.execute(cluster.leader(), PatroniCluster.USER, Row.CREATE);
		PatroniCluster.execute(cluster.leader(), PatroniCluster.USER, "ALTER TABLE note OWNER TO app");
		String interval = INTERVAL.toMillis() + "ms";
		routes.add(PatroniRoute.direct(cluster, interval));
		if (!isBrief()) {
			routes.add(PatroniRoute.haProxy(cluster, interval));
			routes.add(PatroniRoute.pgBouncer(cluster, "session", interval));
			routes.add(PatroniRoute.pgBouncer(cluster, "transaction", interval));
		}
		warmUp();
	}

	/**
	 * The first event, too, is to find applications that run for a while: writes are
	 * timed.
	 */
	private static void warmUp() throws Exception {
		List<PatroniLoad> loads = routes.stream().map(PatroniLoad::new).toList();
		loads.forEach((load) -> load.awaitWrites(200));
		for (PatroniLoad load : loads) {
			load.end();
		}
	}

	/**
	 * Writes the report if it is asked for and every scenario was right, soon or late.
	 */
	@AfterAll
	static void report() throws IOException {
		String report = System.getProperty("world.report", "");
		if (!report.isEmpty() && figures.size() == routes.size()
				&& figures.values().stream().allMatch((rows) -> rows.size() == EVENTS)) {
			Files.writeString(Path.of(report),
					"""
							# Patroni

							Written by `PatroniTests` (profile `world`, `-Dworld.report=...`). Three members of Patroni with etcd on one machine,
							an ordinary database user. Four applications, one for each route to the members, see the same six events. The monitor's
							interval is %d ms. In each application %d clients read over HTTP and %d write and read at once what they have
							written. Each keeps the cookies that it was sent. A read fails if its response is no 200.

							The test fails if an own write is missed, if a client sees a row disappear that it was shown, or if a read fails.
							Each row says which server wrote it, on which timeline and when by the server's clock. After each event those rows
							are held against all acknowledged writes: each timeline has one server, none is written once the next one is, and
							every acknowledged write is on the leader. Replication is asynchronous: a leader that is killed or frozen may take
							acknowledged writes along. They are counted as lost.

							Writes have to go on within two intervals of the monitor, or the test fails as well. Through HAProxy, which leads to the
							old leader and to the new one, the application keeps its own pool.

							The last column has the reads that the server of the event served after its return, without a restart of the
							application.

							%s
							"""
						.formatted(INTERVAL.toMillis(), PatroniLoad.READERS, PatroniLoad.WRITERS,
								figures.entrySet()
									.stream()
									.map((route) -> """
											## %s

											| event | first write after the leader accepts writes, ms | longest write, ms | writes | failed writes | lost writes | reads | failed reads | reads after the return |
											| --- | --- | --- | --- | --- | --- | --- | --- | --- |
											%s"""
										.formatted(capitalized(route.getKey()), String.join("\n", route.getValue())))
									.collect(Collectors.joining("\n\n"))));
		}
	}

	private static String capitalized(String text) {
		return Character.toUpperCase(text.charAt(0)) + text.substring(1);
	}

	@AfterAll
	static void stop() {
		routes.forEach(PatroniRoute::close);
		if (cluster != null) {
			cluster.close();
		}
	}

	@BeforeEach
	void begin() {
		cluster.awaitComplete();
		routes.forEach(PatroniRoute::awaitAllInRotation);
		this.loads = routes.stream().map(PatroniLoad::new).toList();
	}

	@AfterEach
	void end() throws Exception {
		for (PatroniLoad load : this.loads) {
			load.end();
		}
	}

	@Test
	void switchover() throws Exception {
		Member old = cluster.leader();
		Member next = otherThan(old);
		run("switchover", old, false, () -> {
			old.post("/switchover", "{\"leader\": \"" + old.name() + "\", \"candidate\": \"" + next.name() + "\"}");
			assertThat(cluster.awaitLeaderOtherThan(old)).isSameAs(next);
		}, () -> {
		});
	}

	@Test
	@DisabledIfSystemProperty(named = "world", matches = BRIEF, disabledReason = TAKES_MINUTES)
	void leaderIsKilledUnderItsManager() throws Exception {
		Member old = cluster.leader();
		run("leader killed under its manager", old, true, () -> {
			old.killServer();
			cluster.awaitLeaderOtherThan(old);
		}, () -> {
		});
	}

	@Test
	@DisabledIfSystemProperty(named = "world", matches = BRIEF, disabledReason = TAKES_MINUTES)
	void leaderIsKilledWithItsManager() throws Exception {
		Member old = cluster.leader();
		run("leader killed with its manager", old, true, () -> {
			old.kill();
			cluster.awaitLeaderOtherThan(old);
		}, old::startManager);
	}

	@Test
	@DisabledIfSystemProperty(named = "world", matches = BRIEF, disabledReason = TAKES_MINUTES)
	void leaderIsFrozenAndThawed() throws Exception {
		Member old = cluster.leader();
		run("leader frozen and thawed", old, true, () -> {
			old.freeze();
			cluster.awaitLeaderOtherThan(old);
		}, old::thaw);
	}

	@Test
	void replicaIsRestarted() throws Exception {
		Member replica = replica();
		run("replica restarted", replica, false, () -> replica.post("/restart", "{}"), () -> {
		});
	}

	@Test
	@DisabledIfSystemProperty(named = "world", matches = BRIEF, disabledReason = TAKES_MINUTES)
	void replicaIsReinitialised() throws Exception {
		Member replica = replica();
		Optional<ProcessHandle> server = replica.server();
		run("replica reinitialised", replica, false, () -> {
			replica.post("/reinitialize", "{\"force\": true}");
			PatroniCluster.await(30).pollInterval(Duration.ofMillis(20)).until(() -> !replica.server().equals(server));
		}, () -> {
		});
	}

	private static Member replica() {
		return otherThan(cluster.leader());
	}

	private static Member otherThan(Member leader) {
		return cluster.members().stream().filter((member) -> member != leader).findFirst().orElseThrow();
	}

	/**
	 * Lets something happen under the load, and checks what came of it.
	 * @param name what happens
	 * @param member to whom it happens
	 * @param lossy whether writes may be lost that the member has acknowledged
	 * @param event returns when there is a leader
	 * @param comeBack lets the member return
	 */
	private void run(String name, Member member, boolean lossy, Step event, Step comeBack) throws Exception {
		long accepted;
		this.loads.forEach(PatroniLoad::awaitStart);
		try {
			event.run();
			accepted = System.nanoTime();
			this.loads.forEach((load) -> load.leaderAccepts(accepted));
			this.loads.forEach(PatroniLoad::awaitWrites);
		}
		finally {
			comeBack.run();
		}
		cluster.awaitComplete();
		this.loads.forEach(PatroniLoad::clusterIsComplete);
		PatroniCluster.await(60)
			.untilAsserted(() -> assertThat(this.loads).as("those in which " + member.name() + " serves reads")
				.allMatch((load) -> load.servedBy(member.port()) > 0));
		end();
		Map<Long, Row> kept = cluster.leader().rows().stream().collect(Collectors.toMap(Row::id, Function.identity()));
		List<Acknowledged> lost = this.loads.stream()
			.flatMap((load) -> load.acknowledged().stream())
			.filter((write) -> !kept.containsKey(write.row().id()))
			.toList();
		Set<Long> lostIds = lost.stream().map((write) -> write.row().id()).collect(Collectors.toSet());
		for (PatroniLoad load : this.loads) {
			logger.info(load.route().name() + " | " + name + " | " + load.figures(lostIds, member.port()));
		}
		OnePrimary.check(kept.values(), this.loads.stream().flatMap((load) -> load.acknowledged().stream()).toList());
		if (lossy) {
			int newest = kept.values().stream().mapToInt(Row::timeline).max().orElseThrow();
			assertThat(lost).allMatch((write) -> write.row().timeline() < newest && write.time() < accepted);
		}
		else {
			assertThat(lost).isEmpty();
		}
		for (PatroniLoad load : this.loads) {
			assertThat(load.violations(lostIds)).as(load.route().name()).isEmpty();
			assertThat(load.failedReads()).as(load.route().name()).isEmpty();
		}
		for (PatroniLoad load : this.loads) {
			figures.computeIfAbsent(load.route().name(), (route) -> new ArrayList<>())
				.add("| " + name + " | " + load.figures(lostIds, member.port()) + " |");
		}
		for (PatroniLoad load : this.loads) {
			assertThat(load.resumedAfter()).as(load.route().name()).isLessThan(INTERVAL.multipliedBy(2).toMillis());
		}
	}

	private interface Step {

		void run() throws Exception;

	}

}

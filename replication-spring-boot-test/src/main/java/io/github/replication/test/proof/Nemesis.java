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

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * Injects faults into a cluster, one round after the other, until it is over. Each round
 * undoes its own faults. The same seed yields the same rounds.
 */
final class Nemesis implements Runnable {

	private static final Log logger = LogFactory.getLog(Nemesis.class);

	/**
	 * So short that nobody waits in vain for a connection, also where all occupiers come
	 * to the two connections of one pool.
	 */
	private static final Duration EXHAUSTION = Duration.ofMillis(250);

	private static final Duration FARTHEST_STEP = Duration.ofHours(1);

	private static final Duration STREAM = Duration.ofSeconds(10);

	private static final int OCCUPIERS = 8;

	private final PostgresCluster cluster;

	private final List<Instance> instances;

	private final History history;

	private final Plan plan;

	private final Random random;

	private final CountDownLatch over;

	private final CountDownLatch firstRound = new CountDownLatch(1);

	/**
	 * Creates a nemesis.
	 * @param cluster the cluster to harm
	 * @param instances whose pools it exhausts
	 * @param history where it records its faults
	 * @param plan the faults and their times
	 * @param over ends it
	 */
	Nemesis(PostgresCluster cluster, List<Instance> instances, History history, Plan plan, CountDownLatch over) {
		this.cluster = cluster;
		this.instances = instances;
		this.history = history;
		this.plan = plan;
		this.random = new Random(plan.seed());
		this.over = over;
	}

	@Override
	public void run() {
		while (!isOver()) {
			for (Card card : deck()) {
				if (!isOver()) {
					play(card);
					await((long) (this.random.nextDouble() * this.plan.calm().toNanos()));
				}
			}
			this.firstRound.countDown();
		}
	}

	/**
	 * Waits until each fault has been there once.
	 */
	void awaitFirstRound(Duration timeout) throws InterruptedException {
		this.firstRound.await(timeout.toMillis(), TimeUnit.MILLISECONDS);
	}

	private boolean isOver() {
		return this.over.getCount() == 0;
	}

	/**
	 * Each fault once on a replica, once on the primary or once on the cluster, in random
	 * order.
	 */
	private List<Card> deck() {
		List<Card> deck = new ArrayList<>();
		for (Fault fault : Fault.values()) {
			if (this.plan.faults().contains(fault)) {
				deck.add(new Card(fault, false));
				if (fault.hitsPrimary()) {
					deck.add(new Card(fault, true));
				}
			}
		}
		Collections.shuffle(deck, this.random);
		return deck;
	}

	private void play(Card card) {
		long nanos = this.plan.shortest().toNanos()
				+ (long) (this.random.nextDouble() * this.plan.longest().minus(this.plan.shortest()).toNanos());
		try {
			switch (card.fault()) {
				case NO_REPLICA -> strikeAllReplicas(nanos);
				case POOL_EXHAUSTION -> exhaustPools();
				case CLOCK_STEP -> stepClock(nanos);
				case SWITCHOVER -> switchOver();
				case FAILOVER -> failOver();
				default -> strike(card, nanos);
			}
		}
		catch (RuntimeException ex) {
			logger.warn(card.fault() + " did not work; the cluster is reset", ex);
			reset();
		}
	}

	/**
	 * Strikes one node, and half of the time another one as well.
	 */
	private void strike(Card card, long nanos) {
		Map<PostgresNode, Fault> faults = new LinkedHashMap<>();
		PostgresNode node = card.onPrimary() ? this.cluster.primary() : any(this.cluster.replicas());
		faults.put(node, card.fault());
		PostgresNode other = any(this.cluster.nodes());
		Fault more = any(List.copyOf(this.plan.faults()));
		boolean possible = (other == this.cluster.primary()) ? more.hitsPrimary() : more.hitsReplica();
		// A primary that is stopped waits until its replicas have received all WAL.
		if (other != node && possible && card.fault() != Fault.RESTART && more != Fault.RESTART) {
			faults.put(other, more);
		}
		strike(faults, nanos);
	}

	private <T> T any(List<T> all) {
		return all.get(this.random.nextInt(all.size()));
	}

	private void strikeAllReplicas(long nanos) {
		Map<PostgresNode, Fault> faults = new LinkedHashMap<>();
		this.cluster.replicas().forEach((replica) -> faults.put(replica, Fault.REFUSE));
		this.history.beginFault(Fault.NO_REPLICA.name(), "all replicas", true);
		strike(faults, 2 * nanos);
		this.history.endFault(Fault.NO_REPLICA.name(), "all replicas");
	}

	/**
	 * Each fault has some time before the next, so that a node may fail while another one
	 * lags already. The primary is well again first, so that the replicas find it.
	 */
	private void strike(Map<PostgresNode, Fault> faults, long nanos) {
		faults.forEach((node, fault) -> {
			this.history.beginFault(fault.name(), node.name(), fault.serves());
			fault.begin(node);
			await(nanos / faults.size());
		});
		faults.entrySet()
			.stream()
			.sorted(Comparator.comparing((entry) -> !entry.getKey().isPrimary()))
			.forEach((entry) -> {
				entry.getValue().end(entry.getKey());
				this.history.endFault(entry.getValue().name(), entry.getKey().name());
			});
	}

	private void exhaustPools() {
		String fault = Fault.POOL_EXHAUSTION.name();
		this.history.beginFault(fault, "all instances", true);
		List<Thread> occupiers = new ArrayList<>();
		for (Instance instance : this.instances) {
			for (int i = 0; i < OCCUPIERS; i++) {
				Thread occupier = new Thread(() -> occupy(instance), "proof-occupier-" + i);
				occupier.setDaemon(true);
				occupier.start();
				occupiers.add(occupier);
			}
		}
		occupiers.forEach(Nemesis::join);
		this.history.endFault(fault, "all instances");
	}

	private static void occupy(Instance instance) {
		try {
			instance.occupy(EXHAUSTION);
		}
		catch (RuntimeException ex) {
			logger.debug("A pool was not occupied", ex);
		}
	}

	private static void join(Thread thread) {
		try {
			thread.join(TimeUnit.SECONDS.toMillis(30));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void stepClock(long nanos) {
		String fault = Fault.CLOCK_STEP.name();
		Instance instance = any(this.instances);
		Duration step = Duration
			.ofMillis(this.random.nextLong(-FARTHEST_STEP.toMillis(), FARTHEST_STEP.toMillis() + 1));
		this.history.beginFault(fault, instance.name(), true);
		instance.stepClock(step);
		await(nanos);
		instance.stepClock(step.negated());
		this.history.endFault(fault, instance.name());
	}

	private void switchOver() {
		PostgresNode old = this.cluster.primary();
		PostgresNode candidate = any(this.cluster.replicas());
		Set<PostgresNode> nodes = Set.of(old, candidate);
		nodes.forEach((node) -> this.history.beginFault(Fault.SWITCHOVER.name(), node.name(), false));
		awaitStream(old, candidate);
		old.stop();
		promote(candidate, old);
		nodes.forEach((node) -> this.history.endFault(Fault.SWITCHOVER.name(), node.name()));
	}

	/**
	 * A server that is stopped sends the rest of its WAL to the standbys that receive it,
	 * and to no others, such as one that was started a moment ago.
	 */
	private void awaitStream(PostgresNode primary, PostgresNode standby) {
		long end = System.nanoTime() + STREAM.toNanos();
		while (!isStreaming(primary, standby)) {
			if (System.nanoTime() - end >= 0) {
				throw new IllegalStateException(standby + " does not receive the WAL of " + primary);
			}
			await(TimeUnit.MILLISECONDS.toNanos(20));
		}
	}

	private static boolean isStreaming(PostgresNode primary, PostgresNode standby) {
		try (Connection connection = primary.adminConnection();
				PreparedStatement statement = connection.prepareStatement(
						"SELECT FROM pg_stat_replication WHERE application_name = ? AND state = 'streaming'")) {
			statement.setString(1, standby.name());
			try (ResultSet row = statement.executeQuery()) {
				return row.next();
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(primary + " does not say who receives its WAL", ex);
		}
	}

	private void failOver() {
		PostgresNode old = this.cluster.primary();
		this.cluster.nodes().forEach((node) -> this.history.beginFault(Fault.FAILOVER.name(), node.name(), false));
		old.kill();
		this.history.endEpoch();
		promote(mostAdvanced(), old);
		this.cluster.nodes().forEach((node) -> this.history.endFault(Fault.FAILOVER.name(), node.name()));
	}

	private void promote(PostgresNode candidate, PostgresNode old) {
		candidate.promote();
		this.history.add(new Event.Promoted(candidate.name()));
		old.rebuild();
	}

	/**
	 * The replica that has received most, once nothing is under way any more.
	 */
	private PostgresNode mostAdvanced() {
		Map<PostgresNode, String> before = Map.of();
		Map<PostgresNode, String> received = received();
		while (!received.equals(before)) {
			await(TimeUnit.MILLISECONDS.toNanos(50));
			before = received;
			received = received();
		}
		return Collections.max(received.entrySet(), Map.Entry.comparingByValue()).getKey();
	}

	private Map<PostgresNode, String> received() {
		Map<PostgresNode, String> received = new LinkedHashMap<>();
		this.cluster.replicas().forEach((replica) -> received.put(replica, received(replica)));
		return received;
	}

	/**
	 * How many bytes of WAL a replica has, in digits that sort as the numbers do.
	 */
	private static String received(PostgresNode replica) {
		try (Connection connection = replica.adminConnection();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SELECT to_char(greatest(pg_last_wal_receive_lsn(),"
						+ " pg_last_wal_replay_lsn()) - '0/0'::pg_lsn, 'FM00000000000000000000')")) {
			row.next();
			return row.getString(1);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(replica + " does not report its received position", ex);
		}
	}

	/**
	 * Begins anew after a lever has failed, which may lose writes.
	 */
	private void reset() {
		this.cluster.nodes().forEach((node) -> this.history.beginFault("REPAIR", node.name(), false));
		this.history.endEpoch();
		this.cluster.reset();
		this.history.endEpoch();
		this.history.add(new Event.Promoted(this.cluster.primary().name()));
		this.cluster.nodes().forEach((node) -> {
			for (Fault fault : Fault.values()) {
				this.history.endFault(fault.name(), node.name());
			}
			this.history.endFault("REPAIR", node.name());
		});
	}

	private void await(long nanos) {
		try {
			this.over.await(nanos, TimeUnit.NANOSECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * The plan of a nemesis.
	 *
	 * @param seed the seed of its choices
	 * @param faults the faults that it chooses from
	 * @param shortest how long a fault lasts at least
	 * @param longest how long a fault lasts at most
	 * @param calm how long nothing happens between two rounds at most
	 */
	record Plan(long seed, EnumSet<Fault> faults, Duration shortest, Duration longest, Duration calm) {
	}

	/**
	 * A fault and its target.
	 *
	 * @param fault the fault
	 * @param onPrimary whether it happens to the primary
	 */
	private record Card(Fault fault, boolean onPrimary) {
	}

}

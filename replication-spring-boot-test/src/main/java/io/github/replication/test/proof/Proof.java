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

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * Lets many sessions read and write registers over several instances of an application,
 * injects faults into the cluster below, and checks that the promises are kept: sessions
 * read their writes and never backwards, no write runs on a replica and none is lost once
 * acknowledged, staleness and waiting are bounded, and nothing fails that need not.
 *
 * <pre>{@code
 * ProofResult result = Proof.of(new ApplicationInstance("one", first), new ApplicationInstance("two", second))
 *     .against(cluster)
 *     .duration(Duration.ofMinutes(5))
 *     .run();
 * assertThat(result.violations()).as(result.describeViolations()).isEmpty();
 * }</pre>
 *
 * Without a cluster it injects nothing but lost and duplicated tokens, and takes every
 * failure for a violation. Not safe for use by several threads.
 *
 * @since 0.1.0
 */
public final class Proof {

	/**
	 * The system property that names the seed of a run that is to come again.
	 */
	public static final String SEED_PROPERTY = "proof.seed";

	private static final Log logger = LogFactory.getLog(Proof.class);

	private static final int FINAL_SESSION = 0;

	private final List<Instance> instances;

	private final AtomicLong ids = new AtomicLong(FINAL_SESSION);

	private final CountDownLatch over = new CountDownLatch(1);

	private final Statistics statistics = new Statistics();

	private @Nullable PostgresCluster cluster;

	private Actor.@Nullable Factory actors;

	private long least;

	private EnumSet<Fault> faults = EnumSet.allOf(Fault.class);

	private Map<OperationKind, Integer> mix = Requests.DEFAULT_MIX;

	private long seed = Long.getLong(SEED_PROPERTY, ThreadLocalRandom.current().nextLong(1_000_000_000));

	private Duration duration = Duration.ofSeconds(20);

	private Duration shortest = Duration.ofMillis(300);

	private Duration longest = Duration.ofMillis(1500);

	private Duration calm = Duration.ZERO;

	private Duration longestRead = Duration.ofSeconds(3);

	private Duration longestOther = Duration.ofSeconds(15);

	private Duration settling = Duration.ofSeconds(3);

	private int threads = 8;

	private int sessions = 32;

	private int registers = 32;

	private Proof(List<Instance> instances) {
		this.instances = instances;
	}

	/**
	 * Begins the description of a proof.
	 * @param instances the instances of the application
	 * @return a proof of 20 seconds with 32 sessions, 8 threads and every fault
	 */
	public static Proof of(Instance... instances) {
		Assert.notEmpty(instances, "There is no instance");
		return new Proof(List.of(instances));
	}

	/**
	 * Sets the cluster to inject faults into, which is the one that the instances use.
	 * @param cluster the cluster
	 * @return this proof
	 */
	public Proof against(PostgresCluster cluster) {
		this.cluster = cluster;
		return this;
	}

	/**
	 * Sets the faults to inject.
	 * @param faults the faults; the default is all
	 * @return this proof
	 */
	public Proof faults(Fault... faults) {
		this.faults = EnumSet.noneOf(Fault.class);
		this.faults.addAll(List.of(faults));
		return this;
	}

	/**
	 * Sets how long a fault lasts.
	 * @param shortest the shortest time
	 * @param longest the longest time
	 * @return this proof
	 */
	public Proof lasting(Duration shortest, Duration longest) {
		this.shortest = shortest;
		this.longest = longest;
		return this;
	}

	/**
	 * Sets how long nothing happens between two rounds of faults.
	 * @param longest the longest time; the default is zero
	 * @return this proof
	 */
	public Proof calm(Duration longest) {
		this.calm = longest;
		return this;
	}

	/**
	 * Sets how often each kind of operation occurs.
	 * @param mix the kinds that occur with their shares
	 * @return this proof
	 */
	public Proof mix(Map<OperationKind, Integer> mix) {
		Assert.notEmpty(mix, "mix must not be empty");
		this.mix = Map.copyOf(mix);
		return this;
	}

	/**
	 * Sets the seed of all choices. The default is that of the system property
	 * {@value #SEED_PROPERTY}, or a random one.
	 * @param seed the seed
	 * @return this proof
	 */
	public Proof seed(long seed) {
		this.seed = seed;
		return this;
	}

	/**
	 * Sets how long sessions run.
	 * @param duration the time; the default is 20 seconds. It may take up to twice as
	 * long until each fault has been there once
	 * @return this proof
	 */
	public Proof duration(Duration duration) {
		this.duration = duration;
		return this;
	}

	/**
	 * Sets how many sessions there are, and how many threads run them.
	 * @param sessions the number of sessions, not less than threads; the default is 32
	 * @param threads the number of threads; the default is 8
	 * @return this proof
	 */
	public Proof sessions(int sessions, int threads) {
		Assert.isTrue(threads > 0 && sessions >= threads,
				() -> "There must be a session for each thread, but there are " + sessions + " for " + threads);
		this.sessions = sessions;
		this.threads = threads;
		return this;
	}

	/**
	 * Sets how long operations may take: the sum of the application's timeouts, and a
	 * generous margin.
	 * @param read the longest time of a read that may run again elsewhere, while the
	 * primary is well; the default is 3 seconds
	 * @param other the longest time of all others; the default is 15 seconds
	 * @return this proof
	 */
	public Proof bounds(Duration read, Duration other) {
		this.longestRead = read;
		this.longestOther = other;
		return this;
	}

	/**
	 * Sets how long after a fault the application may not yet use a node again.
	 * @param settling the time; the default is 3 seconds
	 * @return this proof
	 */
	public Proof settling(Duration settling) {
		this.settling = settling;
		return this;
	}

	/**
	 * Sets the clients that come in place of sessions with their tokens in hand.
	 */
	Proof actors(Actor.Factory actors) {
		this.actors = actors;
		return this;
	}

	/**
	 * Sets how many operations there are at least. The proof may take up to four times
	 * its duration for them.
	 */
	Proof atLeast(long operations) {
		this.least = operations;
		return this;
	}

	/**
	 * Runs the proof, once.
	 * @return the findings
	 * @throws IllegalStateException if a thread does not end, or fails outside of an
	 * operation
	 */
	public ProofResult run() {
		Checker checker = new Checker(properties());
		History history = new History(System::nanoTime, (event) -> {
			this.statistics.accept(event);
			checker.accept(event);
		});
		this.instances.get(0).prepare(this.registers);
		if (this.cluster != null) {
			this.cluster.awaitReplication();
		}
		logger.info("The proof begins; -D" + SEED_PROPERTY + "=" + this.seed);
		Duration ran = run(history);
		return new ProofResult(this.seed, ran, this.statistics, checker);
	}

	private List<Property> properties() {
		return List.of(SessionOrder.readYourWrites(availability()), SessionOrder.monotonicReads(availability()),
				new NoWriteOnReplica(availability()), new NoLostWrite(), new BoundedStaleness(Registers.MAX_STALENESS),
				new BoundedWaiting(availability(), this.longestRead, this.longestOther),
				new NoNeedlessFailure(availability()));
	}

	private Availability availability() {
		PostgresCluster cluster = this.cluster;
		return (cluster != null) ? new Availability(cluster.nodes().stream().map(PostgresNode::name).toList(),
				cluster.primary().name(), this.settling)
				: new Availability(List.of("primary"), "primary", this.settling);
	}

	private Duration run(History history) {
		Workload workload = new Workload(sessions(history), this.threads, this.over);
		Nemesis harm = nemesis(history);
		Thread nemesis = new Thread((harm != null) ? harm : () -> {
		}, "proof-nemesis");
		workload.start();
		nemesis.start();
		try {
			Duration ran = awaitEnd(history);
			if (harm != null) {
				harm.awaitFirstRound(this.duration);
			}
			this.over.countDown();
			workload.join(this.longestOther.multipliedBy(4).toMillis());
			nemesis.join(TimeUnit.MINUTES.toMillis(2));
			readAll(history);
			return ran;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("The proof was interrupted", ex);
		}
		finally {
			this.over.countDown();
		}
	}

	/**
	 * Waits until the time is over, and logs every minute how far the proof is.
	 */
	private Duration awaitEnd(History history) throws InterruptedException {
		long begin = System.nanoTime();
		long passed = 0;
		long count = 0;
		while (passed < this.duration.toNanos()
				|| count < this.least && passed < this.duration.multipliedBy(4).toNanos()) {
			long remaining = Math.max(this.duration.toNanos() - passed, TimeUnit.SECONDS.toNanos(1));
			this.over.await(Math.min(remaining, TimeUnit.MINUTES.toNanos(1)), TimeUnit.NANOSECONDS);
			long minutes = TimeUnit.NANOSECONDS.toMinutes(passed);
			passed = System.nanoTime() - begin;
			count = history.read(this.statistics::count);
			if (TimeUnit.NANOSECONDS.toMinutes(passed) > minutes) {
				logger.info("The proof has run " + count + " operations in " + TimeUnit.NANOSECONDS.toSeconds(passed)
						+ " s");
			}
		}
		return Duration.ofNanos(passed);
	}

	private List<Actor> sessions(History history) {
		List<Actor> all = new ArrayList<>();
		Requests.Scale scale = new Requests.Scale(this.instances.size(), this.registers);
		for (int i = 1; i <= this.sessions; i++) {
			all.add(actor(new Requests(this.seed + i, scale, this.mix), history));
		}
		return all;
	}

	private Actor actor(Requests requests, History history) {
		return (this.actors != null) ? this.actors.create(requests, history, this.ids)
				: new Session(requests, this.instances, history, this.ids);
	}

	private @Nullable Nemesis nemesis(History history) {
		PostgresCluster cluster = this.cluster;
		if (cluster == null || this.faults.isEmpty()) {
			return null;
		}
		return new Nemesis(cluster, this.instances, history,
				new Nemesis.Plan(this.seed, this.faults, this.shortest, this.longest, this.calm), this.over);
	}

	/**
	 * Reads every register on the primary, so that none of the last writes is lost
	 * unnoticed.
	 */
	private void readAll(History history) throws InterruptedException {
		TimeUnit.NANOSECONDS.sleep(this.settling.toNanos());
		Instance instance = this.instances.get(0);
		Execution execution = new Execution(history, FINAL_SESSION, instance);
		instance.request(null,
				() -> Stream.iterate(0, (register) -> register + 1)
					.limit(this.registers)
					.forEach((register) -> execution.attempt(OperationKind.READ_STRONG, register, Execution.NOTHING)));
	}

}

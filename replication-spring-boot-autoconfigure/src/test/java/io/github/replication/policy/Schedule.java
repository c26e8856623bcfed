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

package io.github.replication.policy;

import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import org.jspecify.annotations.Nullable;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import io.github.replication.Consistency;
import io.github.replication.Reason;
import io.github.replication.RoutingScope;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.caller.Arrival;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Node;
import io.github.replication.node.Nodes;
import io.github.replication.node.Nodes.Question;
import io.github.replication.node.Positions;
import io.github.replication.node.Topology;
import io.github.replication.position.PositionToken;
import io.github.replication.position.PositionToken.Reached;
import io.github.replication.position.SampleClock;
import io.github.replication.position.WalPosition;
import io.github.replication.web.CookiePositionCarrier;
import io.github.replication.web.CookiePositionCarrier.Attributes;

/**
 * A simulated cluster with instances of an application and their users. Each thing that
 * takes time is cut into steps wherever another may come between: a question is sent,
 * answered and received; a read is decided, gets its connection, sees the server's data
 * and returns. Random numbers choose the next step, so that a seed repeats a schedule to
 * the last step, but for the cookies that a carrier chooses. Time goes on by one with
 * each step.
 */
final class Schedule {

	private static final int REPLICAS = 3;

	private static final int MOST_INSTANCES = 2;

	private static final int USERS = 3;

	/**
	 * How many requests a client with cookies has at the same time.
	 */
	private static final int TABS = 2;

	/**
	 * One read of so many finds the connections of its node in use.
	 */
	private static final int BUSY = 8;

	private static final Attributes ATTRIBUTES = new Attributes(null, null, null, "Lax", Duration.ofHours(1));

	private final Random random;

	/**
	 * How rarely the log is flushed, and others write.
	 */
	private final int rareness;

	/**
	 * How rarely a replica is started anew.
	 */
	private final int restartRareness;

	private final Consistency consistency;

	private final boolean cookies;

	private final AtomicLong time = new AtomicLong(1);

	private final List<Runnable> pending = new ArrayList<>();

	private final Primary primary = new Primary();

	private final List<Replica> replicas = new ArrayList<>();

	private final List<Instance> instances = new ArrayList<>();

	private final StringBuilder log = new StringBuilder();

	private int readsOnPrimary;

	private int readsOnReplicas;

	private int restarts;

	private @Nullable String violation;

	/**
	 * Creates a schedule of which no step is run.
	 * @param seed the seed of the random numbers
	 * @param consistency what the reads ask for
	 * @param cookies whether clients have cookies and send parallel requests. Those of
	 * others have one token and send one request after the other
	 */
	Schedule(long seed, Consistency consistency, boolean cookies) {
		this.random = new Random(seed);
		this.rareness = 1 << this.random.nextInt(10);
		this.restartRareness = 8 << this.random.nextInt(6);
		this.consistency = consistency;
		this.cookies = cookies;
		for (int i = 0; i < REPLICAS; i++) {
			this.replicas.add(new Replica());
		}
		int instances = 1 + this.random.nextInt(MOST_INSTANCES);
		for (int i = 0; i < instances; i++) {
			this.instances.add(new Instance());
		}
		if (instances > 1) {
			meet();
		}
		for (int i = 0; i < USERS; i++) {
			User user = new User(i);
			for (int tab = 0; tab < (cookies ? TABS : 1); tab++) {
				this.pending.add(user::begin);
			}
		}
		this.pending.add(this.primary::write);
		this.pending.add(this.primary::flush);
		for (Replica replica : this.replicas) {
			this.pending.add(replica::replay);
			this.pending.add(replica::restart);
		}
	}

	/**
	 * Lets the instances know of each other, as they do once a client has gone from one
	 * to another.
	 */
	private void meet() {
		User user = new User(USERS);
		for (int i = 0; i < 2 * this.instances.size(); i++) {
			Instance instance = this.instances.get(i % this.instances.size());
			MockHttpServletResponse response = new MockHttpServletResponse();
			PositionToken token = new PositionToken(instance.positions.cluster(), new Reached(new WalPosition(1, i)),
					null);
			instance.carrier.send(user.request(), response, token.toString(), List.of());
			user.keep(response);
		}
	}

	/**
	 * Runs the steps of a schedule.
	 * @return the first read that has seen the past and all that led to it, {@code null}
	 * if none has
	 */
	@Nullable String run(int steps) {
		for (int i = 0; i < steps && this.violation == null; i++) {
			this.time.incrementAndGet();
			int index = this.random.nextInt(this.pending.size());
			Runnable step = this.pending.get(index);
			this.pending.set(index, this.pending.get(this.pending.size() - 1));
			this.pending.remove(this.pending.size() - 1);
			step.run();
		}
		return this.violation;
	}

	int readsOnPrimary() {
		return this.readsOnPrimary;
	}

	int readsOnReplicas() {
		return this.readsOnReplicas;
	}

	int restarts() {
		return this.restarts;
	}

	private boolean oneIn(int number) {
		return this.random.nextInt(number) == 0;
	}

	private void log(String event) {
		this.log.append(this.time.get()).append(' ').append(event).append(System.lineSeparator());
	}

	/**
	 * The primary's log: what is written, and what of it is flushed.
	 */
	private final class Primary {

		private long inserted = 100;

		private long flushed = 100;

		/**
		 * Others write.
		 */
		void write() {
			if (oneIn(4 * Schedule.this.rareness)) {
				commit(oneIn(4));
			}
			Schedule.this.pending.add(this::write);
		}

		/**
		 * A commit by which the data is visible here.
		 * @return its position
		 */
		long commit(boolean asynchronous) {
			this.inserted += 1 + Schedule.this.random.nextInt(3);
			if (!asynchronous) {
				this.flushed = this.inserted;
			}
			return this.inserted;
		}

		void flush() {
			if (oneIn(Schedule.this.rareness)) {
				this.flushed = this.inserted;
			}
			Schedule.this.pending.add(this::flush);
		}

	}

	/**
	 * A replica replays what is flushed. After a restart it may be at an older state.
	 */
	private final class Replica {

		private long replayed = 100;

		private long oldestStart = 100;

		private long startedAt = 1;

		/**
		 * How rarely it replays. Changes from time to time.
		 */
		private int slowness = 1;

		void replay() {
			if (oneIn(8)) {
				this.slowness = 1 << Schedule.this.random.nextInt(6);
			}
			if (oneIn(this.slowness)) {
				replayMore();
			}
			Schedule.this.pending.add(this::replay);
		}

		private void replayMore() {
			long missing = Schedule.this.primary.flushed - this.replayed;
			this.replayed += oneIn(2) ? missing : Schedule.this.random.nextInt((int) missing + 1);
		}

		void restart() {
			if (oneIn(Schedule.this.restartRareness)) {
				long lost = this.replayed - this.oldestStart;
				this.replayed -= (lost > 0) ? Schedule.this.random.nextInt((int) lost + 1) : 0;
				this.oldestStart = this.replayed;
				this.startedAt++;
				Schedule.this.restarts++;
				log("replica " + Schedule.this.replicas.indexOf(this) + " starts at " + this.replayed);
			}
			Schedule.this.pending.add(this::restart);
		}

	}

	/**
	 * An instance of the application with what it knows of the cluster.
	 */
	private final class Instance implements LoadBalancer {

		private final SampleClock clock = new SampleClock(Schedule.this.time::get);

		private final List<ClusterNode> nodes = new ArrayList<>();

		private final Map<ClusterNode, PooledConnection> connections = new HashMap<>();

		private final ClusterNode primaryNode = Nodes.primary();

		private final Positions positions;

		private final RoutingPolicy policy;

		private final CallerRecords records;

		private final CookiePositionCarrier carrier = new CookiePositionCarrier("p", ATTRIBUTES,
				Schedule.this.time::get);

		Instance() {
			for (int i = 0; i < REPLICAS; i++) {
				this.nodes.add(Nodes.replica("replica-" + i, this.clock));
			}
			Topology topology = Nodes.topology(this.primaryNode, this.nodes, null);
			this.positions = Nodes.positions(this.clock, topology);
			this.policy = new RoutingPolicy(() -> topology, this.positions, this, false, Fallback.PRIMARY);
			CallerTokens tokens = new CallerTokens(this.clock, Clock.systemUTC(), Duration.ofHours(1));
			tokens.resolveWith(this.positions);
			this.records = new CallerRecords(tokens);
			Schedule.this.pending.add(this::askPrimary);
			for (ClusterNode node : this.nodes) {
				Schedule.this.pending.add(new ReplicaProbe(this, node)::ask);
			}
		}

		private void askPrimary() {
			Question question = Nodes.askPrimary(this.positions, this.clock);
			Schedule.this.pending.add(() -> {
				Primary primary = Schedule.this.primary;
				Runnable arrival = question.answer(1, primary.flushed, primary.inserted);
				Schedule.this.pending.add(() -> {
					arrival.run();
					Schedule.this.pending.add(this::askPrimary);
				});
			});
		}

		Replica server(ClusterNode node) {
			return Schedule.this.replicas.get(this.nodes.indexOf(node));
		}

		@Override
		public <N extends Node> N choose(List<N> candidates) {
			return candidates.get(Schedule.this.random.nextInt(candidates.size()));
		}

	}

	/**
	 * Asks one replica on a connection of its own, again and again.
	 */
	private final class ReplicaProbe {

		private final Instance instance;

		private final ClusterNode node;

		private long connectedTo;

		ReplicaProbe(Instance instance, ClusterNode node) {
			this.instance = instance;
			this.node = node;
			this.connectedTo = instance.server(node).startedAt;
		}

		void ask() {
			Question question = Nodes.askReplica(this.node, this.instance.clock);
			Schedule.this.pending.add(() -> answer(question));
		}

		private void answer(Question question) {
			Replica server = this.instance.server(this.node);
			boolean lost = server.startedAt != this.connectedTo;
			this.connectedTo = server.startedAt;
			Runnable arrival = lost ? () -> Nodes.lost(this.node)
					: question.answer(server.startedAt, server.replayed, 0);
			Schedule.this.pending.add(() -> {
				arrival.run();
				Schedule.this.pending.add(this::ask);
			});
		}

	}

	/**
	 * A connection of a pool, which is broken once its server was started again.
	 */
	private static final class PooledConnection {

		private final AtomicBoolean closed = new AtomicBoolean();

		private final Connection physical = (Connection) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { Connection.class }, (proxy, method, arguments) -> switch (method.getName()) {
					case "unwrap" -> proxy;
					case "isClosed" -> this.closed.get();
					case "hashCode" -> System.identityHashCode(proxy);
					case "equals" -> proxy == arguments[0];
					default -> throw new UnsupportedOperationException(method.toString());
				});

		private final long connectedTo;

		PooledConnection(Replica server) {
			this.connectedTo = server.startedAt;
		}

		boolean isBroken(Replica server) {
			return server.startedAt != this.connectedTo;
		}

	}

	/**
	 * A user, whose client brings what the responses have set that it has got.
	 */
	private final class User {

		private final int number;

		private final Map<String, Cookie> jar = new TreeMap<>();

		private @Nullable String token;

		/**
		 * The newest data that the client has written or seen.
		 */
		private long known;

		User(int number) {
			this.number = number;
		}

		void begin() {
			Instance instance = Schedule.this.instances
				.get(Schedule.this.random.nextInt(Schedule.this.instances.size()));
			new Request(this, instance).next();
		}

		void keep(MockHttpServletResponse response) {
			for (Cookie cookie : response.getCookies()) {
				this.jar.put(cookie.getName(), cookie);
			}
		}

		/**
		 * A request with the cookies that the client has now.
		 */
		HttpServletRequest request() {
			MockHttpServletRequest request = new MockHttpServletRequest();
			request.setCookies(this.jar.values().toArray(new Cookie[0]));
			return request;
		}

	}

	/**
	 * A request: a few reads and writes, some of them at the same time, and a response
	 * that may be lost.
	 */
	private final class Request {

		private final User user;

		private final Instance instance;

		private final HttpServletRequest http;

		private final MockHttpServletResponse response = new MockHttpServletResponse();

		private final Arrival arrival;

		private final CallerRecord record;

		private long known;

		private boolean written;

		private int left = 1 + Schedule.this.random.nextInt(4);

		private int underway;

		Request(User user, Instance instance) {
			this.user = user;
			this.instance = instance;
			this.known = user.known;
			this.arrival = new Arrival(instance.records.tokens());
			this.http = user.request();
			List<String> tokens = Schedule.this.cookies ? List.copyOf(instance.carrier.receive(this.http))
					: (user.token != null) ? List.of(user.token) : List.of();
			this.record = instance.records.forRequest(() -> this.arrival.add(tokens));
			log(this + " begins with " + tokens);
		}

		void next() {
			if (this.left == 0) {
				if (this.underway == 0) {
					Schedule.this.pending.add(this::respond);
				}
				return;
			}
			this.left--;
			this.underway++;
			Schedule.this.pending.add(oneIn(4) ? this::write : new Read(this, this.known)::decide);
			if (oneIn(3)) {
				next();
			}
		}

		void done(long seen) {
			this.known = Math.max(this.known, seen);
			this.underway--;
			if (this.underway == 0 || this.left > 0) {
				next();
			}
		}

		private void write() {
			boolean asynchronous = oneIn(4);
			long position = Schedule.this.primary.commit(asynchronous);
			Schedule.this.pending.add(() -> {
				this.record.recordWrite(asynchronous);
				this.written = true;
				log(this + " has written " + position + (asynchronous ? " (not flushed)" : ""));
				done(position);
			});
		}

		private void respond() {
			PositionToken departing = this.arrival.departure(this.record, this.written, false);
			boolean lost = oneIn(10);
			log(this + (lost ? " loses " : " responds with ") + departing);
			if (departing != null && Schedule.this.cookies) {
				this.instance.carrier.send(this.http, this.response, departing.toString(), List.of());
			}
			Schedule.this.pending.add(() -> {
				if (!lost) {
					arrive(departing);
				}
				Schedule.this.pending.add(this.user::begin);
			});
		}

		private void arrive(@Nullable PositionToken departing) {
			this.user.keep(this.response);
			this.user.token = (departing != null) ? departing.toString() : this.user.token;
			this.user.known = Math.max(this.user.known, this.known);
			log(this + " is answered");
		}

		@Override
		public String toString() {
			return "user " + this.user.number + " at instance " + Schedule.this.instances.indexOf(this.instance);
		}

	}

	/**
	 * A read-only unit of one statement.
	 */
	private final class Read {

		private final Request request;

		private final Instance instance;

		/**
		 * What it has to see.
		 */
		private final long required;

		private final List<ClusterNode> excluded = new ArrayList<>();

		Read(Request request, long required) {
			this.request = request;
			this.instance = request.instance;
			this.required = required;
		}

		void decide() {
			RouteRequest facts = new RouteRequest(
					RoutingScope.NONE.readOnly(Schedule.this.consistency, null, null, "unit"), true, true, false, false,
					false, this.request.record.guarantee());
			Route route = this.instance.policy.route(facts, this.excluded);
			if (route.reason() == Reason.BEHIND) {
				this.request.record.recordBehind(choose().id());
				if (oneIn(2)) {
					Schedule.this.pending.add(this::decide);
					return;
				}
			}
			if (route.reason() != Reason.READ_ONLY) {
				Schedule.this.pending.add(() -> execute(route, facts, null, route.node().id()));
				return;
			}
			boolean mayLeave = Schedule.this.instances.size() == 1 || !Schedule.this.cookies;
			Route decided = (mayLeave && oneIn(BUSY)) ? leave(route, facts) : route;
			Schedule.this.pending.add(() -> connect(decided, facts));
		}

		/**
		 * The connections of the node are all in use. A caller with parallel requests to
		 * several instances stays: they do not know of each other.
		 */
		private Route leave(Route route, RouteRequest facts) {
			List<ClusterNode> more = new ArrayList<>(this.excluded);
			more.add(route.node());
			Route other = this.instance.policy.route(facts, more);
			if (other.reason() == Reason.READ_ONLY) {
				return other;
			}
			this.request.record.keepNode();
			return route;
		}

		private ClusterNode choose() {
			return this.instance.choose(this.instance.nodes);
		}

		private void connect(Route route, RouteRequest facts) {
			ClusterNode node = route.node();
			Replica server = this.instance.server(node);
			PooledConnection pooled = this.instance.connections.get(node);
			if (pooled != null && !(pooled.isBroken(server) && oneIn(2))) {
				check(route, facts, pooled);
				return;
			}
			discard(node, pooled);
			PooledConnection opened = new PooledConnection(server);
			Question question = Nodes.askReplicaOn(opened.physical, node, this.instance.clock);
			Schedule.this.pending.add(() -> {
				if (opened.isBroken(server)) {
					opened.closed.set(true);
					retry(node);
					return;
				}
				Runnable arrival = question.answer(server.startedAt, server.replayed, 0);
				Schedule.this.pending.add(() -> {
					arrival.run();
					discard(node, this.instance.connections.put(node, opened));
					check(route, facts, opened);
				});
			});
		}

		private void discard(ClusterNode node, @Nullable PooledConnection broken) {
			if (broken != null) {
				broken.closed.set(true);
				this.instance.connections.remove(node, broken);
			}
		}

		private void check(Route route, RouteRequest facts, PooledConnection connection) {
			try {
				ClusterNode node = route.node();
				RoutingPolicy policy = this.instance.policy;
				if (policy.stillServes(route, facts)
						&& (!policy.isDecidedByPosition(route, facts) || node.isKnownOn(connection.physical))) {
					int id = node.idOn(connection.physical);
					Schedule.this.pending.add(() -> execute(route, facts, connection, id));
				}
				else {
					Schedule.this.pending.add(this::decide);
				}
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
		}

		private void retry(ClusterNode node) {
			this.excluded.add(node);
			Schedule.this.pending.add(this::decide);
		}

		private void execute(Route route, RouteRequest facts, @Nullable PooledConnection connection, int id) {
			ClusterNode node = route.node();
			if (connection == null) {
				Schedule.this.readsOnPrimary++;
				returned(facts, node, id, Schedule.this.primary.inserted);
				return;
			}
			Replica server = this.instance.server(node);
			if (connection.isBroken(server)) {
				discard(node, connection);
				retry(node);
				return;
			}
			Schedule.this.readsOnReplicas++;
			returned(facts, node, id, server.replayed);
		}

		/**
		 * What others have committed without waiting for the log, and what only the
		 * primary shows therefore, does not count before it is flushed.
		 */
		private void returned(RouteRequest facts, ClusterNode node, int id, long seen) {
			long counted = Math.min(seen, Schedule.this.primary.flushed);
			Schedule.this.pending.add(() -> {
				log(this.request + " reads " + seen + " from " + node.name() + ", required are " + this.required);
				if (seen < this.required) {
					Schedule.this.violation = Schedule.this.log.toString();
				}
				this.request.record.recordRead(id, facts.guarantee().read());
				this.request.done(counted);
			});
		}

	}

}

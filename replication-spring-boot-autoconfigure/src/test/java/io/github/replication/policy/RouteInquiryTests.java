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

import java.sql.Connection;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.SimpleDriverDataSource;

import io.github.replication.Consistency;
import io.github.replication.NodeDefinition;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.RoutingScope;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.node.Cluster;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.ClusterSettings;
import io.github.replication.node.MonitorSettings;
import io.github.replication.node.Node;
import io.github.replication.node.Nodes;
import io.github.replication.node.PositionSettings;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;
import io.github.replication.stub.StubDriver;
import io.github.replication.stub.StubServer;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The nodes are asked in vain: the tests on servers show that an answer is used.
 */
class RouteInquiryTests {

	private static final Duration TIMEOUT = Duration.ofMillis(500);

	/**
	 * Moves the clock on. The clock runs, so that every wait ends.
	 */
	private final AtomicLong offset = new AtomicLong();

	private final SampleClock clock = new SampleClock(() -> System.nanoTime() + this.offset.get());

	private final CallerRecords records = new CallerRecords(
			new CallerTokens(this.clock, Clock.systemUTC(), Duration.ofSeconds(60)));

	private final Cluster cluster = new Cluster(
			new ClusterSettings("primary",
					List.of(definition("replica-0"), definition("replica-1"), definition("replica-2")), null, 2,
					new PositionSettings(ReadYourWritesMode.POSITION, true, Duration.ZERO, TIMEOUT, TIMEOUT),
					new MonitorSettings(Duration.ofSeconds(30), null, Duration.ofSeconds(3), true), List.of()),
			new HikariDataSource(), RouteInquiryTests::pool, this.clock, Clock.systemUTC());

	private final ClusterNode primary = this.cluster.topology().primary();

	private final ClusterNode zero = this.cluster.topology().replicas().get(0);

	private final ClusterNode one = this.cluster.topology().replicas().get(1);

	private final ClusterNode two = this.cluster.topology().replicas().get(2);

	private final RouteInquiry inquiry = new RouteInquiry(
			new RoutingPolicy(this.cluster::topology, this.cluster.positions(), new Last(), false, Fallback.PRIMARY),
			this.cluster);

	RouteInquiryTests() {
		Nodes.flushed(this.cluster.positions(), this.clock, 900);
		Nodes.replayed(this.zero, this.clock, 500);
		Nodes.replayed(this.one, this.clock, 500);
		Nodes.replayed(this.two, this.clock, 500);
	}

	@AfterEach
	void close() {
		this.cluster.close();
	}

	@Test
	void readGoesToAReplicaWithoutAQuestion() throws Exception {
		assertThat(find(written(500))).isEqualTo(replica(this.two));
		assertThat(this.cluster.positions().waits()).isZero();
	}

	@Test
	void readThatNoReplicaHasReachedAsksBeforeItGoesToThePrimary() throws Exception {
		assertThat(find(written(900))).isEqualTo(behind());
		assertThat(this.cluster.positions().waits()).isEqualTo(1);
	}

	@Test
	void readForWhichEveryReplicaIsTooStaleAsksBeforeItGoesToThePrimary() throws Exception {
		this.offset.addAndGet(Duration.ofSeconds(30).toNanos());
		assertThat(find(request(SessionGuarantee.NONE, null))).isEqualTo(replica(this.two));
		assertThat(this.cluster.positions().waits()).isZero();
		assertThat(find(request(SessionGuarantee.NONE, Duration.ofSeconds(2))))
			.isEqualTo(new Route(this.primary, PoolKind.READ, Reason.TOO_STALE));
		assertThat(this.cluster.positions().waits()).isEqualTo(1);
	}

	@Test
	void callerOfAnotherRotationMovesToAReplicaThatIsAsFar() throws Exception {
		SessionGuarantee read = read(this.one);
		Nodes.flushed(this.cluster.positions(), this.clock, 900);
		Nodes.replayed(this.two, this.clock, 900);
		CallerRecord caller = caller(read);
		assertThat(this.inquiry.find(request(read, null), caller, List.of())).isEqualTo(replica(this.two));
		assertThat(caller.guarantee()).isEqualTo(read);
	}

	/**
	 * Otherwise the first to answer would have more than its share.
	 */
	@Test
	void callerOfAnotherRotationKeepsItsNodeWhileOnlyTheChosenOneIsNotAsFar() throws Exception {
		assertThat(Nodes.busy(this.zero).readPool().isBusy()).as("so that the primary is not used by chance").isTrue();
		SessionGuarantee read = read(this.one);
		Nodes.flushed(this.cluster.positions(), this.clock, 900);
		Nodes.replayed(this.zero, this.clock, 900);
		assertThat(find(read)).isEqualTo(replica(this.one));
		Nodes.replayed(this.two, this.clock, 900);
		assertThat(find(read)).isEqualTo(replica(this.two));
	}

	@Test
	void callerKeepsItsNodeInAnyRotationWhileNoOtherIsAsFar() throws Exception {
		assertThat(Nodes.busy(this.one).readPool().isBusy()).as("so that it is not left by chance").isTrue();
		SessionGuarantee read = read(this.one);
		CallerRecord caller = caller(read);
		assertThat(this.inquiry.find(request(read, null), caller, List.of())).isEqualTo(replica(this.one));
		assertThat(caller.guarantee().read()).isNotNull().returns(ReadMark.ANY, ReadMark::rotation);
	}

	@Test
	void connectionOfTheChosenNodeIsUsed() throws Exception {
		assertThat(findOn(written(500), List.of(), this.two, PoolKind.READ)).isEqualTo(replica(this.two));
	}

	@Test
	void connectionOfAnotherPoolIsNotUsed() throws Exception {
		assertThat(findOn(written(500), List.of(), this.two, PoolKind.WRITE)).isNull();
	}

	@Test
	void connectionOfAnotherReplicaIsUsedIfThatMayServe() throws Exception {
		assertThat(findOn(written(500), List.of(), this.one, PoolKind.READ)).isEqualTo(replica(this.one));
		assertThat(findOn(written(500), List.of(this.one), this.one, PoolKind.READ)).as("excluded").isNull();
		Nodes.replayed(this.two, this.clock, 600);
		assertThat(findOn(written(550), List.of(), this.one, PoolKind.READ)).as("behind").isNull();
	}

	@Test
	void connectionMustLeadToTheServerWhosePositionHasDecided() throws Exception {
		try (Connection connection = new SimpleDriverDataSource(new StubDriver(), StubServer.create().url())
			.getConnection()) {
			RouteRequest decided = request(written(500), null);
			Nodes.replayedOn(connection, this.one, this.clock, 500);
			assertThat(this.inquiry.leadsToKnownServer(replica(this.one), decided, connection)).isTrue();
			assertThat(this.inquiry.stillServes(replica(this.one), decided, connection)).isTrue();
			assertThat(this.inquiry.stillServes(replica(this.one), request(written(501), null), connection)).isFalse();
			Nodes.restarted(this.one, this.clock, 500);
			assertThat(this.inquiry.leadsToKnownServer(replica(this.one), decided, connection)).isFalse();
			assertThat(this.inquiry.stillServes(replica(this.one), decided, connection)).isFalse();
			RouteRequest undecided = request(SessionGuarantee.NONE, null);
			assertThat(this.inquiry.leadsToKnownServer(replica(this.one), undecided, connection)).isTrue();
			assertThat(this.inquiry.stillServes(replica(this.one), undecided, connection)).isTrue();
		}
	}

	@Test
	void transactionGoesOnWithoutAQuestionWhileItsReplicaIsFarEnough() {
		assertThat(catchesUp(written(500))).isTrue();
		assertThat(this.cluster.positions().waits()).isZero();
		assertThat(catchesUp(written(501))).isFalse();
		assertThat(this.cluster.positions().waits()).isEqualTo(1);
	}

	@Test
	void transactionThatItsReplicaCannotServeGoesOnOnThePrimary() {
		assertThat(this.inquiry.behind(this.one)).isEqualTo(behind());
	}

	private Route find(SessionGuarantee guarantee) throws NoReplicaException {
		return find(request(guarantee, null));
	}

	private Route find(RouteRequest request) throws NoReplicaException {
		return this.inquiry.find(request, caller(request.guarantee()), List.of());
	}

	private @Nullable Route findOn(SessionGuarantee guarantee, List<ClusterNode> excluded, ClusterNode node,
			PoolKind pool) throws NoReplicaException {
		return this.inquiry.findOn(request(guarantee, null), caller(guarantee), excluded, node, pool);
	}

	private boolean catchesUp(SessionGuarantee guarantee) {
		return this.inquiry.catchesUp(replica(this.one), request(guarantee, null), caller(guarantee));
	}

	private CallerRecord caller(SessionGuarantee guarantee) {
		return this.records.forRequest(() -> guarantee);
	}

	private static RouteRequest request(SessionGuarantee guarantee, @Nullable Duration maxStaleness) {
		return new RouteRequest(RoutingScope.NONE.readOnly(Consistency.SESSION, maxStaleness, null, "unit"), true, true,
				false, false, false, guarantee);
	}

	private SessionGuarantee written(long lsn) {
		return new SessionGuarantee(new WriteMark(0, false, new WalPosition(1, lsn), 0, this.clock.nanoTime()), null);
	}

	private SessionGuarantee read(ClusterNode node) {
		return new SessionGuarantee(null, new ReadMark(node.id(), this.clock.now(), 0, 7));
	}

	private static Route replica(ClusterNode node) {
		return new Route(node, PoolKind.READ, Reason.READ_ONLY);
	}

	private Route behind() {
		return new Route(this.primary, PoolKind.READ, Reason.BEHIND);
	}

	private static NodeDefinition definition(String name) {
		return new NodeDefinition(name, "jdbc:stub://absent-" + name + "/app", null, null, 1, null, null);
	}

	private static HikariConfig pool() {
		HikariConfig config = new HikariConfig();
		config.setMaximumPoolSize(Nodes.CONNECTIONS);
		config.setDriverClassName(StubDriver.class.getName());
		config.setJdbcUrl("jdbc:stub://absent-primary/app");
		return config;
	}

	/**
	 * Chooses the last.
	 */
	private static final class Last implements LoadBalancer {

		@Override
		public <N extends Node> N choose(List<N> candidates) {
			return candidates.get(candidates.size() - 1);
		}

	}

}

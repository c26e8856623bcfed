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

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.RoutingScope;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Node;
import io.github.replication.node.Nodes;
import io.github.replication.node.Positions;
import io.github.replication.node.Topology;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Routing where the positions of the nodes are known.
 */
class RoutingByPositionTests {

	private final AtomicLong time = new AtomicLong();

	private final SampleClock clock = new SampleClock(this.time::get);

	private final ClusterNode primary = Nodes.primary();

	private final ClusterNode one = Nodes.replica("replica-1", this.clock);

	private final ClusterNode two = Nodes.replica("replica-2", this.clock);

	private final ClusterNode reports = Nodes.replica("report-1", "reports", this.clock);

	private final Topology topology = Nodes.topology(this.primary, List.of(this.one, this.two, this.reports), null);

	private final Positions positions = Nodes.positions(this.clock, this.topology);

	private final RoutingPolicy policy = new RoutingPolicy(() -> this.topology, this.positions, new Last(), false,
			Fallback.PRIMARY);

	RoutingByPositionTests() {
		Nodes.flushed(this.positions, this.clock, 500);
		Nodes.replayed(this.one, this.clock, 500);
		Nodes.replayed(this.two, this.clock, 500);
		Nodes.replayed(this.reports, this.clock, 500);
	}

	@Test
	void readGoesOnlyToAReplicaThatHasReplayedTheWrite() {
		Nodes.replayed(this.one, this.clock, 600);
		assertThat(route(request(written(501)))).isEqualTo(replica(this.one));
		assertThat(route(request(written(500)))).isEqualTo(replica(this.two));
		assertThat(route(request(written(601)))).isEqualTo(new Route(this.primary, PoolKind.READ, Reason.BEHIND));
	}

	@Test
	void callerStaysWithItsNodeAlthoughTheLoadBalancerWouldChooseAnother() {
		assertThat(route(request(read(this.one)))).isEqualTo(replica(this.one));
		assertThat(route(request(SessionGuarantee.NONE))).isEqualTo(replica(this.two));
	}

	@Test
	void callerDoesNotStayWithANodeThatIsExcluded() {
		SessionGuarantee read = read(this.one);
		Nodes.flushed(this.positions, this.clock, 500);
		assertThat(this.policy.route(request(read), List.of(this.one))).isEqualTo(replica(this.two));
	}

	@Test
	void callerDoesNotStayWithANodeThatIsBehindItsWrite() {
		SessionGuarantee read = read(this.one).withWrite(written(550).write());
		Nodes.replayed(this.two, this.clock, 600);
		Nodes.flushed(this.positions, this.clock, 600);
		Nodes.replayed(this.two, this.clock, 600);
		assertThat(route(request(read))).isEqualTo(replica(this.two));
	}

	@Test
	void callerDoesNotStayWithANodeOfAnotherGroup() {
		SessionGuarantee read = read(this.one);
		Nodes.flushed(this.positions, this.clock, 500);
		assertThat(route(request(Consistency.SESSION, null, "reports", read))).isEqualTo(replica(this.reports));
	}

	@Test
	void eventualReadRequiresNoPosition() {
		RouteRequest request = request(Consistency.EVENTUAL, null, null, written(900));
		assertThat(route(request)).isEqualTo(replica(this.two));
		assertThat(this.policy.isDecidedByPosition(replica(this.two), request)).isFalse();
	}

	@Test
	void replicaThatIsTooStaleDoesNotServe() {
		RouteRequest request = request(Consistency.SESSION, Duration.ofSeconds(2), null, SessionGuarantee.NONE);
		assertThat(route(request)).isEqualTo(replica(this.two));
		this.time.addAndGet(Duration.ofSeconds(3).toNanos());
		Nodes.flushed(this.positions, this.clock, 600);
		assertThat(route(request)).isEqualTo(new Route(this.primary, PoolKind.READ, Reason.TOO_STALE));
		Nodes.replayed(this.one, this.clock, 600);
		assertThat(route(request)).isEqualTo(replica(this.one));
	}

	@Test
	void positionDecidesOnlyAboutAReplicaThatMustHaveReachedOne() {
		assertThat(this.policy.isDecidedByPosition(replica(this.one), request(SessionGuarantee.NONE))).isFalse();
		assertThat(this.policy.isDecidedByPosition(replica(this.one), request(written(500)))).isTrue();
		assertThat(this.policy.isDecidedByPosition(replica(this.one),
				request(Consistency.EVENTUAL, Duration.ofSeconds(2), null, SessionGuarantee.NONE)))
			.isTrue();
		assertThat(this.policy.isDecidedByPosition(new Route(this.primary, PoolKind.READ, Reason.BEHIND),
				request(written(500))))
			.isFalse();
	}

	@Test
	void replicaStillServesWhileItHasReachedTheBound() {
		assertThat(this.policy.stillServes(replica(this.one), request(written(500)))).isTrue();
		assertThat(this.policy.stillServes(replica(this.one), request(written(501)))).isFalse();
		assertThat(this.policy.stillServes(replica(this.one), request(SessionGuarantee.NONE))).isTrue();
	}

	@Test
	void replicaStillServesWhileItIsFresh() {
		RouteRequest request = request(Consistency.SESSION, Duration.ofSeconds(2), null, SessionGuarantee.NONE);
		assertThat(this.policy.stillServes(replica(this.one), request)).isTrue();
		this.time.addAndGet(Duration.ofSeconds(3).toNanos());
		assertThat(this.policy.stillServes(replica(this.one), request)).isFalse();
	}

	@Test
	void primaryStillServesWhateverTheBound() {
		assertThat(
				this.policy.stillServes(new Route(this.primary, PoolKind.READ, Reason.BEHIND), request(written(900))))
			.isTrue();
	}

	@Test
	void anotherReplicaMayServeOnceItHasReachedTheBound() {
		assertThat(this.policy.mayServe(this.two, replica(this.one), request(written(500)))).isTrue();
		assertThat(this.policy.mayServe(this.two, replica(this.one), request(written(501)))).isFalse();
		assertThat(this.policy.mayServe(this.reports, replica(this.one), request(written(500)))).isFalse();
		assertThat(this.policy.mayServe(this.two, new Route(this.primary, PoolKind.READ, Reason.BEHIND),
				request(written(500))))
			.isFalse();
	}

	@Test
	void requestOfTheSameFactsIsTheSame() {
		RouteRequest request = request(written(500));
		assertThat(request.with(request.guarantee())).isSameAs(request);
		assertThat(request.with(SessionGuarantee.NONE)).isEqualTo(request(SessionGuarantee.NONE));
		assertThat(request.within(request.scope())).isSameAs(request);
		RoutingScope strong = RoutingScope.NONE.readOnly(Consistency.STRONG, null, null, "unit");
		assertThat(request.within(strong)).isEqualTo(request(Consistency.STRONG, null, null, written(500)));
	}

	private Route route(RouteRequest request) {
		return this.policy.route(request, List.of());
	}

	private static Route replica(ClusterNode node) {
		return new Route(node, PoolKind.READ, Reason.READ_ONLY);
	}

	private static SessionGuarantee written(long lsn) {
		return new SessionGuarantee(new WriteMark(0, false, new WalPosition(1, lsn), 0, 0), null);
	}

	private SessionGuarantee read(ClusterNode node) {
		return new SessionGuarantee(null, new ReadMark(node.id(), this.clock.now(), 0, 7));
	}

	private static RouteRequest request(SessionGuarantee guarantee) {
		return request(Consistency.SESSION, null, null, guarantee);
	}

	private static RouteRequest request(Consistency consistency, @Nullable Duration maxStaleness,
			@Nullable String group, SessionGuarantee guarantee) {
		return new RouteRequest(RoutingScope.NONE.readOnly(consistency, maxStaleness, group, "unit"), true, true, false,
				false, false, guarantee);
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

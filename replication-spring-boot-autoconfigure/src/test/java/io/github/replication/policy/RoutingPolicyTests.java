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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.RoutingScope;
import io.github.replication.balance.LeastConnectionsLoadBalancer;
import io.github.replication.balance.LoadBalancer;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.Node;
import io.github.replication.node.Nodes;
import io.github.replication.node.Topology;
import io.github.replication.position.ReadMark;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The rows of the contract's table, each before the next.
 */
class RoutingPolicyTests {

	private static final SessionGuarantee WRITTEN = new SessionGuarantee(WriteMark.unresolved(1, false, 0), null);

	private final ClusterNode primary = Nodes.primary();

	private final List<ClusterNode> replicas = new ArrayList<>(
			List.of(Nodes.replica("replica-1"), Nodes.replica("replica-2")));

	private final Asked balancer = new Asked();

	private @Nullable String zone;

	private boolean byStatement;

	private Fallback fallback = Fallback.PRIMARY;

	@Test
	void primaryThatIsAskedForComesBeforeEverything() throws Exception {
		Facts everything = new Facts().forced().readOnly().held().serializable().written().strong();
		assertWritePool(route(everything), Reason.FORCED);
		assertWritePool(route(new Facts().forced().inTransaction()), Reason.FORCED);
		assertWritePool(route(new Facts().forced()), Reason.FORCED);
	}

	@Test
	void readWriteTransactionComesBeforeWhatTheConnectionHolds() throws Exception {
		assertWritePool(route(new Facts().inTransaction().held().serializable().written()), Reason.READ_WRITE);
		assertWritePool(route(new Facts().inTransaction().strong()), Reason.READ_WRITE);
		this.byStatement = true;
		assertWritePool(route(new Facts().inTransaction().plainRead()), Reason.READ_WRITE);
	}

	@Test
	void statementOutsideOfATransactionGoesToThePrimary() throws Exception {
		assertWritePool(route(new Facts()), Reason.NO_TRANSACTION);
		assertWritePool(route(new Facts().plainRead()), Reason.NO_TRANSACTION);
		assertWritePool(route(new Facts().held()), Reason.NO_TRANSACTION);
	}

	@Test
	void plainReadAloneIsRoutedByItsStatement() throws Exception {
		this.byStatement = true;
		assertReplica(route(new Facts().plainRead()));
		assertWritePool(route(new Facts()), Reason.STATEMENT);
		assertWritePool(route(new Facts().held()), Reason.STATEMENT);
	}

	@Test
	void plainReadByStatementStillObeysTheRowsBelow() throws Exception {
		this.byStatement = true;
		assertWritePool(route(new Facts().plainRead().held()), Reason.HELD);
		assertReadPool(route(new Facts().plainRead().serializable()), Reason.SERIALIZABLE);
		assertReadPool(route(new Facts().plainRead().strong()), Reason.STRONG);
		assertReadPool(route(new Facts().plainRead().written()), Reason.RECENT_WRITE);
	}

	@Test
	void heldConnectionComesBeforeTheIsolationLevel() throws Exception {
		assertWritePool(route(new Facts().readOnly().held().serializable().strong()), Reason.HELD);
		assertWritePool(route(new Facts().readOnly().inTransaction().held()), Reason.HELD);
	}

	@Test
	void serializableComesBeforeConsistency() throws Exception {
		assertReadPool(route(new Facts().readOnly().serializable().strong()), Reason.SERIALIZABLE);
		assertReadPool(route(new Facts().readOnly().inTransaction().serializable()), Reason.SERIALIZABLE);
	}

	@Test
	void strongConsistencyComesBeforeTheStateOfTheReplicas() throws Exception {
		this.replicas.clear();
		this.fallback = Fallback.FAIL;
		assertReadPool(route(new Facts().readOnly().strong()), Reason.STRONG);
	}

	@Test
	void missingReplicaComesBeforeStalenessAndWrites() throws Exception {
		this.replicas.clear();
		assertReadPool(route(new Facts().readOnly().written().maxStaleness()), Reason.NO_REPLICA);
	}

	@Test
	void stalenessThatIsNotKnownComesBeforeWrites() throws Exception {
		assertReadPool(route(new Facts().readOnly().written().maxStaleness()), Reason.TOO_STALE);
	}

	@Test
	void readAfterOwnWriteStaysOnThePrimary() throws Exception {
		assertReadPool(route(new Facts().readOnly().written()), Reason.RECENT_WRITE);
		assertReplica(route(new Facts().readOnly().written().eventual()));
	}

	@Test
	void readGoesToAReplicaThatTheLoadBalancerChooses() throws Exception {
		Route route = route(new Facts().readOnly().inTransaction());
		assertReplica(route);
		assertThat(route.node().name()).isEqualTo("replica-2");
		assertThat(this.balancer.offered).containsExactly("replica-1", "replica-2");
		assertReplica(route(new Facts().readOnly()));
	}

	@Test
	void replicaWithoutWeightIsInNoRotation() throws Exception {
		this.replicas.clear();
		this.replicas.add(Nodes.replica("idle", 0, null, null));
		assertReadPool(route(new Facts().readOnly()), Reason.NO_REPLICA);
		this.replicas.add(Nodes.replica("replica-1"));
		assertThat(route(new Facts().readOnly()).node().name()).isEqualTo("replica-1");
		assertThat(this.balancer.offered).isEmpty();
	}

	@Test
	void replicaOfAGroupServesThatGroupOnly() throws Exception {
		this.replicas.add(Nodes.replica("report-1", 1, "reports", null));
		this.replicas.add(Nodes.replica("report-2", 1, "reports", null));
		route(new Facts().readOnly().group("reports"));
		assertThat(this.balancer.offered).containsExactly("report-1", "report-2");
		this.balancer.offered.clear();
		route(new Facts().readOnly());
		assertThat(this.balancer.offered).containsExactly("replica-1", "replica-2");
		assertReadPool(route(new Facts().readOnly().group("unknown")), Reason.NO_REPLICA);
	}

	@Test
	void replicasOfTheOwnZoneArePreferredWhileOneQualifies() throws Exception {
		ClusterNode near = Nodes.replica("near", 1, null, "a");
		this.replicas.add(near);
		this.replicas.add(Nodes.replica("far", 1, null, "b"));
		this.zone = "a";
		assertThat(route(new Facts().readOnly()).node()).isSameAs(near);
		assertThat(route(new Facts().readOnly(), near).node()).isNotSameAs(near);
		assertThat(this.balancer.offered).containsExactly("replica-1", "replica-2", "far");
		this.balancer.offered.clear();
		this.zone = "c";
		route(new Facts().readOnly());
		assertThat(this.balancer.offered).containsExactly("replica-1", "replica-2", "near", "far");
	}

	@Test
	void excludedNodesAreNotAskedAgain() throws Exception {
		assertThat(route(new Facts().readOnly(), this.replicas.get(0)).node()).isSameAs(this.replicas.get(1));
		assertReadPool(route(new Facts().readOnly(), this.replicas.get(0), this.replicas.get(1)), Reason.NO_REPLICA);
	}

	@Test
	void busyNodeIsAvoidedWhileAnotherIsNot() throws Exception {
		Nodes.busy(this.replicas.get(1));
		assertThat(route(new Facts().readOnly()).node()).isSameAs(this.replicas.get(0));
		assertThat(this.balancer.offered).isEmpty();
		Nodes.busy(this.replicas.get(0));
		assertReplica(route(new Facts().readOnly()));
		assertThat(this.balancer.offered).containsExactly("replica-1", "replica-2");
	}

	@Test
	void withoutFallbackTheReadFailsAndEachNodeIsNamedWithItsState() {
		this.fallback = Fallback.FAIL;
		this.replicas.clear();
		this.replicas.add(Nodes.lost("lost"));
		this.replicas.add(Nodes.busy(Nodes.replica("other", 1, "reports", null)));
		assertThatExceptionOfType(NoReplicaException.class).isThrownBy(() -> route(new Facts().readOnly()))
			.withMessageContaining("NO_REPLICA")
			.withMessageContaining("replication.fallback=fail")
			.withMessageContaining("lost (OFFLINE: connection refused)")
			.withMessageContaining("other of the group 'reports' (ONLINE, 2 of 2 connections)")
			.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08001"));
		assertThatExceptionOfType(NoReplicaException.class)
			.isThrownBy(() -> route(new Facts().readOnly().group("reporting")))
			.withMessageContaining("group 'reporting'");
	}

	@Test
	void withoutFallbackStalenessFailsToo() {
		this.fallback = Fallback.FAIL;
		assertThatExceptionOfType(NoReplicaException.class)
			.isThrownBy(() -> route(new Facts().readOnly().maxStaleness()))
			.withMessageContaining("TOO_STALE");
	}

	@Test
	void withoutFallbackTheOtherRowsStillUseThePrimary() throws Exception {
		this.fallback = Fallback.FAIL;
		assertWritePool(route(new Facts()), Reason.NO_TRANSACTION);
		assertReadPool(route(new Facts().readOnly().written()), Reason.RECENT_WRITE);
		assertReadPool(route(new Facts().readOnly().serializable()), Reason.SERIALIZABLE);
	}

	@Test
	void anotherReplicaMayServeOnlyWhatAnyReplicaMay() throws Exception {
		this.replicas.add(Nodes.replica("report-1", 1, "reports", null));
		Facts facts = new Facts().readOnly();
		Route read = route(facts);
		RoutingPolicy policy = policy();
		assertThat(policy.mayServe(this.replicas.get(0), read, facts.request())).isTrue();
		assertThat(policy.mayServe(this.replicas.get(2), read, facts.request())).isFalse();
		Facts written = new Facts().readOnly().written();
		assertThat(policy.mayServe(this.replicas.get(0), route(written), written.request())).isFalse();
	}

	@Test
	void callerStaysWithTheNodeThatItHasReadFrom() throws Exception {
		Facts facts = new Facts().readOnly().read(this.replicas.get(0), rotation());
		assertThat(route(facts).node()).isEqualTo(this.replicas.get(0));
		assertThat(leaving(facts)).isEmpty();
		assertThat(route(new Facts().readOnly()).node()).isEqualTo(this.replicas.get(1));
	}

	@Test
	void callerOfAnotherRotationMovesIfTheLoadBalancerChoosesAnotherNode() throws Exception {
		assertThat(leaving(new Facts().readOnly().read(this.replicas.get(0), rotation() + 1)))
			.containsExactly(this.replicas.get(0));
		assertThat(leaving(new Facts().readOnly().read(this.replicas.get(1), rotation() + 1))).isEmpty();
		assertThat(leaving(new Facts().readOnly().read(this.replicas.get(0), ReadMark.ANY))).isEmpty();
	}

	@Test
	void callerOfAnotherRotationMovesToNoOtherNodeThanTheChosenOne() throws Exception {
		this.replicas.add(Nodes.replica("replica-3"));
		assertThat(leaving(new Facts().readOnly().read(this.replicas.get(0), rotation() + 1)))
			.containsExactly(this.replicas.get(0), this.replicas.get(1));
	}

	/**
	 * A caller that moves takes one turn of the load balancer, as one that stays does.
	 */
	@Test
	void callersOfAnotherRotationAreSpreadEvenly() {
		this.replicas.add(Nodes.replica("replica-3"));
		RoutingPolicy policy = policy(new LeastConnectionsLoadBalancer());
		Map<String, Integer> served = new HashMap<>();
		for (int i = 0; i < 300; i++) {
			ClusterNode node = this.replicas.get(i % 2);
			RouteRequest request = new Facts().readOnly().read(node, rotation() + 1).request();
			List<ClusterNode> left = policy.left(policy.route(request, List.of()), request);
			ClusterNode next = left.isEmpty() ? node : policy.route(new Facts().readOnly().request(), left).node();
			served.merge(next.name(), 1, Integer::sum);
		}
		assertThat(served).isEqualTo(Map.of("replica-1", 100, "replica-2", 100, "replica-3", 100));
	}

	@Test
	void callerLeavesANodeThatIsOverloaded() throws Exception {
		Facts facts = new Facts().readOnly().read(this.replicas.get(0), rotation());
		this.balancer.overloaded = "replica-1";
		assertThat(leaving(facts)).containsExactly(this.replicas.get(0));
		this.balancer.overloaded = "replica-2";
		assertThat(leaving(facts)).isEmpty();
	}

	@Test
	void callerLeavesANodeWhoseConnectionsAreAllInUse() throws Exception {
		Nodes.busy(this.replicas.get(0));
		assertThat(leaving(new Facts().readOnly().read(this.replicas.get(0), rotation())))
			.containsExactly(this.replicas.get(0));
	}

	@Test
	void callerOfTheOnlyReplicaDoesNotLeaveIt() throws Exception {
		this.replicas.remove(1);
		this.balancer.overloaded = "replica-1";
		assertThat(leaving(new Facts().readOnly().read(this.replicas.get(0), rotation() + 1))).isEmpty();
	}

	@Test
	void callerWithoutAMarkLeavesNoNode() throws Exception {
		this.balancer.overloaded = "replica-2";
		assertThat(leaving(new Facts().readOnly())).isEmpty();
	}

	@Test
	void callerLeavesItsNodeForAnotherReplica() {
		assertThat(policy().leaves(decided(Reason.READ_ONLY), this.replicas)).isTrue();
		assertThat(policy().leaves(decided(Reason.RECENT_WRITE), this.replicas)).isFalse();
	}

	@Test
	void callerLeavesItsNodeForThePrimaryNowAndThen() {
		assertThat(leaving(2_000)).as("about one in eight").isBetween(100, 500);
		Nodes.busy(this.replicas.get(1));
		assertThat(leaving(200)).as("a node whose connections are all in use").isZero();
	}

	@Test
	void nodeThatWarmsUpIsChosenLessOften() throws Exception {
		Nodes.warmingUp(this.replicas.get(1));
		assertThat(chosen(this.replicas.get(1), 1_000)).as("about a tenth").isBetween(20, 500);
		this.replicas.remove(0);
		assertThat(chosen(this.replicas.get(0), 100)).as("as the only one").isEqualTo(100);
	}

	@Test
	void nodeThatDoesNotWarmUpIsChosenAsOftenAsTheLoadBalancerSays() throws Exception {
		Nodes.warmingUp(this.replicas.get(0));
		assertThat(chosen(this.replicas.get(1), 100)).isEqualTo(100);
	}

	@Test
	void replicasOfAReadAreThoseOfItsGroupWithoutTheExcluded() {
		this.replicas.add(Nodes.replica("report-1", 1, "reports", null));
		assertThat(policy().replicas(new Facts().readOnly().request(), List.of(this.replicas.get(0))))
			.containsExactly(this.replicas.get(1));
		assertThat(policy().replicas(new Facts().readOnly().group("reports").request(), List.of()))
			.containsExactly(this.replicas.get(2));
	}

	private Route decided(Reason reason) {
		return new Route(this.primary, PoolKind.READ, reason);
	}

	private int leaving(int times) {
		RoutingPolicy policy = policy();
		return (int) IntStream.range(0, times)
			.filter((i) -> policy.leaves(decided(Reason.BEHIND), this.replicas))
			.count();
	}

	private int chosen(ClusterNode node, int times) throws NoReplicaException {
		int chosen = 0;
		for (int i = 0; i < times; i++) {
			chosen += (route(new Facts().readOnly()).node() == node) ? 1 : 0;
		}
		return chosen;
	}

	/**
	 * The load of those who stay evens out again.
	 */
	@Test
	void rotationIsAnotherOneAfterEachChange() {
		int before = rotation();
		this.replicas.add(Nodes.replica("replica-3"));
		int more = rotation();
		this.replicas.set(2, Nodes.replica("replica-3", 2, null, null));
		int heavier = rotation();
		this.replicas.remove(2);
		assertThat(rotation()).isEqualTo(before);
		assertThat(List.of(before, more, heavier)).doesNotHaveDuplicates();
		this.replicas.add(0, this.replicas.remove(1));
		assertThat(rotation()).as("in another order").isEqualTo(before);
	}

	private int rotation() {
		return Nodes.topology(this.primary, this.replicas, this.zone).rotation(null).hash();
	}

	private List<ClusterNode> leaving(Facts facts) throws NoReplicaException {
		return policy().left(route(facts), facts.request());
	}

	private Route route(Facts facts, ClusterNode... excluded) throws NoReplicaException {
		RouteRequest request = facts.request();
		return policy().require(policy().route(request, List.of(excluded)), request);
	}

	private RoutingPolicy policy() {
		return policy(this.balancer);
	}

	private RoutingPolicy policy(LoadBalancer balancer) {
		Topology topology = Nodes.topology(this.primary, this.replicas, this.zone);
		return new RoutingPolicy(() -> topology, Nodes.positions(ReadYourWritesMode.TIME, topology), balancer,
				this.byStatement, this.fallback);
	}

	private void assertWritePool(Route route, Reason reason) {
		assertThat(route).isEqualTo(new Route(this.primary, PoolKind.WRITE, reason));
	}

	private void assertReadPool(Route route, Reason reason) {
		assertThat(route).isEqualTo(new Route(this.primary, PoolKind.READ, reason));
	}

	private void assertReplica(Route route) {
		assertThat(route).isEqualTo(new Route(route.node(), PoolKind.READ, Reason.READ_ONLY));
		assertThat(this.replicas).contains(route.node());
	}

	/**
	 * Chooses the last and remembers what it was offered.
	 */
	private static final class Asked implements LoadBalancer {

		private final List<String> offered = new ArrayList<>();

		private @Nullable String overloaded;

		@Override
		public <N extends Node> N choose(List<N> candidates) {
			this.offered.clear();
			candidates.forEach((candidate) -> this.offered.add(candidate.name()));
			return candidates.get(candidates.size() - 1);
		}

		@Override
		public <N extends Node> boolean isOverloaded(N node, List<N> others) {
			return node.name().equals(this.overloaded);
		}

	}

	/**
	 * The facts of a request, false unless said.
	 */
	private static final class Facts {

		private RoutingScope scope = RoutingScope.NONE;

		private boolean readOnly;

		private boolean inTransaction;

		private boolean plainRead;

		private boolean held;

		private boolean serializable;

		private boolean written;

		private @Nullable ReadMark read;

		Facts read(ClusterNode node, int rotation) {
			this.read = new ReadMark(node.id(), 1, 0, rotation);
			return this;
		}

		Facts forced() {
			this.scope = this.scope.onPrimary("unit");
			return this;
		}

		Facts strong() {
			return scope(Consistency.STRONG, null, null);
		}

		Facts eventual() {
			return scope(Consistency.EVENTUAL, null, null);
		}

		Facts maxStaleness() {
			return scope(Consistency.SESSION, Duration.ofSeconds(2), null);
		}

		Facts group(String group) {
			return scope(Consistency.SESSION, null, group);
		}

		private Facts scope(Consistency consistency, @Nullable Duration maxStaleness, @Nullable String group) {
			this.scope = this.scope.readOnly(consistency, maxStaleness, group, "unit");
			return this;
		}

		Facts readOnly() {
			this.readOnly = true;
			return this;
		}

		Facts inTransaction() {
			this.inTransaction = true;
			return this;
		}

		Facts plainRead() {
			this.plainRead = true;
			return this;
		}

		Facts held() {
			this.held = true;
			return this;
		}

		Facts serializable() {
			this.serializable = true;
			return this;
		}

		Facts written() {
			this.written = true;
			return this;
		}

		RouteRequest request() {
			return new RouteRequest(this.scope, this.readOnly, this.inTransaction, this.plainRead, this.held,
					this.serializable, (this.written ? WRITTEN : SessionGuarantee.NONE).withRead(this.read));
		}

	}

}

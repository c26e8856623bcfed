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

package io.github.replication.node;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.NodeState;
import io.github.replication.NodeStatus;
import io.github.replication.node.PrimaryHistory.Lag;
import io.github.replication.node.ServerState.Server;
import io.github.replication.node.ServerState.Streaming;

import static org.assertj.core.api.Assertions.assertThat;

class MemberTests {

	private static final long SYSTEM = 4711;

	private static final Instant FIRST = Instant.ofEpochSecond(10);

	private static final Instant SECOND = Instant.ofEpochSecond(20);

	private static final Instant THIRD = Instant.ofEpochSecond(30);

	private static final Lag FAR = new Lag(Duration.ofSeconds(31).toNanos(), Duration.ofSeconds(40).toNanos(), 600,
			false);

	private final Member primary = member(Nodes.primary());

	private final Member replica = member(Nodes.replica("replica-1"));

	private long ticks;

	@Test
	void stateBeginsWithTheFirstJudgment() {
		assertThat(this.replica.judge(FIRST)).isFalse();
		assertThat(this.replica.node().condition()).isEqualTo(new StateSince(NodeState.ONLINE, FIRST, null));
		assertThat(this.replica.judge(SECOND)).isFalse();
		assertThat(this.replica.node().condition().since()).isEqualTo(FIRST);
	}

	@Test
	void changeOfTheStateIsFoundOnceAndBeginsAnew() {
		this.replica.judge(FIRST);
		this.replica.health().drain(true);
		assertThat(this.replica.judge(SECOND)).isTrue();
		assertThat(this.replica.judge(THIRD)).isFalse();
		assertThat(this.replica.node().condition())
			.isEqualTo(new StateSince(NodeState.DRAINED, SECOND, "taken out of rotation by an operator"));
		this.replica.health().drain(false);
		assertThat(this.replica.judge(THIRD)).isTrue();
		assertThat(this.replica.node().condition()).isEqualTo(new StateSince(NodeState.ONLINE, THIRD, null));
	}

	@Test
	void changeOfTheCauseAloneKeepsTheBeginningOfTheState() {
		this.replica.judge(FIRST);
		this.replica.health().failed(new SQLException("one"), 0);
		assertThat(this.replica.judge(SECOND)).isFalse();
		assertThat(this.replica.node().condition()).isEqualTo(new StateSince(NodeState.ONLINE, FIRST, "one"));
	}

	@Test
	void changeThatWasReportedIsNotReportedAgain() {
		this.replica.health().drain(true);
		this.replica.judge(FIRST);
		assertThat(this.replica.reportState()).isEqualTo(NodeState.ONLINE);
		assertThat(this.replica.reportState()).isEqualTo(NodeState.DRAINED);
	}

	@Test
	void nodeIsOfflineAfterTwoFailures() {
		answers(this.replica, standby());
		this.replica.health().failed(new SQLException("one"), 0);
		assertState(this.replica, NodeState.ONLINE, "one");
		this.replica.health().failed(new SQLException("two"), 0);
		assertState(this.replica, NodeState.OFFLINE, "two");
	}

	@Test
	void nodeThatFailsTwiceForTheSameReasonIsOffline() {
		this.replica.health().failed(new SQLException("no answer"), 1);
		assertState(this.replica, NodeState.ONLINE, "no answer");
		this.replica.health().failed(new SQLException("no answer"), 1);
		assertState(this.replica, NodeState.OFFLINE, "no answer");
	}

	@Test
	void nodeThatIsLostIsOfflineForTheReasonOfTheLoss() {
		answers(this.replica, standby());
		this.replica.health().failed(new SQLException("no answer"), 1);
		this.replica.health().lost(new SQLException("connection refused"));
		assertState(this.replica, NodeState.OFFLINE, "connection refused");
	}

	@Test
	void nodeThatIsLostForNoKnownReasonIsOfflineForThatOfTheProbe() {
		this.replica.health().lost(null);
		assertState(this.replica, NodeState.OFFLINE, null);
		this.replica.health().failed(new SQLException("no answer"), 1);
		assertState(this.replica, NodeState.OFFLINE, "no answer");
	}

	@Test
	void failureWithoutAMessageIsNamedByItsClass() {
		this.replica.health().lost(new SQLException((String) null));
		assertState(this.replica, NodeState.OFFLINE, "java.sql.SQLException");
	}

	@Test
	void causeContainsNoPassword() {
		this.replica.health().lost(new SQLException("no route to jdbc:postgresql://db/app?password=hunter2"));
		assertThat(judged(this.replica).cause()).startsWith("no route to jdbc:postgresql://db/app")
			.doesNotContain("hunter2");
	}

	@Test
	void drainedNodeIsDrainedAlthoughItIsLost() {
		this.replica.health().lost(new SQLException("connection refused"));
		this.replica.health().drain(true);
		assertState(this.replica, NodeState.DRAINED, "taken out of rotation by an operator");
	}

	@Test
	void nodeOfAnotherClusterIsMisconfiguredWhileItAnswersAlthoughItsPoolIsLost() {
		this.replica.belongsTo(SYSTEM + 1, null);
		answers(this.replica, standby());
		this.replica.health().lost(new SQLException("connection refused"));
		assertThat(judged(this.replica)).returns(NodeState.MISCONFIGURED, StateSince::state);
		assertThat(this.replica.node().condition().cause()).startsWith("it belongs to another cluster")
			.isEqualTo(this.replica.misconfiguration());
		assertThat(this.replica.isOfCluster()).isFalse();
	}

	@Test
	void nodeOfAnotherClusterIsOfflineOnceItDoesNotAnswer() {
		this.replica.belongsTo(SYSTEM + 1, null);
		answers(this.replica, standby());
		this.replica.health().failed(new SQLException("one"), 0);
		assertThat(judged(this.replica).state()).as("after one failure").isEqualTo(NodeState.MISCONFIGURED);
		this.replica.health().failed(new SQLException("two"), 0);
		assertState(this.replica, NodeState.OFFLINE, "two");
	}

	@Test
	void nodeThatHasNotAnsweredIsNotMisconfigured() {
		this.replica.belongsTo(SYSTEM + 1, "other");
		assertThat(this.replica.misconfiguration()).isNull();
		assertThat(this.replica.isOfCluster()).isTrue();
		assertState(this.replica, NodeState.ONLINE, null);
	}

	@Test
	void primaryThatAnswersAsAStandbyIsMisconfigured() {
		answers(this.primary, standby());
		assertState(this.primary, NodeState.MISCONFIGURED,
				"it is a standby, and no node is known that has become the primary");
	}

	@Test
	void replicaWhoseUrlLeadsToSeveralServersIsShared() {
		ReplicaPosition position = this.replica.node().inquiry().position();
		position.reported(sample(standby(2, 100, new Server(2, 5432))), position.incarnation());
		position.reported(sample(standby(1, 100, new Server(1, 5432))), position.incarnation());
		this.replica.diverged(true);
		assertState(this.replica, NodeState.SHARED, "several servers answer at its URL");
	}

	@Test
	void replicaOfAnotherHistoryHasDivergedAlthoughItIsFarBehind() {
		lags(this.replica);
		this.replica.diverged(true);
		assertState(this.replica, NodeState.DIVERGED,
				"it has replayed changes that the primary does not have: rebuild it as a standby"
						+ " (pg_rewind, pg_basebackup)");
	}

	@Test
	void replicaThatIsTooFarBehindLags() {
		lags(this.replica);
		assertState(this.replica, NodeState.LAGGING,
				"not known to keep replication.max-lag or replication.max-lag-size");
	}

	@Test
	void primaryNeitherDivergesNorLags() {
		lags(this.primary);
		this.primary.diverged(true);
		assertState(this.primary, NodeState.ONLINE, null);
	}

	@Test
	void nodeIsAStandbyWhileItAnswersSo() {
		assertThat(this.replica.isStandby()).as("before an answer").isFalse();
		answers(this.replica, standby());
		assertThat(this.replica.isStandby()).isTrue();
		this.replica.health().failed(new SQLException("one"), 0);
		assertThat(this.replica.isStandby()).isFalse();
		answers(this.replica, primary(1));
		assertThat(this.replica.isStandby()).isFalse();
	}

	@Test
	void nodeIsRemovedForGood() {
		assertThat(this.replica.isRemoved()).isFalse();
		this.replica.remove();
		assertThat(this.replica.isRemoved()).isTrue();
	}

	@Test
	void aliasChangesOnlyWithTheNodeThatItIsAnAliasOf() {
		assertThat(this.replica.aliasOf(null)).isFalse();
		assertThat(this.replica.aliasOf("replica-0")).isTrue();
		assertThat(this.replica.aliasOf()).isEqualTo("replica-0");
		assertThat(this.replica.node().isAlias()).isTrue();
		assertThat(this.replica.aliasOf("replica-0")).isFalse();
		assertThat(this.replica.aliasOf(null)).isTrue();
		assertThat(this.replica.node().isAlias()).isFalse();
	}

	@Test
	void onlyANodeOfTheSameGroupWithAWeightServesTheReadsOfAnother() {
		Member reports = member(Nodes.replica("report-1", 1, "reports", null));
		Member idle = member(Nodes.replica("idle", 0, null, null));
		assertThat(this.replica.servesReadsOf(idle)).isTrue();
		assertThat(idle.servesReadsOf(this.replica)).isFalse();
		assertThat(reports.servesReadsOf(this.replica)).isFalse();
		assertThat(reports.servesReadsOf(member(Nodes.replica("report-2", 1, "reports", null)))).isTrue();
	}

	@Test
	void nodesAreNotKnownToLeadToOneServerBeforeBothHaveAnswered() {
		Member other = member(Nodes.replica("replica-2"));
		assertThat(this.replica.leadsToServerOf(other)).isFalse();
		answers(this.replica, standby());
		assertThat(this.replica.leadsToServerOf(other)).isFalse();
		assertThat(other.leadsToServerOf(this.replica)).isFalse();
		answers(other, standby());
		assertThat(this.replica.leadsToServerOf(other)).isTrue();
	}

	@Test
	void standbysThatWereStartedAtOneMomentAreOneServerInWhateverTimeline() {
		assertThat(leadToOneServer(standby(1, 100, new Server(5, 5432)), standby(2, 900, new Server(5, 5432))))
			.isTrue();
		assertThat(leadToOneServer(standby(1, 100, new Server(5, 5432)), standby(1, 100, new Server(5, 5433))))
			.as("another port")
			.isFalse();
		assertThat(leadToOneServer(standby(1, 100, new Server(0, 0)), standby(1, 100, new Server(0, 0))))
			.as("unknown servers")
			.isFalse();
	}

	@Test
	void serversOfDifferentClustersOrRolesAreNotOne() {
		assertThat(leadToOneServer(primary(1), primary(1))).isTrue();
		assertThat(leadToOneServer(primary(1), primary(2))).as("a copy that was promoted").isFalse();
		assertThat(leadToOneServer(standby(), primary(1))).isFalse();
		assertThat(leadToOneServer(standby(),
				state(true, 1, 100, SYSTEM + 1, "app", Streaming.UNKNOWN, new Server(1, 5432))))
			.isFalse();
	}

	@Test
	void nodesAreOneServerOnlyWhileEitherCanBeUsed() {
		Member other = member(Nodes.replica("replica-2"));
		answers(this.replica, standby());
		answers(other, standby());
		assertThat(this.replica.isSameServerAs(other)).isTrue();
		other.health().lost(null);
		assertThat(this.replica.isSameServerAs(other)).as("the other is lost").isFalse();
		other.health().found();
		fails(other);
		assertThat(this.replica.isSameServerAs(other)).as("the other does not answer").isFalse();
		assertThat(this.replica.leadsToServerOf(other)).isTrue();
		assertThat(other.leadsToServerOf(this.replica)).as("from one that does not answer").isFalse();
	}

	@Test
	void systemIsTheReportedOne() {
		assertThat(this.replica.system()).isZero();
		answers(this.replica, standby());
		assertThat(this.replica.system()).isEqualTo(SYSTEM);
	}

	@Test
	void statusBeforeAnyAnswerReportsOnlyTheState() {
		this.replica.judge(FIRST);
		assertThat(this.replica.status(this.primary, null))
			.isEqualTo(new NodeStatus("replica-1", this.replica.node().role(), NodeState.ONLINE, FIRST, null, null,
					null, null, null, null, null, 0, null));
	}

	@Test
	void statusOfAReplicaReportsItsPositionAndHowFarItIsBehind() {
		this.primary.learnStandbys(sample(streaming(new Streaming(null, null, Map.of("app-1", "sync")))));
		answers(this.replica, streaming(new Streaming(true, "app-1", null)));
		this.replica.aliasOf("replica-0");
		this.replica.judge(FIRST);
		assertThat(this.replica.status(this.primary, FAR))
			.isEqualTo(new NodeStatus("replica-1", this.replica.node().role(), NodeState.ONLINE, FIRST, null,
					Duration.ofSeconds(40), 600L, "0/64", 1, true, "sync", 0, "replica-0"));
	}

	@Test
	void statusLeavesOutAPositionAndATimelineThatAreNotKnown() {
		answers(this.replica, standby(0, 0, new Server(1, 5432)));
		assertThat(this.replica.status(this.primary, null)).returns(null, NodeStatus::position)
			.returns(null, NodeStatus::timeline)
			.returns(null, NodeStatus::lag)
			.returns(null, NodeStatus::lagSize);
	}

	@Test
	void statusOfThePrimaryReportsNoLagAndNoSynchronization() {
		this.primary.learnStandbys(sample(streaming(new Streaming(null, null, Map.of("app-1", "sync")))));
		answers(this.primary, streaming(new Streaming(null, "app-1", null)));
		assertThat(this.primary.status(this.primary, FAR)).returns(null, NodeStatus::lag)
			.returns(null, NodeStatus::lagSize)
			.returns(null, NodeStatus::synchronization);
	}

	@Test
	void standbysAreKeptUntilThePrimaryReportsOthers() {
		answers(this.replica, streaming(new Streaming(true, "app-1", null)));
		assertThat(this.replica.status(this.primary, null).synchronization()).as("never asked").isNull();
		this.primary.learnStandbys(sample(streaming(new Streaming(null, null, Map.of("app-1", "async")))));
		this.primary.learnStandbys(sample(streaming(Streaming.UNKNOWN)));
		assertThat(this.replica.status(this.primary, null).synchronization()).isEqualTo("async");
		this.primary.learnStandbys(sample(streaming(new Streaming(null, null, Map.of()))));
		assertThat(this.replica.status(this.primary, null).synchronization()).isNull();
	}

	@Test
	void standbyWithoutANameHasNoSynchronization() {
		this.primary.learnStandbys(sample(streaming(new Streaming(null, null, Map.of("app-1", "async")))));
		answers(this.replica, streaming(new Streaming(true, null, null)));
		assertThat(this.replica.status(this.primary, null).synchronization()).isNull();
	}

	@Test
	void secondPrimaryIsAMistakeOnceTheFirstWasHeard() {
		answers(this.primary, primary(1));
		answers(this.replica, primary(1));
		this.replica.competesWith(this.primary, null);
		assertThat(this.replica.misconfiguration()).as("the first was not heard").isNull();
		this.replica.primaryHeard(true);
		assertState(this.replica, NodeState.MISCONFIGURED, "it is a primary, but primary is the primary of this"
				+ " cluster: rebuild it as a standby, or remove it");
		this.replica.aliasOf("primary");
		assertThat(this.replica.misconfiguration()).as("it is the first itself").isNull();
	}

	@Test
	void secondPrimaryIsNotToBeRebuiltWhileTheFirstDoesNotAnswerAsOne() {
		answers(this.replica, primary(2));
		this.replica.primaryHeard(true);
		String advice = "it is a primary as well, and is followed as soon as it is time";
		this.replica.competesWith(this.primary, "it is time");
		assertThat(this.replica.misconfiguration()).as("no answer").isEqualTo(advice);
		answers(this.primary, standby());
		this.replica.competesWith(this.primary, "it is time");
		assertThat(this.replica.misconfiguration()).as("a standby").isEqualTo(advice);
		answers(this.primary, primary(1));
		this.primary.health().failed(new SQLException("one"), 0);
		this.replica.competesWith(this.primary, "it is time");
		assertThat(this.replica.misconfiguration()).as("a failure").isEqualTo(advice);
	}

	@Test
	void secondPrimaryIsUndecidedUntilTheFirstAnswersLater() {
		Sample promoted = sample(primary(2));
		this.replica.health().answered(promoted, 1);
		this.replica.competesWith(this.primary, null);
		assertThat(this.replica.isUndecided(this.primary)).as("no answer").isTrue();
		this.primary.health().answered(new Sample(promoted.tick(), 1, primary(1)), 1);
		assertThat(this.replica.isUndecided(this.primary)).as("an answer of the same moment").isTrue();
		answers(this.primary, primary(1));
		assertThat(this.replica.isUndecided(this.primary)).as("a later answer").isFalse();
		this.primary.health().failed(new SQLException("one"), 0);
		assertThat(this.replica.isUndecided(this.primary)).as("one failure").isTrue();
		this.primary.health().failed(new SQLException("two"), 0);
		assertThat(this.replica.isUndecided(this.primary)).as("two failures").isFalse();
	}

	@Test
	void secondPrimaryIsOneSinceItsFirstAnswerAsOne() {
		answers(this.replica, primary(2));
		this.replica.competesWith(this.primary, null);
		answers(this.primary, primary(1));
		answers(this.replica, primary(2));
		this.replica.competesWith(this.primary, null);
		assertThat(this.replica.isUndecided(this.primary)).isFalse();
	}

	@Test
	void nodeThatIsNotKnownToBeAPrimaryIsNoneToDecideAbout() {
		this.replica.competesWith(this.primary, null);
		assertThat(this.replica.isUndecided(this.primary)).as("no answer").isFalse();
		answers(this.replica, ServerState.UNKNOWN);
		this.replica.competesWith(this.primary, null);
		assertThat(this.replica.isUndecided(this.primary)).as("a sign of life").isFalse();
		answers(this.replica, primary(2));
		this.replica.competesWith(this.primary, null);
		assertThat(this.replica.isUndecided(this.primary)).isTrue();
		answers(this.replica, standby());
		this.replica.competesWith(this.primary, null);
		assertThat(this.replica.isUndecided(this.primary)).as("a standby again").isFalse();
	}

	private static StateSince judged(Member member) {
		member.judge(FIRST);
		return member.node().condition();
	}

	private static void assertState(Member member, NodeState state, @Nullable String cause) {
		assertThat(judged(member)).returns(state, StateSince::state).returns(cause, StateSince::cause);
	}

	private boolean leadToOneServer(ServerState one, ServerState two) {
		Member first = member(Nodes.replica("first"));
		Member second = member(Nodes.replica("second"));
		answers(first, one);
		answers(second, two);
		assertThat(second.leadsToServerOf(first)).isEqualTo(first.leadsToServerOf(second));
		return first.leadsToServerOf(second);
	}

	private void answers(Member member, ServerState state) {
		member.health().answered(sample(state), 1);
	}

	private static void fails(Member member) {
		member.health().failed(new SQLException("one"), 0);
		member.health().failed(new SQLException("two"), 0);
	}

	private static void lags(Member member) {
		member.health().behind(FAR, 0);
		member.health().behind(FAR, 0);
	}

	private Sample sample(ServerState state) {
		this.ticks++;
		return new Sample(this.ticks, this.ticks, state);
	}

	private static ServerState standby() {
		return standby(1, 100, new Server(1, 5432));
	}

	private static ServerState standby(int timeline, long lsn, Server server) {
		return state(true, timeline, lsn, SYSTEM, "app", Streaming.UNKNOWN, server);
	}

	private static ServerState primary(int timeline) {
		return state(false, timeline, 100, SYSTEM, "app", Streaming.UNKNOWN, new Server(1, 5432));
	}

	private static ServerState streaming(Streaming streaming) {
		return state(streaming.standbys() == null && streaming.receiving() != null, 1, 100, SYSTEM, "app", streaming,
				new Server(1, 5432));
	}

	private static ServerState state(boolean inRecovery, int timeline, long lsn, long system, String database,
			Streaming streaming, Server server) {
		return new ServerState(0, false, inRecovery, server.bootedAt(), timeline, lsn, inRecovery ? 0 : lsn, system,
				database, streaming, server);
	}

	private static Member member(ClusterNode node) {
		return new Member(node,
				new NodeHealth(new MonitorSettings(Duration.ofSeconds(30), null, Duration.ofSeconds(3), true), 0));
	}

}

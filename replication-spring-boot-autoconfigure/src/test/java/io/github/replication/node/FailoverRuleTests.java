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
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import io.github.replication.node.ServerState.Streaming;

import static org.assertj.core.api.Assertions.assertThat;

class FailoverRuleTests {

	private static long ticks = 1;

	private final Member leader = member("primary");

	private final Member one = member("replica-1");

	private final Member two = member("replica-2");

	@Test
	void promotedReplicaIsFollowedWhenTheLeaderFails() {
		reports(this.leader, false, 1);
		reports(this.one, false, 2);
		reports(this.two, true, 1);
		assertThat(successor(1)).isNull();
		fails(this.leader);
		assertThat(successor(1)).isNull();
		fails(this.leader);
		assertThat(successor(1)).isSameAs(this.one);
	}

	@Test
	void promotedReplicaIsFollowedWhenTheLeaderIsAStandby() {
		reports(this.leader, true, 1);
		reports(this.one, false, 2);
		assertThat(successor(1)).isSameAs(this.one);
	}

	@Test
	void promotedReplicaIsFollowedWhenAnotherStandbyFollowsIt() {
		reports(this.leader, false, 1);
		reports(this.one, false, 2);
		reports(this.two, true, 2);
		assertThat(successor(1)).isSameAs(this.one);
	}

	@Test
	void nobodyGoesBackToAnEarlierTimelineBecauseTheLeaderIsSilent() {
		reports(this.leader, false, 2);
		fails(this.leader);
		fails(this.leader);
		reports(this.one, false, 2);
		reports(this.two, true, 2);
		assertThat(successor(2)).isNull();
		assertThat(missing(2))
			.isEqualTo("primary answers that it is a standby, and a standby replicates from replica-1");
		assertThat(successor(3)).isNull();
		assertThat(successor(1)).isSameAs(this.one);
	}

	@Test
	void primaryOfAnEarlierTimelineIsFollowedWhenTheLeaderIsItsStandby() {
		reports(this.leader, true, 1);
		reports(this.one, false, 1);
		assertThat(successor(2)).isSameAs(this.one);
		assertThat(successor(1)).isSameAs(this.one);
	}

	@Test
	void primaryOfAnEarlierTimelineIsFollowedWhenTheLeaderIsAStandbyAndAnotherStandbyHasItsHistory() {
		reports(this.leader, true, 2);
		reports(this.one, false, 1);
		assertThat(successor(2)).isNull();
		assertThat(missing(2)).isEqualTo("a standby replicates from replica-1");
		reports(this.two, true, 1, 101);
		assertThat(successor(2)).isNull();
		reports(this.two, true, 1);
		assertThat(successor(2)).isSameAs(this.one);
	}

	@Test
	void nobodyIsAdvisedToRebuildWhatMayBeTheOnlyPrimary() {
		reports(this.leader, true, 2);
		reports(this.one, false, 1);
		this.one.primaryHeard(true);
		this.one.competesWith(this.leader, missing(2));
		assertThat(this.one.misconfiguration())
			.isEqualTo("it is a primary as well, and is followed as soon as a standby replicates from replica-1");
		reports(this.leader, false, 2);
		this.one.competesWith(this.leader, missing(2));
		assertThat(this.one.misconfiguration())
			.contains("primary is the primary of this cluster: rebuild it as a standby");
	}

	@Test
	void primaryOfTheSameTimelineIsNotFollowedWhileTheLeaderIsOne() {
		reports(this.leader, false, 2);
		reports(this.one, false, 2);
		reports(this.two, true, 2);
		assertThat(successor(2)).isNull();
	}

	@Test
	void anotherAddressOfTheLeaderIsNoSuccessor() {
		reports(this.leader, false, 2, 100, 17);
		reports(this.one, false, 2, 100, 17);
		reports(this.two, true, 2);
		assertThat(successor(1)).isNull();
	}

	@Test
	void nobodyIsFollowedBeforeTheLeaderWasAsked() {
		reports(this.one, false, 2);
		reports(this.two, true, 2);
		assertThat(successor(0)).isNull();
		reports(this.leader, false, 1);
		assertThat(successor(0)).isSameAs(this.one);
	}

	@Test
	void latestOfSeveralIsFollowed() {
		fails(this.leader);
		fails(this.leader);
		reports(this.one, false, 2);
		reports(this.two, false, 3);
		assertThat(successor(1)).isSameAs(this.two);
	}

	@Test
	void primaryOfAnotherClusterIsNotFollowed() {
		fails(this.leader);
		fails(this.leader);
		reports(this.one, false, 2);
		this.one.belongsTo(4712, null);
		assertThat(successor(1)).isNull();
		this.one.belongsTo(4711, "other");
		assertThat(successor(1)).isNull();
		this.one.belongsTo(4711, "app");
		assertThat(successor(1)).isSameAs(this.one);
	}

	@Test
	void reportOfANodeBeforeItFailedIsNotBelieved() {
		fails(this.leader);
		fails(this.leader);
		reports(this.one, false, 2);
		fails(this.one);
		assertThat(successor(1)).isNull();
	}

	@Test
	void standbyNeverLeads() {
		fails(this.leader);
		fails(this.leader);
		reports(this.one, true, 2);
		reports(this.two, true, 2);
		assertThat(successor(1)).isNull();
	}

	private @Nullable Member successor(int timeline) {
		return FailoverRule.successor(this.leader, timeline, List.of(this.one, this.two));
	}

	private @Nullable String missing(int timeline) {
		return FailoverRule.missing(this.leader, timeline, this.one, List.of(this.one, this.two));
	}

	private static void reports(Member member, boolean inRecovery, int timeline) {
		reports(member, inRecovery, timeline, 100);
	}

	private static void reports(Member member, boolean inRecovery, int timeline, long lsn) {
		reports(member, inRecovery, timeline, lsn, member.node().name().hashCode());
	}

	private static void reports(Member member, boolean inRecovery, int timeline, long lsn, long startedAt) {
		member.health()
			.answered(new Sample(ticks++, 1, new ServerState(0, false, inRecovery, startedAt, timeline, lsn, 100, 4711,
					"app", Streaming.UNKNOWN)), 1);
	}

	private static void fails(Member member) {
		member.health().failed(new SQLException("no answer"), 1);
	}

	private static Member member(String name) {
		MonitorSettings settings = new MonitorSettings(Duration.ofSeconds(30), null, Duration.ofSeconds(3), true);
		return new Member(Nodes.replica(name), new NodeHealth(settings, 0));
	}

}

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

import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Decides which node is followed as the primary. A second primary that has begun a later
 * timeline than the known one is followed if the known one is no primary any more, does
 * not answer, or has been left by another standby. A copy of the cluster that was started
 * as a primary of its own has a later timeline as well. A second primary of the same or
 * an earlier timeline exists after a restore or an exchange of addresses. It is followed
 * if the known one answers that it is a standby, and a standby has the history of the
 * second. A leader that has not been heard yet is no reason.
 */
final class FailoverRule {

	private FailoverRule() {
	}

	/**
	 * Finds the node that takes over.
	 * @param leader the primary that is known
	 * @param timeline its timeline, 0 if it has never reported one
	 * @param others the other nodes
	 * @return the node to follow from now on, {@code null} to stay with the leader
	 */
	static @Nullable Member successor(Member leader, int timeline, List<Member> others) {
		return others.stream()
			.filter((member) -> isPrimary(member) && !member.isSameServerAs(leader))
			.filter((member) -> missing(leader, timeline, member, others) == null)
			.max(Comparator.comparingInt(FailoverRule::timelineOf))
			.orElse(null);
	}

	/**
	 * Returns the missing condition for a second primary to be followed.
	 * @param leader the primary that is known
	 * @param timeline its timeline, 0 if it has never reported one
	 * @param candidate the second primary
	 * @param others the nodes but the leader
	 * @return the condition in words, {@code null} if the candidate is to be followed
	 */
	static @Nullable String missing(Member leader, int timeline, Member candidate, List<Member> others) {
		if (timelineOf(candidate) > timeline) {
			boolean known = leader.health().last() != null;
			return (hasResigned(leader) || leader.health().isFailing() || (known && isFollowed(candidate, others)))
					? null
					: "two questions to " + leader + " have no answer, or a standby replicates from " + candidate;
		}
		if (!hasResigned(leader)) {
			return leader + " answers that it is a standby, and a standby replicates from " + candidate;
		}
		return (hasHistoryOf(candidate, leader) || others.stream().anyMatch((other) -> hasHistoryOf(candidate, other)))
				? null : "a standby replicates from " + candidate;
	}

	private static boolean isPrimary(Member member) {
		ServerState state = stateOf(member);
		return state != null && state.hasPosition() && !state.inRecovery() && member.isOfCluster();
	}

	private static boolean hasResigned(Member leader) {
		ServerState state = stateOf(leader);
		return state != null && state.inRecovery();
	}

	private static boolean isFollowed(Member primary, List<Member> others) {
		return others.stream().anyMatch((member) -> isOfTimeline(member, timelineOf(primary)));
	}

	private static boolean isOfTimeline(Member standby, int timeline) {
		ServerState state = stateOf(standby);
		return state != null && state.inRecovery() && state.timeline() == timeline && timeline != 0;
	}

	/**
	 * Whether a standby has replayed the history of a primary, and nothing beyond it.
	 */
	private static boolean hasHistoryOf(Member primary, Member standby) {
		ServerState leading = stateOf(primary);
		ServerState state = stateOf(standby);
		return leading != null && state != null && isOfTimeline(standby, leading.timeline())
				&& Long.compareUnsigned(state.lsn(), leading.insertLsn()) <= 0;
	}

	private static int timelineOf(Member member) {
		ServerState state = stateOf(member);
		return (state != null) ? state.timeline() : 0;
	}

	private static @Nullable ServerState stateOf(Member member) {
		Sample last = member.health().last();
		return (last != null && member.health().isAnswering()) ? last.state() : null;
	}

}

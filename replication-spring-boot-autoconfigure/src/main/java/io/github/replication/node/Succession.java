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
 * Decides which node is followed as the primary. A second primary is followed only if it
 * has begun a timeline after that of the one which is known, and that one is no primary
 * any more, does not answer, or has been left by another standby. That the leader has not
 * been heard yet is no reason. A copy of the cluster that was started as a primary of its
 * own has a later timeline as well.
 */
final class Succession {

	private Succession() {
	}

	/**
	 * Who takes over.
	 * @param leader the primary that is known
	 * @param timeline its timeline, 0 if it has never told
	 * @param others the other nodes
	 * @return the node to follow from now on, {@code null} to stay with the leader
	 */
	static @Nullable Member successor(Member leader, int timeline, List<Member> others) {
		return others.stream()
			.filter((member) -> isPrimary(member) && timelineOf(member) > timeline && !member.isSameServerAs(leader))
			.filter((member) -> hasResigned(leader) || leader.health().isFailing()
					|| (timeline != 0 && isFollowed(member, others)))
			.max(Comparator.comparingInt(Succession::timelineOf))
			.orElse(null);
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
		return others.stream()
			.map(Succession::stateOf)
			.anyMatch((state) -> state != null && state.inRecovery() && state.timeline() == timelineOf(primary));
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

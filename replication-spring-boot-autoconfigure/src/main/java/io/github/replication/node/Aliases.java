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

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Finds the nodes that lead to the same server as another one. Only the first of them
 * serves reads, since the others would give the server more than its share.
 */
final class Aliases {

	private Aliases() {
	}

	/**
	 * The first of the nodes that lead to the server of a node and serve its reads. A
	 * server may serve several groups, as a node in each.
	 * @param member the node
	 * @param members all nodes, the primary first
	 * @return the name of that other node, {@code null} if the node is no alias
	 */
	static @Nullable String aliasOf(Member member, List<Member> members) {
		return members.stream()
			.takeWhile((other) -> other != member)
			.filter((other) -> other.isPrimary() ? member.leadsToServerOf(other)
					: other.servesReadsOf(member) && member.isSameServerAs(other))
			.map((other) -> other.node().name())
			.findFirst()
			.orElse(null);
	}

}

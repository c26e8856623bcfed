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
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * When each node could serve, as far as the faults show. Keeps what is needed to judge
 * operations that end now.
 */
final class Availability {

	private static final long KEPT = Duration.ofMinutes(2).toNanos();

	private final List<Outage> outages = new ArrayList<>();

	private final Collection<String> nodes;

	private final long settling;

	private String primary;

	/**
	 * Creates the availability of a cluster without faults.
	 * @param nodes the nodes
	 * @param primary the one of them that is the primary
	 * @param settling how long a node may be unused after a fault has ended
	 */
	Availability(Collection<String> nodes, String primary, Duration settling) {
		this.nodes = List.copyOf(nodes);
		this.primary = primary;
		this.settling = settling.toNanos();
	}

	/**
	 * Follows faults and promotions.
	 */
	void follow(Event event) {
		if (event instanceof Event.Promoted promoted) {
			this.primary = promoted.node();
		}
		else if (event instanceof Event.FaultBegan began && !began.serves()) {
			this.outages.removeIf((outage) -> began.at() - outage.to > KEPT);
			this.outages.add(new Outage(began.fault(), began.node(), began.at()));
		}
		else if (event instanceof Event.FaultEnded ended) {
			this.outages.stream()
				.filter((outage) -> outage.isOpen() && outage.fault.equals(ended.fault())
						&& outage.node.equals(ended.node()))
				.forEach((outage) -> outage.to = ended.at());
		}
	}

	/**
	 * Whether the primary could serve from the beginning to the end, and was not about to
	 * change.
	 */
	boolean isPrimarySteady(Span span) {
		return isSteady(this.primary, span);
	}

	/**
	 * Whether there was a node that could serve from the beginning to the end.
	 */
	boolean isAnySteady(Span span) {
		return this.nodes.stream().anyMatch((node) -> isSteady(node, span));
	}

	/**
	 * Whether no node has begun or ceased to serve a little before the beginning or
	 * later.
	 */
	boolean isUnchanged(Span span) {
		Predicate<Outage> began = (outage) -> outage.from >= span.from() - this.settling;
		Predicate<Outage> ended = (outage) -> !outage.isOpen() && outage.to >= span.from() - this.settling;
		return this.outages.stream().noneMatch(began.or(ended));
	}

	private boolean isSteady(String node, Span span) {
		return this.outages.stream()
			.noneMatch((outage) -> outage.node.equals(node) && outage.from <= span.to()
					&& (outage.isOpen() || outage.to + this.settling >= span.from()));
	}

	/**
	 * A time in which a node cannot serve.
	 */
	private static final class Outage {

		private final String fault;

		private final String node;

		private final long from;

		private long to = Long.MAX_VALUE;

		private Outage(String fault, String node, long from) {
			this.fault = fault;
			this.node = node;
			this.from = from;
		}

		private boolean isOpen() {
			return this.to == Long.MAX_VALUE;
		}

	}

}

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

import java.util.concurrent.atomic.LongAdder;

import io.github.replication.Reason;
import io.github.replication.Role;

/**
 * The counts of events of a node since it was added. Counting takes no lock and allocates
 * nothing.
 *
 * @since 0.1.0
 */
public final class Counts {

	private final LongAdder[][] decisions = new LongAdder[Role.values().length][Reason.values().length];

	private final LongAdder answers = new LongAdder();

	private final LongAdder failures = new LongAdder();

	private final LongAdder rescued = new LongAdder();

	private final LongAdder lost = new LongAdder();

	private final LongAdder changed = new LongAdder();

	private final LongAdder unchanged = new LongAdder();

	Counts() {
		for (LongAdder[] byReason : this.decisions) {
			for (int i = 0; i < byReason.length; i++) {
				byReason[i] = new LongAdder();
			}
		}
	}

	/**
	 * Counts a unit of work that was sent to the node.
	 * @param role the role of the node
	 * @param reason the reason
	 */
	public void decided(Role role, Reason reason) {
		this.decisions[role.ordinal()][reason.ordinal()].increment();
	}

	/**
	 * Counts a unit that has failed on the node and was run again.
	 * @param successful how that went
	 */
	public void retried(boolean successful) {
		(successful ? this.rescued : this.lost).increment();
	}

	/**
	 * Counts a read-write transaction that was committed on the node.
	 * @param changed whether it may have changed something
	 */
	public void committed(boolean changed) {
		(changed ? this.changed : this.unchanged).increment();
	}

	void probed(boolean answered) {
		(answered ? this.answers : this.failures).increment();
	}

	/**
	 * Returns the number of units of work that were sent to the node.
	 * @param role the role of the node then
	 * @param reason the reason
	 * @return the number
	 */
	public long decisions(Role role, Reason reason) {
		return this.decisions[role.ordinal()][reason.ordinal()].sum();
	}

	/**
	 * How many units have failed on the node and were run again.
	 * @param successful how that went
	 * @return the number
	 */
	public long retries(boolean successful) {
		return (successful ? this.rescued : this.lost).sum();
	}

	/**
	 * How many read-write transactions were committed on the node.
	 * @param changed whether they may have changed something
	 * @return the number
	 */
	public long commits(boolean changed) {
		return (changed ? this.changed : this.unchanged).sum();
	}

	/**
	 * How often the node was asked for its state.
	 * @param answered whether it has answered
	 * @return the number
	 */
	public long probes(boolean answered) {
		return (answered ? this.answers : this.failures).sum();
	}

}

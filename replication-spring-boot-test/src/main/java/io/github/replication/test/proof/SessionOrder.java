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

import java.util.List;
import java.util.function.Predicate;

/**
 * A session never misses in a read the state of a register that it knows.
 * <p>
 * With one exception, which is PostgreSQL's own: a standby may show a commit a moment
 * before the primary does, which has written it to the log by then and has notified
 * nobody. Who goes from that standby to the primary in that moment is not counted. Nor is
 * who reads from standbys alone while the primary cannot report its position: monotonic
 * reads are not promised then.
 */
final class SessionOrder implements Property {

	private final String title;

	private final String verb;

	private final Predicate<OperationKind> learns;

	private final Knowledge knowledge = new Knowledge();

	private final Frontier frontier = new Frontier();

	private final Availability availability;

	private final boolean ofReads;

	private SessionOrder(String title, String verb, Predicate<OperationKind> learns, boolean ofReads,
			Availability availability) {
		this.availability = availability;
		this.title = title;
		this.verb = verb;
		this.learns = learns;
		this.ofReads = ofReads;
	}

	/**
	 * A session sees its own writes.
	 */
	static SessionOrder readYourWrites(Availability availability) {
		return new SessionOrder("read-your-writes", "written", OperationKind::isWrite, false, availability);
	}

	/**
	 * A session does not see less than it has seen. Reads that asked for {@code EVENTUAL}
	 * do not count.
	 */
	static SessionOrder monotonicReads(Availability availability) {
		return new SessionOrder("monotonic reads", "read", OperationKind::seesSession, true, availability);
	}

	@Override
	public String title() {
		return this.title;
	}

	@Override
	public void accept(Event event, Findings findings) {
		this.knowledge.follow(event);
		this.frontier.follow(event);
		this.availability.follow(event);
		if (this.ofReads && event instanceof Event.ReadsForgotten forgotten) {
			this.knowledge.forget(forgotten.session());
		}
		if (event instanceof Event.Ended ended && ended.operation().isOk()
				&& this.knowledge.counts(ended.operation())) {
			accept(ended.operation(), findings);
		}
	}

	private void accept(Operation operation, Findings findings) {
		Operation known = this.knowledge.of(operation.session(), operation.register());
		if (operation.kind().seesSession() && known != null && operation.version() < known.version()
				&& !isAheadOfPrimary(known, operation) && !isWithoutPrimary(known, operation)) {
			findings.add("session " + operation.session() + " has " + this.verb + " version " + known.version()
					+ " of register " + operation.register() + " and has then read version " + operation.version(),
					List.of(known, operation));
		}
		if (this.learns.test(operation.kind())) {
			this.knowledge.learn(operation);
		}
	}

	/**
	 * Whether a standby has shown a write that the primary had not acknowledged when it
	 * was asked next.
	 */
	private boolean isAheadOfPrimary(Operation known, Operation operation) {
		Operation acknowledged = this.frontier.last(operation.register(), (write) -> write.isBefore(operation));
		return isServedByStandby(known) && !isServedByStandby(operation)
				&& (acknowledged == null || acknowledged.version() < known.version());
	}

	private boolean isWithoutPrimary(Operation known, Operation operation) {
		return isServedByStandby(known) && isServedByStandby(operation)
				&& !this.availability.isPrimarySteady(operation.span());
	}

	private static boolean isServedByStandby(Operation operation) {
		return operation.served() != null && operation.served().standby();
	}

}

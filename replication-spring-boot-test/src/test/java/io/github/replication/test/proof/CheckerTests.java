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
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What each property makes of histories that were written by hand. Of each there is one
 * that breaks it.
 */
class CheckerTests {

	private static final List<String> NODES = List.of("primary", "replica-1", "replica-2");

	private final Checker checker = new Checker(List.of(SessionOrder.readYourWrites(availability()),
			SessionOrder.monotonicReads(availability()), new NoWriteOnReplica(availability()), new NoLostWrite(),
			new BoundedStaleness(Duration.ofMillis(500)),
			new BoundedWaiting(availability(), Duration.ofSeconds(3), Duration.ofSeconds(10)),
			new NoNeedlessFailure(availability())));

	private long order;

	private long millis;

	private static Availability availability() {
		return new Availability(NODES, "primary", Duration.ofSeconds(1));
	}

	@Test
	void readThatMissesTheWriteOfItsSessionIsNoticed() {
		write(1, 7, 3);
		read(1, 7, 2, "replica-1");
		assertBroken("read-your-writes");
		assertThat(this.checker.violations().get(0).toString())
			.contains("session 1 has written version 3 of register 7")
			.contains("WRITE of register 7 -> 3  by one on primary [primary] (READ_WRITE)")
			.contains("READ of register 7 -> 2  by one on replica-1 [standby] (READ_ONLY)")
			.contains("faults in force: none");
	}

	@Test
	void readThatMissesTheWriteOfAnotherSessionIsNoViolation() {
		write(1, 7, 3);
		read(2, 7, 2, "replica-1");
		read(1, 8, 1, "replica-1");
		assertKept();
	}

	@Test
	void eventualReadMayMissAnything() {
		write(1, 7, 3);
		end(1, OperationKind.READ_EVENTUAL, 7, 2, "replica-1");
		assertKept();
	}

	@Test
	void readThatGoesBackwardsIsNoticed() {
		read(1, 7, 3, "replica-1");
		read(1, 7, 2, "replica-2");
		assertBroken("monotonic reads");
	}

	@Test
	void whatWasShownEventuallyMayBeMissed() {
		end(1, OperationKind.READ_EVENTUAL, 7, 3, "replica-1");
		read(1, 7, 2, "replica-2");
		assertKept();
	}

	@Test
	void standbysMayDifferWhileThePrimaryIsGone() {
		beginFault("KILL", "primary", false);
		read(1, 7, 3, "replica-1");
		read(1, 7, 2, "replica-2");
		assertKept();
	}

	@Test
	void commitThatAStandbyShowsBeforeThePrimaryIsNoViolation() {
		read(1, 7, 3, "replica-1");
		read(1, 7, 2, "primary");
		assertKept();
	}

	@Test
	void acknowledgedCommitThatAStandbyHasShownIsMissedOnThePrimary() {
		write(2, 7, 3);
		read(1, 7, 3, "replica-1");
		read(1, 7, 2, "primary");
		assertBroken("monotonic reads");
	}

	@Test
	void sessionThatForgetsItsReadsStillKnowsItsWrites() {
		read(1, 7, 3, "replica-1");
		write(1, 8, 3);
		add(new Event.ReadsForgotten(1));
		read(1, 7, 2, "replica-2");
		assertKept();
		read(1, 8, 2, "replica-2");
		assertBroken("read-your-writes");
	}

	@Test
	void lostTokenIsTheEndOfASession() {
		write(1, 7, 3);
		add(new Event.Lost(1));
		read(1, 7, 2, "replica-1");
		assertKept();
	}

	@Test
	void partOfASessionKnowsWhatTheSessionKnew() {
		write(1, 7, 3);
		add(new Event.Forked(1, 2));
		read(2, 7, 2, "replica-1");
		assertBroken("read-your-writes");
	}

	@Test
	void partOfASessionDoesNotKnowWhatTheSessionLearnsMeanwhile() {
		add(new Event.Forked(1, 2));
		write(1, 7, 3);
		read(2, 7, 2, "replica-1");
		assertKept();
	}

	@Test
	void sessionKnowsWhatItsPartsHaveDone() {
		add(new Event.Forked(1, 2));
		write(2, 7, 3);
		add(new Event.Merged(1, 2));
		read(1, 7, 2, "replica-1");
		assertBroken("read-your-writes");
	}

	@Test
	void writeThatAStandbyServesIsNoticed() {
		end(1, OperationKind.WRITE, 7, 3, "replica-1");
		assertBroken("no write on a replica, none in a read-only unit");
	}

	@Test
	void writeThatWasSentToAStandbyIsNoticed() {
		fail(1, OperationKind.WRITE, "25006");
		assertThat(this.checker.counts()).containsEntry("no write on a replica, none in a read-only unit", 1L);
	}

	@Test
	void writeMayMeetAStandbyWhileThePrimaryChanges() {
		beginFault("SWITCHOVER", "primary", false);
		fail(1, OperationKind.WRITE, "25006");
		assertKept();
	}

	@Test
	void readOnlyUnitThatWritesIsNoticed() {
		end(1, OperationKind.WRITE_IN_READ_ONLY, 7, 3, "primary");
		assertBroken("no write on a replica, none in a read-only unit");
	}

	@Test
	void readOnlyUnitThatIsRefusedIsNoViolation() {
		fail(1, OperationKind.WRITE_IN_READ_ONLY, "25006");
		assertKept();
	}

	@Test
	void versionThatIsWrittenTwiceIsNoticed() {
		write(1, 7, 3);
		write(2, 7, 3);
		assertBroken("no lost acknowledged write");
	}

	@Test
	void acknowledgedWriteThatThePrimaryDoesNotShowIsNoticed() {
		write(1, 7, 3);
		end(2, OperationKind.READ_STRONG, 7, 2, "primary");
		assertBroken("no lost acknowledged write");
	}

	@Test
	void overlappingOperationsMayComeInAnyOrder() {
		long invoked = this.order;
		write(1, 7, 3);
		end(2, OperationKind.READ_STRONG, 7, 2, "primary", invoked, 1);
		assertKept();
	}

	@Test
	void acknowledgedWritesMayBeLostWhenAnEpochEnds() {
		write(1, 7, 3);
		add(new Event.EpochEnded(++this.order));
		write(1, 7, 3);
		read(1, 7, 3, "replica-1");
		assertKept();
	}

	@Test
	void whatRunsWhileAnEpochEndsProvesNothing() {
		long invoked = this.order;
		add(new Event.EpochEnded(++this.order));
		end(1, OperationKind.WRITE, 7, 9, "primary", invoked, 1);
		read(1, 7, 2, "replica-1");
		assertKept();
	}

	@Test
	void writesOfANewEpochCount() {
		add(new Event.EpochEnded(++this.order));
		write(1, 7, 3);
		read(1, 7, 2, "replica-1");
		assertBroken("read-your-writes");
	}

	@Test
	void readThatIsTooStaleIsNoticed() {
		write(1, 7, 3);
		this.millis += 501;
		end(2, OperationKind.READ_FRESH, 7, 2, "replica-1");
		assertBroken("bounded staleness");
	}

	@Test
	void readMayBeAsStaleAsItAsked() {
		write(1, 7, 3);
		this.millis += 499;
		end(2, OperationKind.READ_FRESH, 7, 2, "replica-1");
		assertKept();
	}

	@Test
	void readThatWaitsTooLongIsNoticed() {
		end(1, OperationKind.READ, 7, 1, "replica-1", this.order, 3001);
		assertBroken("bounded waiting");
	}

	@Test
	void readMayWaitLongerWhileThePrimaryIsGone() {
		beginFault("FREEZE", "primary", false);
		end(1, OperationKind.READ, 7, 1, "replica-1", this.order, 3001);
		assertKept();
	}

	@Test
	void writeThatWaitsTooLongIsNoticed() {
		end(1, OperationKind.WRITE, 7, 1, "primary", this.order, 10_001);
		assertBroken("bounded waiting");
	}

	@Test
	void readThatFailsWhileThePrimaryCanServeIsNoticed() {
		beginFault("KILL", "replica-1", false);
		fail(1, OperationKind.READ, "08006");
		assertBroken("no failure while a node can serve");
		assertThat(this.checker.violations().get(0).faults()).containsExactly("KILL of replica-1");
	}

	@Test
	void readMayFailWhileThePrimaryIsGone() {
		beginFault("KILL", "primary", false);
		fail(1, OperationKind.READ, "08006");
		endFault("KILL", "primary");
		this.millis += 999;
		fail(1, OperationKind.READ, "08006");
		assertKept();
	}

	@Test
	void readThatFailsAfterThePrimaryHasComeBackIsNoticed() {
		beginFault("KILL", "primary", false);
		endFault("KILL", "primary");
		this.millis += 1001;
		fail(1, OperationKind.READ, "08006");
		assertBroken("no failure while a node can serve");
	}

	@Test
	void eventualReadThatFailsWhileAReplicaCanServeIsNoticed() {
		beginFault("KILL", "primary", false);
		beginFault("KILL", "replica-1", false);
		fail(1, OperationKind.READ_EVENTUAL, "08006");
		assertBroken("no failure while a node can serve");
	}

	@Test
	void eventualReadMayFailWhileEveryNodeIsGone() {
		NODES.forEach((node) -> beginFault("KILL", node, false));
		fail(1, OperationKind.READ_EVENTUAL, "08006");
		assertKept();
	}

	@Test
	void transactionMayFailWithItsNodeButNotLater() {
		beginFault("KILL", "replica-1", false);
		fail(1, OperationKind.READ_IN_TRANSACTION, "08006");
		assertKept();
		this.millis += 1500;
		fail(1, OperationKind.READ_IN_TRANSACTION, "08006");
		assertBroken("no failure while a node can serve");
	}

	@Test
	void promotedNodeIsThePrimary() {
		beginFault("SWITCHOVER", "primary", false);
		add(new Event.Promoted("replica-1"));
		this.millis += 1500;
		fail(1, OperationKind.READ, "08006");
		assertBroken("no failure while a node can serve");
	}

	private void write(long session, int register, long version) {
		end(session, OperationKind.WRITE, register, version, "primary");
	}

	private void read(long session, int register, long version, String node) {
		end(session, OperationKind.READ, register, version, node);
	}

	private void end(long session, OperationKind kind, int register, long version, String node) {
		end(session, kind, register, version, node, this.order, 1);
	}

	private void end(long session, OperationKind kind, int register, long version, String node, long invoked,
			long duration) {
		String reason = kind.isRead() ? "READ_ONLY" : "READ_WRITE";
		end(session, kind, register, span(invoked, duration), Outcome.OK,
				new Served(version, node, !node.equals("primary"), reason), null);
	}

	private void fail(long session, OperationKind kind, String state) {
		end(session, kind, 7, span(this.order, 1), Outcome.FAILED, null, new Operation.Error(state, "it failed"));
	}

	private Span span(long invoked, long duration) {
		long from = TimeUnit.MILLISECONDS.toNanos(this.millis);
		this.millis += duration;
		return new Span(invoked, ++this.order, from, TimeUnit.MILLISECONDS.toNanos(this.millis));
	}

	private void end(long session, OperationKind kind, int register, Span span, Outcome outcome,
			@Nullable Served served, Operation.@Nullable Error error) {
		add(new Event.Ended(new Operation(session, "one", kind, register, span, outcome, served, error)));
	}

	private void beginFault(String fault, String node, boolean serves) {
		add(new Event.FaultBegan(fault, node, serves, TimeUnit.MILLISECONDS.toNanos(this.millis)));
	}

	private void endFault(String fault, String node) {
		add(new Event.FaultEnded(fault, node, TimeUnit.MILLISECONDS.toNanos(this.millis)));
	}

	private void add(Event event) {
		this.checker.accept(event);
	}

	private void assertKept() {
		assertThat(this.checker.violations()).isEmpty();
	}

	private void assertBroken(String property) {
		assertThat(this.checker.violations()).singleElement()
			.satisfies((violation) -> assertThat(violation.property()).isEqualTo(property));
	}

}

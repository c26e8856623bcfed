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

package io.github.replication.caller;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import io.github.replication.caller.CallerRecord.Requirement;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

class AwaitedWritesTests {

	private final AtomicLong now = new AtomicLong();

	/**
	 * One for whom every write counts.
	 */
	private final CallerRecord caller = caller(Long.MAX_VALUE);

	private final AwaitedWrites required = new AwaitedWrites(null);

	private CallerRecord caller(long window) {
		return new CallerRecord(new SampleClock(this.now::get), window, CallerRecord.SPREAD, null);
	}

	@Test
	void writeIsRequiredUntilItIsReleased() {
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller)).isSameAs(SessionGuarantee.NONE);
		Requirement requirement = this.required.add(at(100, 1), 0);
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller))
			.isEqualTo(new SessionGuarantee(at(100, 1), null));
		requirement.release();
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller)).isSameAs(SessionGuarantee.NONE);
	}

	@Test
	void writesAreRequiredBesidesThoseOfTheCaller() {
		this.required.add(at(100, 1), 0);
		this.required.add(at(300, 2), 0);
		SessionGuarantee known = new SessionGuarantee(at(200, 3), new ReadMark(7, 1, 1));
		assertThat(this.required.extend(known, this.caller))
			.isEqualTo(new SessionGuarantee(at(300, 3), new ReadMark(7, 1, 1)));
	}

	@Test
	void requirementThatIsReleasedTwiceLeavesAnEqualOne() {
		Requirement one = this.required.add(at(100, 1), 0);
		Requirement other = this.required.add(at(100, 1), 0);
		one.release();
		one.release();
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isNotNull();
		other.release();
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isNull();
	}

	@Test
	void writeThatIsTooOldIsDroppedWithTheNextOne() {
		this.required.add(at(900, 10), 0);
		this.required.add(at(500, 11), 10);
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isEqualTo(at(900, 11));
		this.required.add(at(100, 12), 11);
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isEqualTo(at(500, 12));
	}

	@Test
	void writeThatIsTooOldCountsNoLongerAndNotAgainWithALaterOneOfTheCaller() {
		AwaitedWrites ofAll = new AwaitedWrites(null);
		AwaitedWrites both = new AwaitedWrites(ofAll);
		CallerRecord caller = caller(10);
		ofAll.add(at(900, 1), 0);
		assertThat(both.extend(SessionGuarantee.NONE, caller).write()).isEqualTo(at(900, 1));
		this.now.set(12);
		SessionGuarantee known = new SessionGuarantee(at(100, 12), null);
		assertThat(both.extend(known, caller)).isSameAs(known);
		this.now.set(0);
		assertThat(both.extend(SessionGuarantee.NONE, caller)).as("forgotten").isSameAs(SessionGuarantee.NONE);
	}

	@Test
	void ageOfAWriteSurvivesTheOverflowOfTheClock() {
		this.required.add(at(900, Long.MIN_VALUE), 0);
		this.required.add(at(500, Long.MIN_VALUE), Long.MAX_VALUE);
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isEqualTo(at(900, Long.MIN_VALUE));
	}

	@Test
	void boundIsTheSameObjectUntilSomethingChanges() {
		Requirement one = this.required.add(at(100, 1), 0);
		SessionGuarantee known = new SessionGuarantee(at(50, 1), null);
		SessionGuarantee guarantee = this.required.extend(known, this.caller);
		assertThat(this.required.extend(known, this.caller)).isSameAs(guarantee);
		this.required.update((write) -> write);
		assertThat(this.required.extend(known, this.caller)).as("nothing was found out").isSameAs(guarantee);
		assertThat(this.required.extend(new SessionGuarantee(at(70, 1), null), this.caller)).isNotSameAs(guarantee);
		SessionGuarantee again = this.required.extend(known, this.caller);
		this.required.add(at(80, 1), 0);
		assertThat(this.required.extend(known, this.caller)).as("one write more").isNotSameAs(again);
		one.release();
		assertThat(this.required.extend(known, this.caller).write()).isEqualTo(at(80, 1));
	}

	@Test
	void knowledgeOfOneWriteReplacesThatWriteAlone() {
		WriteMark unresolved = WriteMark.unresolved(5, true, 1);
		this.required.add(unresolved, 0);
		this.required.add(at(100, 1), 0);
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isNotNull()
			.returns(false, WriteMark::isResolved);
		this.required
			.update((write) -> (write == unresolved) ? write.resolvedAt(new WalPosition(1, 700), false) : write);
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isEqualTo(at(700, 1));
	}

	@Test
	void questionThatFailsKeepsNoOtherThreadOut() {
		this.required.add(at(100, 1), 0);
		assertThatIllegalStateException().isThrownBy(() -> this.required.update((write) -> {
			throw new IllegalStateException("no answer");
		}));
		assertThat(CompletableFuture.supplyAsync(() -> this.required.add(at(200, 1), 0)))
			.succeedsWithin(Duration.ofSeconds(10));
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isEqualTo(at(200, 1));
	}

	@Test
	void threadsThatAddAndReleaseAtOnceLoseNothing() {
		IntStream.range(0, 4).parallel().forEach((thread) -> {
			for (int i = 1; i <= 500; i++) {
				Requirement requirement = this.required.add(at(thread * 1_000L + i, 1), 0);
				this.required.update((write) -> write);
				if (i < 500) {
					requirement.release();
				}
			}
		});
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).isEqualTo(at(3_500, 1));
	}

	@Test
	void writesBeyondTheMaximumAreCoveredByOneUntilItIsTooOld() {
		for (int i = 1; i <= AwaitedWrites.MAXIMUM; i++) {
			this.required.add(at(i, 10), 0).release();
			this.required.add(at(i, 10), 0);
		}
		this.required.add(at(1, 20), 0).release();
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write())
			.isEqualTo(at(AwaitedWrites.MAXIMUM, 10));
		this.required.add(at(1, 20), 11);
		assertThat(this.required.extend(SessionGuarantee.NONE, this.caller).write()).as("too old").isEqualTo(at(1, 20));
	}

	@Test
	void writesOfAllCallersCountBesidesItsOwn() {
		AwaitedWrites one = new AwaitedWrites(this.required);
		SessionGuarantee known = new SessionGuarantee(at(50, 1), null);
		assertThat(one.extend(known, this.caller)).isSameAs(known);
		Requirement ofAll = this.required.add(at(200, 2), 0);
		SessionGuarantee guarantee = one.extend(known, this.caller);
		assertThat(guarantee).isEqualTo(new SessionGuarantee(at(200, 2), null));
		assertThat(one.extendByOwn(known, this.caller)).as("its own").isSameAs(known);
		assertThat(one.extend(known, this.caller)).isSameAs(guarantee);
		assertThat(one.inner().extend(known, this.caller)).isEqualTo(guarantee);
		one.add(at(300, 1), 0);
		assertThat(one.extend(known, this.caller).write()).isEqualTo(at(300, 2));
		assertThat(one.extendByOwn(known, this.caller).write()).isEqualTo(at(300, 1));
		ofAll.release();
		assertThat(one.extend(known, this.caller).write()).isEqualTo(at(300, 1));
	}

	@Test
	void knowledgeOfAWriteOfAllCallersIsKeptForAll() {
		WriteMark unresolved = WriteMark.unresolved(5, false, 1);
		this.required.add(unresolved, 0);
		AwaitedWrites one = new AwaitedWrites(this.required);
		one.update((write) -> write.resolvedAt(new WalPosition(1, 700), false));
		assertThat(new AwaitedWrites(this.required).extend(SessionGuarantee.NONE, this.caller).write())
			.isEqualTo(at(700, 1));
	}

	private static WriteMark at(long lsn, long at) {
		return new WriteMark(0, false, new WalPosition(1, lsn), 0, at);
	}

}

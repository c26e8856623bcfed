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

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.replication.CallerContext.Scope;
import io.github.replication.CallerContexts;
import io.github.replication.Replication;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;

import static org.assertj.core.api.Assertions.assertThat;

class CallerRecordsTests {

	private final AtomicLong time = new AtomicLong(1_000);

	private final CallerRecords records = new CallerRecords(new CallerTokens(new SampleClock(this.time::get),
			Clock.fixed(Instant.EPOCH.plusSeconds(100), ZoneOffset.UTC), Duration.ofSeconds(10)));

	@AfterEach
	void close() {
		this.records.restore(null);
		this.records.close();
	}

	@Test
	void threadHasARecordOfItsOwnWhileNoneIsBound() {
		CallerRecord own = this.records.current();
		assertThat(this.records.current()).isSameAs(own);
		CallerRecord request = this.records.forRequest(null);
		assertThat(this.records.bind(request)).isNull();
		assertThat(this.records.current()).isSameAs(request);
		this.records.restore(null);
		assertThat(this.records.current()).isSameAs(own);
	}

	@Test
	void recordThatWasBoundBeforeIsRestored() {
		CallerRecord outer = this.records.forRequest(null);
		CallerRecord inner = this.records.forRequest(null);
		this.records.bind(outer);
		CallerRecord previous = this.records.bind(inner);
		assertThat(previous).isSameAs(outer);
		this.records.restore(previous);
		assertThat(this.records.current()).isSameAs(outer);
	}

	@Test
	void workOfADetachedThreadIsNotItsCallers() {
		CallerRecord caller = this.records.forRequest(null);
		this.records.bind(caller);
		Scope scope = this.records.detached();
		this.records.current().recordWrite(false);
		this.records.current().recordRead(3, null);
		assertThat(this.records.hasWritten()).isTrue();
		scope.close();
		assertThat(this.records.current()).isSameAs(caller);
		assertThat(this.records.hasWritten()).isFalse();
		assertThat(caller.guarantee().isEmpty()).isTrue();
	}

	@Test
	void untrackedWriteIsNotTheCallersAndItsReadIs() {
		CallerRecord caller = this.records.current();
		Scope scope = this.records.untracked();
		this.records.current().recordWrite(false);
		this.records.current().recordRead(3, null);
		scope.close();
		assertThat(this.records.current()).isSameAs(caller);
		assertThat(this.records.hasWritten()).isFalse();
		assertThat(caller.guarantee().read()).isNotNull().returns(3, ReadMark::node);
	}

	@Test
	void givenPositionIsRequiredUntilItsScopeEnds() {
		CallerRecord caller = this.records.current();
		Scope scope = this.records.withPosition("2.0.u.");
		assertThat(this.records.current().guarantee().write()).isNotNull();
		this.records.current().recordWrite(false);
		scope.close();
		assertThat(this.records.current()).isSameAs(caller);
		assertThat(caller.hasWritten()).as("writes in the scope are the caller's").isTrue();
	}

	@Test
	void positionOfACallerIsAbsentUntilItHasWritten() {
		assertThat(this.records.position()).isNull();
		this.records.current().recordWrite(false);
		assertThat(this.records.position()).isEqualTo("2.0.t" + Long.toHexString(100_000) + '.');
	}

	@Test
	void closedRecordsAreNoPlaceToAskForAPosition() {
		this.records.current().recordWrite(false);
		CallerContexts.add(this.records);
		assertThat(Replication.position()).isNotNull();
		this.records.close();
		assertThat(Replication.position()).isNull();
	}

	@Test
	void textNamesTheWindow() {
		assertThat(this.records).hasToString("CallerRecords[window=PT10S]");
	}

}

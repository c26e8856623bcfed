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
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;

import static org.assertj.core.api.Assertions.assertThat;

class CallerThreadLocalAccessorTests {

	private final CallerRecords records = records();

	private final CallerThreadLocalAccessor accessor = new CallerThreadLocalAccessor(this.records);

	@AfterEach
	void restore() {
		this.records.restore(null);
	}

	@Test
	void contextsOfOneProcessHaveDifferentKeys() {
		assertThat(this.accessor.key()).isEqualTo(new CallerThreadLocalAccessor(this.records).key())
			.isNotEqualTo(new CallerThreadLocalAccessor(records()).key());
	}

	/**
	 * The other thread may run when the request has ended and its tokens are gone.
	 */
	@Test
	void callerIsIdentifiedBeforeItsWorkGoesOnInAnotherThread() {
		AtomicInteger asked = new AtomicInteger();
		CallerRecord caller = this.records.forRequest(() -> {
			asked.incrementAndGet();
			return SessionGuarantee.NONE;
		});
		this.records.bind(caller);
		assertThat(this.accessor.getValue()).isSameAs(caller);
		assertThat(asked).hasValue(1);
	}

	@Test
	void threadThatIsGivenACallerWorksForIt() {
		CallerRecord caller = this.records.forRequest(null);
		this.accessor.setValue(caller);
		assertThat(this.records.current()).isSameAs(caller);
	}

	@Test
	void threadThatIsGivenNoCallerWorksForItself() {
		CallerRecord own = this.records.current();
		this.records.bind(this.records.forRequest(null));
		this.accessor.setValue();
		assertThat(this.records.current()).isSameAs(own);
	}

	@Test
	void threadReturnsToTheCallerBefore() {
		CallerRecord own = this.records.current();
		CallerRecord before = this.records.forRequest(null);
		this.records.bind(this.records.forRequest(null));
		this.accessor.restore(before);
		assertThat(this.records.current()).isSameAs(before);
		this.accessor.restore();
		assertThat(this.records.current()).isSameAs(own);
	}

	private static CallerRecords records() {
		return new CallerRecords(
				new CallerTokens(new SampleClock(System::nanoTime), Clock.systemUTC(), Duration.ofSeconds(10)));
	}

}

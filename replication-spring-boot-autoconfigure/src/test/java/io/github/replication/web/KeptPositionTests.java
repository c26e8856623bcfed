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

package io.github.replication.web;

import java.security.Principal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.FilterChain;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.web.util.WebUtils;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.position.SampleClock;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;
import io.github.replication.store.BoundedPositionStore;
import io.github.replication.store.InMemoryPositionStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Positions that are kept on the server: which writes the next request of a caller has to
 * see.
 */
class KeptPositionTests {

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private final AtomicLong millis = new AtomicLong(1_000_000);

	private final SampleClock clock = new SampleClock(this::nanoTime);

	private final Primary primary = new Primary(this.clock);

	private final CallerRecords records = new CallerRecords(new CallerTokens(this.clock, new Time(), WINDOW));

	private @Nullable HttpSession session = new MockHttpServletRequest().getSession();

	KeptPositionTests() {
		this.records.tokens().resolveWith(this.primary);
	}

	@AfterEach
	void close() {
		this.records.close();
	}

	private long nanoTime() {
		return Duration.ofMillis(this.millis.get()).toNanos();
	}

	/**
	 * The other request knows the position of the first write, and stores it.
	 */
	@ParameterizedTest
	@CsvSource({ "user, false", "user, true", "session, false", "session, true" })
	void secondWriteIsKeptWhereAnotherRequestHasResolvedTheFirst(String name, boolean stream) throws Exception {
		PositionCarrier carrier = carrier(name);
		goOn(carrier, stream, (task) -> {
			write(task);
			serve(carrier, (request, response) -> resolve());
			assertThat(required(carrier)).isGreaterThan(0);
			long second = write(task);
			assertThat(required(carrier)).isGreaterThan(second);
		});
	}

	@ParameterizedTest
	@CsvSource({ "user, false", "user, true", "session, false", "session, true" })
	void secondWriteIsKeptAfterMoreThanAWindow(String name, boolean stream) throws Exception {
		PositionCarrier carrier = carrier(name);
		goOn(carrier, stream, (task) -> {
			write(task);
			this.millis.addAndGet(11_000);
			assertThat(required(carrier)).isZero();
			long second = write(task);
			assertThat(required(carrier)).isGreaterThan(second);
		});
	}

	@ParameterizedTest
	@CsvSource({ "user, false", "user, true", "session, false", "session, true" })
	void secondWriteCountsForAWindowOfItsOwn(String name, boolean stream) throws Exception {
		PositionCarrier carrier = carrier(name);
		goOn(carrier, stream, (task) -> {
			write(task);
			this.millis.addAndGet(9_000);
			long second = write(task);
			this.millis.addAndGet(9_000);
			assertThat(required(carrier)).isGreaterThan(second);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "user", "session" })
	void secondWriteCountsForAWindowOfItsOwnWhereThePrimaryIsSilent(String name) throws Exception {
		PositionCarrier carrier = carrier(name);
		this.primary.silent = true;
		serve(carrier, (request, response) -> {
			write(current());
			this.millis.addAndGet(9_000);
			write(current());
		});
		this.millis.addAndGet(9_000);
		this.primary.silent = false;
		assertThat(required(carrier)).isGreaterThan(0);
	}

	/**
	 * The other request has found that something was written, and ends after there was
	 * more.
	 */
	@ParameterizedTest
	@CsvSource({ "user, false", "user, true", "session, false", "session, true" })
	void requestThatHasFoundTheFirstWriteDoesNotTakeAwayTheSecond(String name, boolean stream) throws Exception {
		PositionCarrier carrier = carrier(name);
		goOn(carrier, stream, (task) -> {
			write(task);
			long[] second = new long[1];
			serve(carrier, (request, response) -> {
				resolve();
				this.clock.startSample();
				second[0] = write(task);
			});
			assertThat(required(carrier)).isGreaterThan(second[0]);
		});
	}

	@ParameterizedTest
	@ValueSource(strings = { "user", "session" })
	void requestThatHasFoundOneWriteDoesNotTakeAwayThatOfAnotherRequest(String name) throws Exception {
		PositionCarrier carrier = carrier(name);
		goOn(carrier, false, (one) -> goOn(carrier, false, (other) -> {
			write(one);
			long[] second = new long[1];
			serve(carrier, (request, response) -> {
				resolve();
				this.clock.startSample();
				second[0] = write(other);
			});
			assertThat(required(carrier)).isGreaterThan(second[0]);
		}));
	}

	@Test
	void taskThatGoesOnWritingLeavesOneToken() throws Exception {
		Tokens carrier = new Tokens();
		goOn(carrier, false, (task) -> {
			for (int i = 0; i < 100; i++) {
				write(task);
			}
		});
		assertThat(carrier.kept).hasSize(1);
		assertThat(carrier.mostReplaced).isLessThan(3);
	}

	@Test
	void tokenThatCouldNotBeStoredIsStoredNext() throws Exception {
		Tokens carrier = new Tokens();
		carrier.failures = 1;
		this.primary.known = true;
		serve(carrier, (request, response) -> write(current()));
		assertThat(carrier.kept).hasSize(1);
	}

	/**
	 * As by an instance that is newer than this one.
	 */
	@Test
	void tokensOfAnotherVersionRemainInTheSessionUpToABound() throws Exception {
		PositionCarrier carrier = sessions();
		this.primary.known = true;
		for (int i = 0; i < 20; i++) {
			store(carrier, "3.cafe.version-" + i);
			this.millis.addAndGet(1);
		}
		this.millis.addAndGet(11_000);
		serve(carrier, (request, response) -> write(current()));
		MockHttpServletRequest next = new MockHttpServletRequest();
		next.setSession(this.session);
		assertThat(carrier.receive(next)).contains("3.cafe.version-19").hasSizeBetween(2, 10);
	}

	private void store(PositionCarrier carrier, String token) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setSession(this.session);
		carrier.send(request, new MockHttpServletResponse(), token, List.of());
	}

	/**
	 * As a registration does.
	 */
	@Test
	void writeBeforeTheLoginIsThatOfTheUserWhoLogsInLater() throws Exception {
		PositionCarrier carrier = carrier("user");
		this.primary.known = true;
		serve(carrier, (request, response) -> {
			MockHttpServletRequest mock = WebUtils.getNativeRequest(request, MockHttpServletRequest.class);
			assertThat(mock).isNotNull();
			Principal user = mock.getUserPrincipal();
			mock.setUserPrincipal(null);
			write(current());
			mock.setUserPrincipal(user);
		});
		assertThat(required(carrier)).isPositive();
	}

	@Test
	void sessionInPlaceOfAnotherTakesThePositionAlong() throws Exception {
		PositionCarrier carrier = sessions();
		serve(carrier, (request, response) -> write(current()));
		long required = required(carrier);
		assertThat(required).isPositive();
		serve(carrier, (request, response) -> {
			current().guarantee();
			replace((HttpServletRequest) request);
		});
		assertThat(required(carrier)).isEqualTo(required);
	}

	@Test
	void sessionThatIsReplacedAfterTheBodyTakesThePositionAlong() throws Exception {
		PositionCarrier carrier = sessions();
		serve(carrier, (request, response) -> {
			write(current());
			response.getOutputStream().write(1);
			replace((HttpServletRequest) request);
		});
		assertThat(required(carrier)).isPositive();
	}

	@Test
	void sessionThatIsClearedKeepsThePosition() throws Exception {
		PositionCarrier carrier = sessions();
		serve(carrier, (request, response) -> write(current()));
		serve(carrier, (request, response) -> {
			current().guarantee();
			HttpSession session = ((HttpServletRequest) request).getSession();
			session.getAttributeNames().asIterator().forEachRemaining(session::removeAttribute);
		});
		assertThat(required(carrier)).isPositive();
	}

	@Test
	void sessionThatIsEndedIsNotMadeAnew() throws Exception {
		PositionCarrier carrier = sessions();
		serve(carrier, (request, response) -> write(current()));
		HttpSession[] after = new HttpSession[1];
		serve(carrier, (request, response) -> {
			current().guarantee();
			((HttpServletRequest) request).getSession().invalidate();
			response.flushBuffer();
			after[0] = ((HttpServletRequest) request).getSession(false);
		});
		assertThat(after[0]).isNull();
	}

	private void replace(HttpServletRequest request) {
		request.getSession().invalidate();
		this.session = request.getSession(true);
	}

	/**
	 * Lets a request go on after its response, or after the head of that.
	 */
	private void goOn(PositionCarrier carrier, boolean stream, Work work) throws Exception {
		CallerRecord[] record = new CallerRecord[1];
		serve(carrier, (request, response) -> {
			record[0] = current();
			record[0].guarantee();
			if (stream) {
				response.flushBuffer();
				run(work, record[0]);
			}
		});
		if (!stream) {
			run(work, record[0]);
		}
	}

	private void run(Work work, CallerRecord record) {
		try {
			work.run(record);
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private CallerRecord current() {
		return this.records.current();
	}

	/**
	 * Writes, and gives the connection back.
	 * @return the tick that a sample must exceed to cover the write
	 */
	private long write(CallerRecord record) {
		record.guarantee();
		this.clock.startSample();
		record.recordWrite(false);
		long tick = this.clock.now();
		record.connectionReturned();
		return tick;
	}

	/**
	 * As by a read that finds out the position.
	 */
	private void resolve() {
		current().guarantee();
		current().updateWrite(this.primary::resolve);
	}

	/**
	 * Returns the position that the next request of the caller has to see.
	 * @return the tick of the sample that covers it, 0 for none
	 */
	private long required(PositionCarrier carrier) throws Exception {
		long[] position = new long[1];
		serve(carrier, (request, response) -> {
			WriteMark write = current().guarantee().write();
			if (write != null) {
				WalPosition known = this.primary.resolve(write).position();
				position[0] = (known != null) ? known.lsn() : 0;
			}
		});
		return position[0];
	}

	private void serve(PositionCarrier carrier, FilterChain chain) throws Exception {
		CallerRecord before = this.records.bind(null);
		try {
			MockHttpServletRequest request = new MockHttpServletRequest();
			request.setUserPrincipal(() -> "ann");
			request.setSession(this.session);
			new CallerRecordFilter(this.records, () -> List.of(carrier)).doFilter(request,
					new MockHttpServletResponse(), chain);
		}
		finally {
			this.records.restore(before);
		}
	}

	private PositionCarrier carrier(String name) {
		return name.equals("session") ? sessions() : new UserPositionCarrier(
				new BoundedPositionStore(new InMemoryPositionStore(this::nanoTime), WINDOW, this::nanoTime), WINDOW);
	}

	private PositionCarrier sessions() {
		return new SessionPositionCarrier(new Time(), WINDOW);
	}

	/**
	 * What a request does later.
	 */
	@FunctionalInterface
	private interface Work {

		void run(CallerRecord record) throws Exception;

	}

	/**
	 * The time of day.
	 */
	private final class Time extends Clock {

		@Override
		public ZoneId getZone() {
			return ZoneOffset.UTC;
		}

		@Override
		public Clock withZone(ZoneId zone) {
			return this;
		}

		@Override
		public Instant instant() {
			return Instant.ofEpochMilli(KeptPositionTests.this.millis.get());
		}

	}

	/**
	 * Keeps whole tokens of one caller.
	 */
	private static final class Tokens implements PositionCarrier {

		private final Set<String> kept = new HashSet<>();

		private int mostReplaced;

		private int failures;

		@Override
		public boolean isServerSide() {
			return true;
		}

		@Override
		public Collection<String> receive(HttpServletRequest request) {
			return List.of();
		}

		@Override
		public void send(HttpServletRequest request, HttpServletResponse response, String token,
				Collection<String> replaced) {
			store(token, replaced);
		}

		@Override
		public Memory memoryOf(HttpServletRequest request) {
			return this::store;
		}

		private void store(String token, Collection<String> replaced) {
			if (this.failures > 0) {
				this.failures--;
				throw new IllegalStateException("not now");
			}
			this.mostReplaced = Math.max(this.mostReplaced, replaced.size());
			this.kept.removeAll(replaced);
			this.kept.add(token);
		}

	}

	/**
	 * A primary whose position is the tick of the clock.
	 */
	private static final class Primary extends TickingPrimary {

		private boolean silent;

		/**
		 * Whether the position is known without a question.
		 */
		private boolean known;

		private @Nullable WalPosition last;

		Primary(SampleClock clock) {
			super(clock);
		}

		@Override
		public WriteMark lookUp(WriteMark write) {
			return this.known ? resolve(write) : write;
		}

		@Override
		public WriteMark resolve(WriteMark write) {
			if (write.isResolved() || this.silent) {
				return write;
			}
			WalPosition position = this.last;
			if (position == null || position.lsn() <= write.tick()) {
				position = sample();
				this.last = position;
			}
			return write.resolvedAt(position, false);
		}

	}

}

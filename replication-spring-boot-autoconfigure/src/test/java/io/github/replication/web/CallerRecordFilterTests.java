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

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;

import jakarta.servlet.FilterChain;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.test.util.ReflectionTestUtils;

import io.github.replication.caller.CallerListener;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WalPosition;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;

class CallerRecordFilterTests {

	private static final int NODE = 0x11;

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private final SampleClock clock = new SampleClock(System::nanoTime);

	private final CallerRecords records = new CallerRecords(new CallerTokens(this.clock, Clock.systemUTC(), WINDOW));

	private final Cluster cluster = new Cluster(this.clock);

	private final MockHttpServletRequest request = new MockHttpServletRequest();

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	CallerRecordFilterTests() {
		this.records.tokens().resolveWith(this.cluster);
	}

	@AfterEach
	void close() {
		this.records.close();
	}

	/**
	 * As by another thread of the request.
	 */
	@Test
	void writeThatIsRecordedWhileAnotherIsSentIsSentNext() throws Exception {
		List<String> sent = new ArrayList<>();
		List<Integer> atSending = new ArrayList<>(List.of(1));
		serve(new Carrier(false, (token) -> {
			sent.add(token);
			if (!atSending.isEmpty()) {
				atSending.clear();
				write();
			}
		}), (request, response) -> {
			write();
			response.getOutputStream().write(1);
		});
		assertThat(sent).hasSize(2).doesNotHaveDuplicates();
	}

	/**
	 * A thread that records a write changes the state, and then reports it. The response
	 * may be sent in between.
	 */
	@Test
	void writeThatIsReportedAfterItsStateWasReadIsSentNext() throws Exception {
		List<CallerListener> listeners = new ArrayList<>();
		Carrier carrier = new Carrier(false, (token) -> listeners.forEach(CallerListener::written),
				List.of("2.cafe.1-10."));
		serve(carrier, (request, response) -> {
			read();
			listeners.add((CallerListener) ReflectionTestUtils.getField(this.records.current(), "listener"));
			response.getOutputStream().write(1);
			assertThat(request.getAttribute(RequestPosition.WRITTEN)).isNull();
			listeners.clear();
			response.getOutputStream().write(1);
			assertThat(request.getAttribute(RequestPosition.WRITTEN)).isNotNull();
		});
	}

	@Test
	void cookiesThatTheApplicationReplacesAreSetAgain() throws Exception {
		serve(cookies(), (request, response) -> {
			write();
			response.getOutputStream().write(1);
			((HttpServletResponse) response).setHeader("set-cookie", "theme=dark");
		});
		assertThat(this.response.getHeaders("Set-Cookie")).hasSize(2)
			.contains("theme=dark")
			.anyMatch((cookie) -> cookie.startsWith("p-cafe-"));
	}

	@Test
	void headerThatTheApplicationReplacesIsSetAgain() throws Exception {
		serve(new HeaderPositionCarrier("Replication-Position"), (request, response) -> {
			write();
			response.getOutputStream().write(1);
			((HttpServletResponse) response).setIntHeader("replication-position", 1);
		});
		assertThat(this.response.getHeader("Replication-Position")).startsWith("2.cafe.");
	}

	@Test
	void readStaysPrivateWhereTheApplicationReplacesAnotherHeader() throws Exception {
		serve(cookies(), (request, response) -> {
			read();
			response.getOutputStream().write(1);
			for (String control : List.of("no-store", "no-cache", "public, max-age=60")) {
				((HttpServletResponse) response).setHeader("Cache-Control", control);
			}
		});
		assertThat(this.response.getHeaders("Set-Cookie")).isNotEmpty();
		assertThat(SharedCaches.mayStore(this.response)).isFalse();
	}

	/**
	 * The primary is idle, so that the position is the same.
	 */
	@Test
	void positionThatIsSeenOnThePrimaryAgainIsRenewedAndThatOfAnyOtherReadIsNot() throws Exception {
		this.cluster.idle = true;
		PositionCarrier cookies = cookies();
		serve(cookies, (request, response) -> write());
		Cookie[] held = this.response.getCookies();
		assertThat(held).isNotEmpty();
		MockHttpServletResponse behind = serve(cookies, held, ReadMark.PRIMARY);
		assertThat(behind.getHeaders("Set-Cookie"))
			.anyMatch((cookie) -> cookie.matches("p-cafe-[0-3]=2\\.\\.1-7\\..*") && cookie.contains("Max-Age=10"));
		held = Stream.concat(Arrays.stream(held), Arrays.stream(serve(cookies, held, NODE).getCookies()))
			.toArray(Cookie[]::new);
		assertThat(serve(cookies, held, NODE).getHeaders("Set-Cookie")).isEmpty();
	}

	private MockHttpServletResponse serve(PositionCarrier carrier, Cookie[] cookies, int node) throws Exception {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setCookies(cookies);
		MockHttpServletResponse response = new MockHttpServletResponse();
		new CallerRecordFilter(this.records, () -> List.of(carrier)).doFilter(request, response, (seen, answered) -> {
			CallerRecord record = this.records.current();
			ReadMark mark = record.guarantee().read();
			if (node == ReadMark.PRIMARY) {
				record.recordBehind(NODE);
			}
			record.recordRead(node, mark);
		});
		return response;
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void carrierWhoseClassIsMissingDoesNotTakeAwayTheTokensOfOthers(boolean serverSide) throws Exception {
		List<String> sent = new ArrayList<>();
		Carrier missing = new Carrier(serverSide, (token) -> {
			throw new NoClassDefFoundError("missing");
		});
		PositionCarrier other = new Carrier(true, sent::add, List.of("2.cafe.1-10."));
		List<WriteMark> brought = new ArrayList<>();
		CallerRecord[] record = new CallerRecord[1];
		new CallerRecordFilter(this.records, () -> List.of(missing.failing(), other)).doFilter(this.request,
				this.response, (request, response) -> {
					record[0] = this.records.current();
					brought.add(record[0].write());
					write();
				});
		assertThat(brought).doesNotContainNull();
		assertThat(sent).isNotEmpty();
		int before = sent.size();
		record[0].recordWrite(false);
		assertThat(sent).as("nothing is sent after the end").hasSize(before);
	}

	@Test
	void responseThatTakesATokenAlongStaysPrivateWhateverIsSetLater() throws Exception {
		serve(cookies(), (request, response) -> {
			write();
			response.getOutputStream().write(1);
			((HttpServletResponse) response).setHeader("Cache-Control", "public, max-age=60");
		});
		assertThat(this.response.getHeaders("Set-Cookie")).isNotEmpty();
		assertThat(this.response.getHeader("Cache-Control")).isEqualTo("private, max-age=60");
	}

	@Test
	void tokenOfAReadIsNeverInAResponseThatASharedCacheMayStore() throws Exception {
		serve(cookies(), (request, response) -> {
			read();
			response.getOutputStream().write(1);
			((HttpServletResponse) response).setHeader("Cache-Control", "public, max-age=60");
		});
		boolean carries = !this.response.getHeaders("Set-Cookie").isEmpty();
		assertThat(carries && SharedCaches.mayStore(this.response)).isFalse();
	}

	@Test
	void positionIsNotAskedForWhereTheHeadHasLeft() throws Exception {
		serve(cookies(), (request, response) -> {
			read();
			response.flushBuffer();
			write();
		});
		assertThat(this.cluster.asked).hasValue(0);
	}

	@Test
	void readOnThePrimaryForLackOfAReplicaMakesNoSession() throws Exception {
		serve(new SessionPositionCarrier(Clock.systemUTC(), WINDOW), (request, response) -> {
			CallerRecord record = this.records.current();
			record.recordBehind(NODE);
			record.recordRead(ReadMark.PRIMARY, record.guarantee().read());
		});
		assertThat(this.cluster.asked).as("the position of the read").hasPositiveValue();
		assertThat(this.request.getSession(false)).isNull();
	}

	@Test
	void writeMakesASession() throws Exception {
		serve(new SessionPositionCarrier(Clock.systemUTC(), WINDOW), (request, response) -> write());
		assertThat(this.request.getSession(false)).isNotNull();
	}

	@Test
	void writeAfterTheResponseGoesToTheSessionThatTookThePlaceOfAnother() throws Exception {
		HttpSession before = this.request.getSession();
		assertThat(before).isNotNull();
		CallerRecord[] record = new CallerRecord[1];
		serve(new SessionPositionCarrier(Clock.systemUTC(), WINDOW), (request, response) -> {
			write();
			before.invalidate();
			((HttpServletRequest) request).getSession(true);
			record[0] = this.records.current();
		});
		record[0].recordWrite(false);
		HttpSession after = this.request.getSession(false);
		assertThat(after).isNotNull();
		Object tokens = after.getAttribute(SessionPositionCarrier.class.getName() + ".TOKENS");
		record[0].connectionReturned();
		assertThat(after.getAttribute(SessionPositionCarrier.class.getName() + ".TOKENS")).isNotNull()
			.isNotEqualTo(tokens);
	}

	private void write() {
		CallerRecord record = this.records.current();
		record.guarantee();
		this.clock.startSample();
		record.recordWrite(false);
	}

	private void read() {
		CallerRecord record = this.records.current();
		record.recordRead(NODE, record.guarantee().read());
	}

	private void serve(PositionCarrier carrier, FilterChain chain) throws Exception {
		new CallerRecordFilter(this.records, () -> List.of(carrier)).doFilter(this.request, this.response, chain);
	}

	private static PositionCarrier cookies() {
		return new CookiePositionCarrier("p", new CookiePositionCarrier.Attributes(null, null, null, "Lax", WINDOW),
				System::nanoTime);
	}

	/**
	 * A carrier for one request.
	 *
	 * @param isServerSide whether it keeps tokens on the server
	 * @param sending takes each token
	 * @param brought the tokens of the request
	 */
	private record Carrier(boolean isServerSide, Consumer<String> sending,
			List<String> brought) implements PositionCarrier {

		Carrier(boolean isServerSide, Consumer<String> sending) {
			this(isServerSide, sending, List.of());
		}

		@Override
		public Collection<String> receive(HttpServletRequest request) {
			return this.brought;
		}

		/**
		 * This carrier, which also fails to receive.
		 */
		PositionCarrier failing() {
			return new PositionCarrier() {

				@Override
				public boolean isServerSide() {
					return Carrier.this.isServerSide;
				}

				@Override
				public Collection<String> receive(HttpServletRequest request) {
					throw new NoClassDefFoundError("missing");
				}

				@Override
				public boolean isForgotten(HttpServletRequest request) {
					throw new NoClassDefFoundError("missing");
				}

				@Override
				public void send(HttpServletRequest request, HttpServletResponse response, String token,
						Collection<String> replaced) {
					Carrier.this.send(request, response, token, replaced);
				}

			};
		}

		@Override
		public void send(HttpServletRequest request, HttpServletResponse response, String token,
				Collection<String> replaced) {
			this.sending.accept(token);
		}

	}

	/**
	 * A primary whose position is the tick of the clock.
	 */
	private static final class Cluster extends TickingPrimary {

		private final AtomicInteger asked = new AtomicInteger();

		private boolean idle;

		Cluster(SampleClock clock) {
			super(clock);
		}

		@Override
		public WriteMark resolve(WriteMark write) {
			this.asked.incrementAndGet();
			return write.isResolved() ? write : write.resolvedAt(this.idle ? new WalPosition(1, 7) : sample(), false);
		}

		@Override
		public int indexOf(int node) {
			return (node == NODE) ? 1 : 0;
		}

		@Override
		public @Nullable Place placeOf(int node) {
			return (node == NODE) ? new Place(1, 7) : null;
		}

	}

}

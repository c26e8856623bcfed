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

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import jakarta.servlet.http.Cookie;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import io.github.replication.web.CookiePositionCarrier.Attributes;

import static org.assertj.core.api.Assertions.assertThat;

class CookiePositionCarrierTests {

	private static final Attributes ATTRIBUTES = new Attributes(null, null, null, "Lax", Duration.ofSeconds(10));

	private final CookiePositionCarrier carrier = new CookiePositionCarrier("p", ATTRIBUTES, System::nanoTime);

	private final MockHttpServletRequest request = new MockHttpServletRequest();

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	@Test
	void cookiesOfOthersAreLeftAlone() {
		this.request.setCookies(new Cookie("p", "1"), new Cookie("p-", "2"), new Cookie("p-settings", "3"),
				new Cookie("p-cafe-9", "4"), new Cookie("p-cafe-A", "5"), new Cookie("p-cafe-r1", "6"),
				new Cookie("p-cafe-0", "7"), new Cookie("p-beef-u2", "8"), new Cookie("p-123456789-1", "9"));
		assertThat(this.carrier.receive(this.request)).containsExactly("6", "7", "2.beef.nu.");
	}

	@Test
	void cookieOfAnotherClusterIsNeitherOverwrittenNorDeleted() {
		for (int i = 0; i < 20; i++) {
			MockHttpServletRequest request = requestOf("user" + i);
			request.setCookies(new Cookie("p-beef-0", "2.beef.1-ff."), new Cookie("p-beef-r1", "2.beef..1-2-3-0004"));
			MockHttpServletResponse response = new MockHttpServletResponse();
			send(request, response, "2.cafe.1-" + i + ".1-2-3-00" + (10 + i));
			assertThat(response.getHeaders("Set-Cookie")).hasSize(2)
				.allMatch((cookie) -> cookie.startsWith("p-cafe-"))
				.noneMatch((cookie) -> cookie.contains("Max-Age=0"));
		}
	}

	@Test
	void cookieIsFoundAgain() {
		for (int i = 0; i < 100; i++) {
			String token = "2.cafe.1-" + i + ".";
			MockHttpServletResponse response = new MockHttpServletResponse();
			send(requestOf("user" + i), response, token);
			MockHttpServletRequest next = new MockHttpServletRequest();
			next.setCookies(response.getCookies());
			assertThat(this.carrier.receive(next)).containsExactly(token);
		}
	}

	@Test
	void successivePositionsOfAClientTakeTurns() {
		Set<String> names = new HashSet<>();
		for (int i = 0; i < 4; i++) {
			names.add(nameOf("2.cafe.1-" + i + "."));
		}
		assertThat(names).hasSize(4);
		assertThat(nameOf("2.cafe.1-3.")).as("the same position").isEqualTo(nameOf("2.cafe.1-3."));
	}

	@Test
	void latestOfManyPositionsAtTheSameTimeIsKnownInWhateverOrderTheyArrive() {
		List<MockHttpServletRequest> requests = new ArrayList<>();
		List<MockHttpServletResponse> responses = new ArrayList<>();
		for (int i = 0; i < 7; i++) {
			requests.add(new MockHttpServletRequest());
			this.carrier.receive(requests.get(i));
		}
		for (int i = 0; i < 7; i++) {
			responses.add(new MockHttpServletResponse());
			send(requests.get(i), responses.get(i), "2.cafe.1-" + i + ".");
		}
		for (int newest = 0; newest < 7; newest++) {
			Map<String, String> held = new HashMap<>();
			for (int i = newest; i >= 0; i--) {
				for (Cookie cookie : responses.get(i).getCookies()) {
					held.put(cookie.getName(), cookie.getValue());
				}
			}
			assertThat(this.carrier.receive(requestWith(held))).containsAnyOf("2.cafe.1-" + newest + ".", "2.cafe.nu.");
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 2, 3, 4, 9 })
	void positionsThatSeveralInstancesSetAtTheSameTimeAreAllKnown(int instances) {
		List<CookiePositionCarrier> carriers = IntStream.range(0, instances)
			.mapToObj((i) -> new CookiePositionCarrier("p", ATTRIBUTES, System::nanoTime))
			.collect(Collectors.toCollection(ArrayList::new));
		int position = 0;
		for (int i = 0; i < 20; i++) {
			Map<String, String> held = new HashMap<>();
			Collections.rotate(carriers, 1);
			for (CookiePositionCarrier carrier : carriers) {
				exchange(carrier, held, requestWith(held), position++);
			}
		}
		for (int i = 0; i < 200; i++) {
			Map<String, String> held = new HashMap<>();
			List<MockHttpServletRequest> requests = carriers.stream().map((carrier) -> requestWith(held)).toList();
			position += instances;
			for (int k = 0; k < instances; k++) {
				exchange(carriers.get(k), held, requests.get(k), position - k);
			}
			assertThat(carriers.get(0).receive(requestWith(held))).containsAnyOf("2.cafe.1-" + hex(position) + ".",
					"2.cafe.nu.");
		}
	}

	/**
	 * The second begins after the first was answered, but may arrive before.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "SESSION", "sid" })
	void firstPositionsOfASessionDoNotDisplaceEachOtherUnnoticed(String cookie) {
		Map<String, String> held = new HashMap<>();
		CookiePositionCarrier another = new CookiePositionCarrier("p", ATTRIBUTES, System::nanoTime);
		for (int position = 0; position < 8; position++) {
			exchange((position % 2 == 0) ? another : this.carrier, held, requestWith(held), position);
		}
		Map<String, String> other = new HashMap<>();
		for (int position = 8; position < 10; position++) {
			MockHttpServletRequest request = new MockHttpServletRequest();
			request.getServletContext().getSessionCookieConfig().setName("sid");
			request.setCookies(new Cookie(cookie, "ann"), new Cookie("changes", String.valueOf(position)));
			exchange(this.carrier, other, request, position);
		}
		assertThat(this.carrier.receive(requestWith(other))).contains("2.cafe.nu.");
	}

	@Test
	void onlyInstanceUsesAllCookies() {
		Map<String, String> held = new HashMap<>();
		for (int i = 0; i < 8; i++) {
			exchange(this.carrier, held, requestWith(held), i);
		}
		assertThat(held).hasSize(4);
	}

	private static void exchange(CookiePositionCarrier carrier, Map<String, String> held,
			MockHttpServletRequest request, int position) {
		exchange(carrier, held, request, "2.cafe.1-" + hex(position) + ".");
	}

	private static void exchange(CookiePositionCarrier carrier, Map<String, String> held,
			MockHttpServletRequest request, String token) {
		MockHttpServletResponse response = new MockHttpServletResponse();
		carrier.send(request, response, token, carrier.receive(request));
		for (Cookie cookie : response.getCookies()) {
			held.put(cookie.getName(), cookie.getValue());
		}
	}

	private static String hex(int position) {
		return Integer.toHexString(position);
	}

	private static MockHttpServletRequest requestWith(Map<String, String> cookies) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		cookies.forEach((name, value) -> request
			.setCookies(Stream.concat(cookiesOf(request), Stream.of(new Cookie(name, value))).toArray(Cookie[]::new)));
		return request;
	}

	private static Stream<Cookie> cookiesOf(MockHttpServletRequest request) {
		return (request.getCookies() != null) ? Arrays.stream(request.getCookies()) : Stream.empty();
	}

	@Test
	void onlyPositionsAtTheSameTimeAreContended() {
		Map<String, String> held = new HashMap<>();
		for (int i = 0; i < 20; i++) {
			exchange(this.carrier, held, requestWith(held), i);
		}
		assertThat(held.keySet()).noneMatch((name) -> name.contains("u"));
	}

	private static MockHttpServletRequest requestOf(String user) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.addHeader("Authorization", user);
		return request;
	}

	private String nameOf(String token) {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setCookies(new Cookie("session", "ann"));
		MockHttpServletResponse response = new MockHttpServletResponse();
		send(request, response, token);
		return response.getCookies()[0].getName();
	}

	@Test
	void whateverIsSentAClientHoldsLessThanAKilobyte() {
		Map<String, String> held = new HashMap<>();
		CookiePositionCarrier carrier = new CookiePositionCarrier("replication-position", ATTRIBUTES, System::nanoTime);
		for (int i = 0; i < 2000; i++) {
			MockHttpServletResponse response = new MockHttpServletResponse();
			String position = (i % 7 == 0) ? "u" : (i % 7 == 1) ? "nu"
					: ((i % 7 == 2) ? "n" : "") + "1a-16b374d8" + Integer.toHexString(0x10 + i % 200);
			carrier.send(new MockHttpServletRequest(), response,
					"2.cafebabe." + position + "." + (i % 8) + "-deadbeef-1a2b3c4d-zzzzzzzzzzzzzz", List.of());
			assertThat(String.join("", response.getHeaders("Set-Cookie"))).hasSizeLessThan(400);
			for (Cookie cookie : response.getCookies()) {
				held.put(cookie.getName(), cookie.getValue());
			}
		}
		String header = held.entrySet()
			.stream()
			.map((cookie) -> cookie.getKey() + "=" + cookie.getValue())
			.collect(Collectors.joining("; "));
		assertThat(held).hasSizeLessThanOrEqualTo(16);
		assertThat(header).hasSizeLessThan(1024);
	}

	@Test
	void laterTokenOfTheSameResponseTakesThePlaceOfTheEarlier() {
		this.response.addHeader("Set-Cookie", "other=1");
		send(this.request, this.response, "2.cafe.1-1.1-2-3-0001");
		send(this.request, this.response, "2.cafe.1-2.1-2-3-0002");
		assertThat(this.response.getHeaders("Set-Cookie")).hasSize(3)
			.anyMatch((cookie) -> cookie.contains("=2..1-2._"))
			.anyMatch((cookie) -> cookie.contains("=2...1-2-3-0002"))
			.contains("other=1");
	}

	@Test
	void whatTheClientHoldsAlreadyIsNotSetAgain() {
		this.request.setCookies(new Cookie("p-cafe-0", "2.cafe.1-1."));
		send(this.request, this.response, "2.cafe.1-1.1-2-3-0001");
		assertThat(this.response.getHeaders("Set-Cookie")).hasSize(1)
			.allMatch((cookie) -> cookie.startsWith("p-cafe-r1="));
	}

	@Test
	void positionThatIsSeenAgainOnThePrimaryLivesForAnotherWindow() {
		this.request.setCookies(new Cookie("p-cafe-0", "2..1-1."), new Cookie("p-cafe-r1", "2...1-2-3-0001"));
		this.request.setAttribute(RequestPosition.RENEWED, Boolean.TRUE);
		send(this.request, this.response, "2.cafe.1-1.1-2-3-0001");
		assertThat(this.response.getHeaders("Set-Cookie")).singleElement()
			.asString()
			.matches("p-cafe-[0-3]=2\\.\\.1-1\\._.*")
			.contains("Max-Age=10");
	}

	@Test
	void cookieToWhichTheApplicationHasAddedAttributesRemains() {
		send(this.request, this.response, "2.cafe.1-1.");
		String cookie = this.response.getHeaders("Set-Cookie").get(0) + "; Partitioned";
		this.response.setHeader("Set-Cookie", cookie);
		send(this.request, this.response, "2.cafe.1-1.");
		assertThat(this.response.getHeaders("Set-Cookie")).singleElement().asString().contains("Partitioned");
	}

	/**
	 * A cookie that was set for an earlier write may expire right after the later one.
	 */
	@Test
	void laterWriteOfUnknownPositionLivesAsLongAsTheWindow() {
		this.request.setCookies(new Cookie("p-cafe-u1", ""));
		send(this.request, this.response, "2.cafe.u.");
		assertThat(this.response.getHeaders("Set-Cookie")).singleElement()
			.asString()
			.matches("p-cafe-u[0-3]=[0-9a-f]{6};.*")
			.contains("Max-Age=20");
	}

	@Test
	void unknownPositionCountsUntilALaterOneCoversIt() {
		Map<String, String> held = new HashMap<>();
		exchange(this.carrier, held, requestWith(held), "2.cafe.u.");
		assertThat(this.carrier.receive(requestWith(held))).containsExactly("2.cafe.nu.");
		exchange(this.carrier, held, requestWith(held), "2.cafe.1-7.");
		assertThat(this.carrier.receive(requestWith(held))).containsExactly("2.cafe.1-7.");
		exchange(this.carrier, held, requestWith(held), "2.cafe.u.");
		assertThat(this.carrier.receive(requestWith(held))).contains("2.cafe.nu.");
	}

	@Test
	void unknownPositionThatComesWhileAnEarlierOneIsCoveredCounts() {
		Map<String, String> held = new HashMap<>();
		exchange(this.carrier, held, requestWith(held), "2.cafe.1-5.");
		exchange(this.carrier, held, requestWith(held), "2.cafe.u.");
		MockHttpServletRequest request = requestWith(held);
		this.carrier.receive(request);
		exchange(this.carrier, held, requestWith(held), "2.cafe.u.");
		exchange(this.carrier, held, request, "2.cafe.1-7.");
		assertThat(this.carrier.receive(requestWith(held))).contains("2.cafe.nu.");
	}

	/**
	 * A position that is flushed covers the one alone. The response that is sent first
	 * arrives last.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void unknownPositionThatWaitedForTheLogDoesNotReplaceOneThatDidNot(boolean asynchronousFirst) {
		Map<String, String> held = new HashMap<>();
		MockHttpServletResponse first = new MockHttpServletResponse();
		send(requestWith(held), first, asynchronousFirst ? "2.cafe.nu." : "2.cafe.u.");
		exchange(this.carrier, held, requestWith(held), asynchronousFirst ? "2.cafe.u." : "2.cafe.nu.");
		Arrays.stream(first.getCookies()).forEach((cookie) -> held.put(cookie.getName(), cookie.getValue()));
		assertThat(this.carrier.receive(requestWith(held))).containsOnly("2.cafe.nu.");
		exchange(this.carrier, held, requestWith(held), "2.cafe.1-7.");
		assertThat(this.carrier.receive(requestWith(held))).containsExactly("2.cafe.1-7.");
	}

	/**
	 * The node has other data after a restart.
	 */
	@Test
	void markThatMayOverwriteThatOfTheNodeBeforeItsRestartLeavesThePositionUnknown() {
		Map<String, String> held = new HashMap<>();
		MockHttpServletRequest slow = requestWith(held);
		this.carrier.receive(slow);
		exchange(this.carrier, held, requestWith(held), "2.cafe..1-2-3-0001");
		exchange(this.carrier, held, requestWith(held), "2.cafe..1-2-3-0002");
		assertThat(this.carrier.receive(requestWith(held))).containsExactly("2.cafe..1-2-3-0002");
		exchange(this.carrier, held, slow, "2.cafe..1-4-3-0003");
		assertThat(this.carrier.receive(requestWith(held))).containsExactlyInAnyOrder("2.cafe..1-4-3-0003",
				"2.cafe.nu.");
		exchange(this.carrier, held, requestWith(held), "2.cafe..1-5-3-0004");
		assertThat(this.carrier.receive(requestWith(held))).containsExactlyInAnyOrder("2.cafe..1-5-3-0004",
				"2.cafe.nu.");
	}

	@Test
	void markThatIsSentAgainAfterAResetStillLeavesThePositionUnknown() {
		MockHttpServletRequest slow = new MockHttpServletRequest();
		this.carrier.receive(slow);
		send(new MockHttpServletRequest(), this.response, "2.cafe..1-2-3-0001");
		for (int i = 0; i < 2; i++) {
			MockHttpServletResponse response = new MockHttpServletResponse();
			send(slow, response, "2.cafe..1-4-3-0002");
			assertThat(response.getHeaders("Set-Cookie")).hasSize(2);
		}
	}

	/**
	 * The last of them may arrive first.
	 */
	@Test
	void eachOfSeveralMarksThatMayOverwriteAnotherLeavesThePositionUnknown() {
		List<MockHttpServletRequest> slow = IntStream.range(0, 2)
			.mapToObj((i) -> new MockHttpServletRequest())
			.toList();
		slow.forEach(this.carrier::receive);
		send(new MockHttpServletRequest(), this.response, "2.cafe..1-2-3-0001");
		for (MockHttpServletRequest request : slow) {
			MockHttpServletResponse response = new MockHttpServletResponse();
			send(request, response, "2.cafe..1-4-3-0002");
			assertThat(response.getHeaders("Set-Cookie")).hasSize(2);
		}
	}

	@Test
	void markOfARestartedNodeReplacesThatOfARequestBefore() {
		Map<String, String> held = new HashMap<>();
		exchange(this.carrier, held, requestWith(held), "2.cafe..1-2-3-0001");
		exchange(this.carrier, held, requestWith(held), "2.cafe..1-4-3-0002");
		assertThat(this.carrier.receive(requestWith(held))).containsExactly("2.cafe..1-4-3-0002");
	}

	@Test
	void positionThatDisplacesOneThatIsNotFlushedSaysSo() {
		Map<String, String> held = new HashMap<>();
		List<MockHttpServletRequest> requests = IntStream.range(0, 5).mapToObj((i) -> requestWith(held)).toList();
		requests.forEach(this.carrier::receive);
		exchange(this.carrier, held, requests.get(0), "2.cafe.n1-1.");
		for (int i = 1; i < 5; i++) {
			exchange(this.carrier, held, requests.get(i), "2.cafe.1-" + i + ".");
		}
		assertThat(this.carrier.receive(requestWith(held))).doesNotContain("2.cafe.n1-1.").contains("2.cafe.nu.");
	}

	@Test
	void markThatNoneHasSetIsNotRepeated() {
		Map<String, String> held = new HashMap<>();
		exchange(this.carrier, held, requestWith(held), "2.cafe.1-5.");
		IntStream.range(0, 4).forEach((slot) -> held.put("p-cafe-u" + slot, "01234x"));
		exchange(this.carrier, held, requestWith(held), "2.cafe.1-7.");
		assertThat(held.values()).noneMatch((value) -> value.contains("1-7.") && value.contains("x"));
		assertThat(this.carrier.receive(requestWith(held))).contains("2.cafe.nu.");
	}

	@Test
	void cookiesOfManyClustersDoNotDisplaceThoseOfOne() {
		List<Cookie> cookies = new ArrayList<>();
		for (int i = 1; i <= 10; i++) {
			for (String slot : List.of("0", "1", "2", "3", "u0", "r1", "r2")) {
				cookies.add(new Cookie("p-" + i + "-" + slot, "2." + i + ".u."));
			}
		}
		cookies.add(new Cookie("p-cafe-0", "2.cafe.1-1."));
		this.request.setCookies(cookies.toArray(new Cookie[0]));
		assertThat(this.carrier.receive(this.request)).contains("2.cafe.1-1.");
	}

	@Test
	void positionLivesAsLongAsTheWindowAndAReadMarkAsLongAsTheBrowser() {
		send(this.request, this.response, "2.cafe.1-1.1-2-3-0001");
		assertThat(this.response.getHeaders("Set-Cookie")).hasSize(2)
			.allSatisfy((cookie) -> assertThat(cookie.contains("Max-Age=10")).isEqualTo(cookie.contains("1-1._")));
	}

	private void send(MockHttpServletRequest request, MockHttpServletResponse response, String token) {
		this.carrier.send(request, response, token, this.carrier.receive(request));
	}

}

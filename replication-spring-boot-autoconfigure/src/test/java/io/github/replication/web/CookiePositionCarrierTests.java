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
import java.util.List;
import java.util.stream.IntStream;

import jakarta.servlet.http.Cookie;
import org.junit.jupiter.api.Test;

import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

import io.github.replication.web.CookiePositionCarrier.Attributes;

import static org.assertj.core.api.Assertions.assertThat;

class CookiePositionCarrierTests {

	private final CookiePositionCarrier carrier = new CookiePositionCarrier("p",
			new Attributes(null, null, null, "Lax", Duration.ofSeconds(10)));

	private final MockHttpServletRequest request = new MockHttpServletRequest();

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	/**
	 * Browsers send the oldest first, so that the last one counts as much as any.
	 */
	@Test
	void eachOfManyCookiesIsReceivedAndNotTooManyAreDeletedAtOnce() {
		this.request.setCookies(IntStream.range(0, 100)
			.mapToObj((i) -> new Cookie("p-" + Integer.toHexString(i), "token" + i))
			.toArray(Cookie[]::new));
		assertThat(this.carrier.receive(this.request)).hasSize(100).contains("token99");
		this.carrier.send(this.request, this.response, "token", this.carrier.receive(this.request));
		assertThat(this.response.getHeaders("Set-Cookie")).hasSize(33)
			.filteredOn((cookie) -> cookie.contains("Max-Age=0"))
			.hasSize(32);
	}

	@Test
	void cookiesOfOthersAreLeftAlone() {
		this.request.setCookies(new Cookie("p", "1"), new Cookie("p-", "2"), new Cookie("p-settings", "3"),
				new Cookie("p-00000000000000001", "4"), new Cookie("p-A", "5"), new Cookie("p-0a", "6"));
		assertThat(this.carrier.receive(this.request)).containsExactly("6");
		this.carrier.send(this.request, this.response, "token", this.carrier.receive(this.request));
		assertThat(this.response.getHeaders("Set-Cookie")).hasSize(2).anyMatch((cookie) -> cookie.startsWith("p-0a=;"));
	}

	@Test
	void cookieIsFoundAgain() {
		for (int i = 0; i < 100; i++) {
			MockHttpServletResponse response = new MockHttpServletResponse();
			this.carrier.send(new MockHttpServletRequest(), response, "token" + i, List.of());
			MockHttpServletRequest next = new MockHttpServletRequest();
			next.setCookies(response.getCookies());
			assertThat(this.carrier.receive(next)).containsExactly("token" + i);
		}
	}

}

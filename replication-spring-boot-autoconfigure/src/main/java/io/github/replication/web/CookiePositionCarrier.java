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
import java.util.Collection;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.util.StringUtils;

/**
 * Takes positions along in cookies. Each response that has something to tell sets a
 * cookie of its own name and deletes exactly those that came with its request, so that of
 * two responses at the same time neither overwrites the other's; the next request brings
 * both, and the maximum counts.
 *
 * @since 0.1.0
 */
public final class CookiePositionCarrier implements PositionCarrier {

	/**
	 * A header of a response is no longer than this allows it to be. What is not deleted
	 * now is deleted by the next response.
	 */
	private static final int MAXIMUM_DELETIONS = 32;

	private static final int MAXIMUM_DIGITS = 16;

	private static final String SUFFIX = CookiePositionCarrier.class.getName() + ".SUFFIX";

	private final String prefix;

	private final Attributes attributes;

	private final Supplier<? extends Random> random;

	/**
	 * Creates a carrier.
	 * @param name how the names of the cookies begin
	 * @param attributes the attributes of the cookies
	 */
	public CookiePositionCarrier(String name, Attributes attributes) {
		this.prefix = name + "-";
		this.attributes = attributes;
		this.random = ThreadLocalRandom::current;
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		return received(request).stream().map(Cookie::getValue).toList();
	}

	private List<Cookie> received(HttpServletRequest request) {
		List<Cookie> received = new ArrayList<>();
		if (request.getCookies() != null) {
			for (Cookie cookie : request.getCookies()) {
				if (isOwn(cookie.getName())) {
					received.add(cookie);
				}
			}
		}
		return received;
	}

	/**
	 * Whether a cookie of that name was set by this carrier. Others are left alone.
	 */
	private boolean isOwn(String name) {
		int digits = name.length() - this.prefix.length();
		return name.startsWith(this.prefix) && digits > 0 && digits <= MAXIMUM_DIGITS
				&& name.chars().skip(this.prefix.length()).allMatch(CookiePositionCarrier::isDigit);
	}

	private static boolean isDigit(int c) {
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
	}

	@Override
	public void send(HttpServletRequest request, HttpServletResponse response, String token,
			Collection<String> replaced) {
		add(response, cookie(request, this.prefix + suffix(request), token, this.attributes.maxAge()));
		received(request).stream()
			.limit(MAXIMUM_DELETIONS)
			.forEach((cookie) -> add(response, cookie(request, cookie.getName(), "", Duration.ZERO)));
	}

	private static void add(HttpServletResponse response, String cookie) {
		if (!response.getHeaders(HttpHeaders.SET_COOKIE).contains(cookie)) {
			response.addHeader(HttpHeaders.SET_COOKIE, cookie);
		}
	}

	private String cookie(HttpServletRequest request, String name, String value, Duration maxAge) {
		String path = this.attributes.path();
		String contextPath = request.getContextPath();
		Boolean secure = this.attributes.secure();
		return ResponseCookie.from(name, value)
			.path((path != null) ? path : StringUtils.hasLength(contextPath) ? contextPath : "/")
			.domain(this.attributes.domain())
			.maxAge(maxAge)
			.secure((secure != null) ? secure : request.isSecure())
			.httpOnly(true)
			.sameSite(this.attributes.sameSite())
			.build()
			.toString();
	}

	private String suffix(HttpServletRequest request) {
		if (request.getAttribute(SUFFIX) instanceof String suffix) {
			return suffix;
		}
		String suffix = Long.toHexString(this.random.get().nextLong());
		request.setAttribute(SUFFIX, suffix);
		return suffix;
	}

	/**
	 * The attributes of the cookies.
	 *
	 * @param path the path, {@code null} for the context path of the application
	 * @param domain the domain, {@code null} for the host alone
	 * @param secure whether they are sent over https only, {@code null} for whether the
	 * request came over https
	 * @param sameSite {@code Lax}, {@code Strict} or {@code None}
	 * @param maxAge how long they live
	 */
	public record Attributes(@Nullable String path, @Nullable String domain, @Nullable Boolean secure, String sameSite,
			Duration maxAge) {

	}

}

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
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.ResponseCookie;
import org.springframework.util.StringUtils;

import io.github.replication.position.PositionToken;
import io.github.replication.position.PositionToken.Reached;
import io.github.replication.position.PositionToken.Read;

/**
 * Carries positions in cookies. A client holds a bounded number of them, even if it sends
 * many requests in parallel. All names begin with the configured one and the cluster, so
 * that services of several clusters on one host name do not disturb each other.
 * <p>
 * A position goes into one of four cookies. Successive responses to a client take turns,
 * so of two responses at the same time neither overwrites the other, and the next request
 * brings both; the maximum counts. Each value ends with a mark of the instance that has
 * set it. An instance that sees the mark of another keeps to one of the cookies, which
 * the others leave to it, since it cannot know their order. A position that is not known
 * goes into a fifth. A response also uses the fifth, beside its position, if it may
 * overwrite the position of a parallel request because there are more requests or
 * instances than cookies. The next request then says that something was written before
 * it, in any order of arrival. No cookie is deleted, since a parallel response may have
 * set it again: each lives as long as the window.
 * <p>
 * A read mark goes into a cookie of its node, which lives as long as the browser session.
 *
 * @since 0.1.0
 */
public final class CookiePositionCarrier implements PositionCarrier {

	private static final int POSITIONS = 4;

	private static final int TURNS = 1024;

	/**
	 * Uses all cookies, as no other instance is known.
	 */
	private static final int ALONE = -1;

	private static final String UNKNOWN = "u";

	private static final char MARK = '_';

	private static final String READ = "r";

	private static final String TURN = CookiePositionCarrier.class.getName() + ".TURN";

	private static final String SENT_BEFORE = CookiePositionCarrier.class.getName() + ".SENT_BEFORE";

	private final String prefix;

	private final Attributes attributes;

	private final Turn[] turns = new Turn[TURNS];

	private final String mark = HexFormat.of().toHexDigits((byte) ThreadLocalRandom.current().nextInt());

	/**
	 * The marks of other instances, as long as they are few.
	 */
	private final Set<String> others = ConcurrentHashMap.newKeySet();

	/**
	 * The number of the cookie that this instance keeps to.
	 */
	private volatile int own = ALONE;

	/**
	 * How the names of the cookies of this application's cluster begin.
	 */
	private volatile @Nullable String ofCluster;

	/**
	 * The number of positions sent, which orders them and the requests.
	 */
	private final AtomicLong sent = new AtomicLong();

	/**
	 * Creates a carrier.
	 * @param name how the names of the cookies begin
	 * @param attributes the attributes of the cookies
	 */
	public CookiePositionCarrier(String name, Attributes attributes) {
		this.prefix = name + "-";
		this.attributes = attributes;
		for (int i = 0; i < TURNS; i++) {
			this.turns[i] = new Turn(ThreadLocalRandom.current().nextInt(POSITIONS));
		}
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		if (request.getAttribute(SENT_BEFORE) == null) {
			request.setAttribute(SENT_BEFORE, this.sent.get());
		}
		List<String> received = new ArrayList<>();
		for (Cookie cookie : cookies(request)) {
			if (isOwn(cookie.getName())) {
				received.add(token(cookie.getValue()));
			}
		}
		keepClearOf(othersIn(request));
		return received;
	}

	private static Cookie[] cookies(HttpServletRequest request) {
		Cookie[] cookies = request.getCookies();
		return (cookies != null) ? cookies : new Cookie[0];
	}

	private static String token(String value) {
		int mark = value.indexOf(MARK);
		return (mark >= 0) ? value.substring(0, mark) : value;
	}

	/**
	 * The positions of a request that other instances have set, a bit for each.
	 */
	private int othersIn(HttpServletRequest request) {
		String ofCluster = this.ofCluster;
		if (ofCluster == null) {
			return 0;
		}
		int others = 0;
		for (Cookie cookie : cookies(request)) {
			int slot = slotOf(cookie.getName(), ofCluster);
			String mark = (slot >= 0 && slot < POSITIONS) ? markOf(cookie.getValue()) : "";
			if (!mark.isEmpty() && !mark.equals(this.mark)) {
				others |= 1 << slot;
				if (this.others.size() < POSITIONS) {
					this.others.add(mark);
				}
			}
		}
		return others;
	}

	private static int slotOf(String name, String ofCluster) {
		return (name.startsWith(ofCluster) && name.length() == ofCluster.length() + 1)
				? name.charAt(ofCluster.length()) - '0' : -1;
	}

	private static String markOf(String value) {
		int mark = value.indexOf(MARK);
		return (mark >= 0) ? value.substring(mark + 1) : "";
	}

	private void keepClearOf(int others) {
		int own = this.own;
		if (others != 0 && (own == ALONE || (others & 1 << own) != 0)) {
			int first = ThreadLocalRandom.current().nextInt(POSITIONS);
			this.own = IntStream.range(first, first + POSITIONS)
				.map((slot) -> slot % POSITIONS)
				.filter((slot) -> (others & 1 << slot) == 0)
				.findFirst()
				.orElse((own == ALONE) ? first : own);
		}
	}

	/**
	 * Whether a cookie of that name was set by this carrier. Others are left alone.
	 */
	private boolean isOwn(String name) {
		return name.startsWith(this.prefix)
				&& name.substring(this.prefix.length()).matches("[0-9a-f]{1,8}-(r?[0-8]|u)");
	}

	@Override
	public void send(HttpServletRequest request, HttpServletResponse response, String token,
			Collection<String> replaced) {
		PositionToken sent = PositionToken.parse(token);
		if (sent == null) {
			return;
		}
		this.ofCluster = name(sent, "");
		List<PositionToken> received = receive(request).stream()
			.map(PositionToken::parse)
			.filter((known) -> known != null && known.cluster() == sent.cluster())
			.toList();
		Reached reached = sent.reached();
		if (reached != null && !isHeld(reached, received)) {
			String value = sent.withoutRead().toString();
			Place place = place(request, reached, value);
			String marked = place.slot.equals(UNKNOWN) ? value : value + MARK + this.mark;
			set(request, response, name(sent, place.slot), marked, this.attributes.maxAge());
			if (place.contended) {
				PositionToken unknown = new PositionToken(sent.cluster(), Reached.UNKNOWN, null);
				set(request, response, name(sent, UNKNOWN), unknown.toString(), this.attributes.maxAge());
			}
		}
		Read read = sent.read();
		if (read != null && received.stream().noneMatch((known) -> read.equals(known.read()))) {
			set(request, response, name(sent, READ + read.index()), sent.withoutPosition().toString(), null);
		}
	}

	/**
	 * Whether the client holds a position. One that is not known is another than that of
	 * an earlier write, which may end before.
	 */
	private static boolean isHeld(Reached reached, List<PositionToken> received) {
		return !reached.equals(Reached.UNKNOWN)
				&& received.stream().anyMatch((known) -> reached.equals(known.reached()));
	}

	private String name(PositionToken token, String slot) {
		return this.prefix + Integer.toHexString(token.cluster()) + '-' + slot;
	}

	private Place place(HttpServletRequest request, Reached reached, String value) {
		if (reached.equals(Reached.UNKNOWN)) {
			return new Place(UNKNOWN, false);
		}
		if (request.getAttribute(TURN) instanceof Place place) {
			return place;
		}
		long sentBefore = (request.getAttribute(SENT_BEFORE) instanceof Long number) ? number : this.sent.get();
		int own = this.own;
		Place place = this.turns[Math.floorMod(client(request), TURNS)].next(value, sentBefore, this.sent, own);
		if (own != ALONE && (this.others.size() >= POSITIONS || (othersIn(request) & 1 << own) != 0)) {
			place = new Place(place.slot, true);
		}
		request.setAttribute(TURN, place);
		return place;
	}

	/**
	 * A hash that parallel requests of one client share.
	 */
	private int client(HttpServletRequest request) {
		int hash = Objects.hash(request.getRemoteAddr(), request.getHeader("X-Forwarded-For"),
				request.getHeader(HttpHeaders.USER_AGENT), request.getHeader(HttpHeaders.AUTHORIZATION));
		for (Cookie cookie : cookies(request)) {
			if (!isOwn(cookie.getName())) {
				hash = 31 * hash + Objects.hash(cookie.getName(), cookie.getValue());
			}
		}
		return hash ^ (hash >>> 16);
	}

	/**
	 * Sets a cookie, in place of one of the same name that this response has set before.
	 */
	private void set(HttpServletRequest request, HttpServletResponse response, String name, String value,
			@Nullable Duration maxAge) {
		List<String> cookies = new ArrayList<>(response.getHeaders(HttpHeaders.SET_COOKIE));
		String cookie = cookie(request, name, value, maxAge);
		if (cookies.removeIf((other) -> other.startsWith(name + "="))) {
			response.setHeader(HttpHeaders.SET_COOKIE, cookie);
			cookies.forEach((other) -> response.addHeader(HttpHeaders.SET_COOKIE, other));
		}
		else {
			response.addHeader(HttpHeaders.SET_COOKIE, cookie);
		}
	}

	private String cookie(HttpServletRequest request, String name, String value, @Nullable Duration maxAge) {
		String path = this.attributes.path();
		String contextPath = request.getContextPath();
		Boolean secure = this.attributes.secure();
		ResponseCookie.ResponseCookieBuilder cookie = ResponseCookie.from(name, value)
			.path((path != null) ? path : StringUtils.hasLength(contextPath) ? contextPath : "/")
			.domain(this.attributes.domain())
			.secure((secure != null) ? secure : request.isSecure())
			.httpOnly(true)
			.sameSite(this.attributes.sameSite());
		return ((maxAge != null) ? cookie.maxAge(maxAge) : cookie).build().toString();
	}

	/**
	 * The attributes of the cookies.
	 *
	 * @param path the path, {@code null} for the context path of the application
	 * @param domain the domain, {@code null} for the host alone
	 * @param secure whether they are sent over https only, {@code null} for whether the
	 * request came over https
	 * @param sameSite {@code Lax}, {@code Strict} or {@code None}
	 * @param maxAge how long positions live
	 */
	public record Attributes(@Nullable String path, @Nullable String domain, @Nullable Boolean secure, String sameSite,
			Duration maxAge) {

	}

	/**
	 * The cookie of a position.
	 *
	 * @param slot the part of the name that distinguishes the cookie
	 * @param contended whether a request at the same time has used that cookie
	 */
	private record Place(String slot, boolean contended) {

	}

	/**
	 * Which cookie the next position of a client goes into. Responses with the same
	 * position share one.
	 */
	private static final class Turn {

		/**
		 * The number of the position that each cookie has got last.
		 */
		private final long[] used = new long[POSITIONS];

		private int slot;

		private @Nullable String last;

		Turn(int slot) {
			this.slot = slot;
		}

		synchronized Place next(String value, long sentBefore, AtomicLong sent, int own) {
			boolean contended = false;
			if (!value.equals(this.last)) {
				this.slot = (own != ALONE) ? own : (this.slot + 1) % POSITIONS;
				this.last = value;
				contended = this.used[this.slot] > sentBefore;
				this.used[this.slot] = sent.incrementAndGet();
			}
			return new Place(String.valueOf(this.slot), contended);
		}

	}

}

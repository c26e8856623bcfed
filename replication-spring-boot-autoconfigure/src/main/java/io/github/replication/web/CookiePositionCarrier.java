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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

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
import io.github.replication.web.PositionSlots.Held;
import io.github.replication.web.PositionSlots.Place;

/**
 * Carries positions in cookies. A client holds a bounded number of them, even if it sends
 * many requests in parallel. All names begin with the configured one and the cluster, so
 * that services of several clusters on one host name do not disturb each other.
 * <p>
 * A position goes into one of four cookies, which {@link PositionSlots} chooses. One that
 * is not known goes into a fifth, or into a sixth if its commit did not wait for the log:
 * so that no parallel response overwrites that. A response also uses one of these, beside
 * its position, if it may overwrite the position of a parallel request because there are
 * more requests or instances than cookies. The next request then says that something was
 * written before it, in any order of arrival, and is answered the position that covers
 * this. No cookie is deleted: each lives as long as the window.
 * <p>
 * A read mark goes into a cookie of its node, which lives as long as the browser session.
 * <p>
 * The values are tokens without the cluster, which the name has.
 *
 * @since 0.1.0
 */
public final class CookiePositionCarrier implements PositionCarrier {

	private static final Pattern REST_OF_NAME = Pattern.compile("[0-9a-f]{1,8}-(r?[0-7]|u|n)");

	private static final String VERSION = "2.";

	private static final String UNKNOWN = "u";

	private static final String UNKNOWN_ASYNCHRONOUS = "n";

	private static final String READ = "r";

	/**
	 * The default name of a session cookie of servlet containers.
	 */
	private static final String SERVLET_SESSION = "JSESSIONID";

	/**
	 * The default name of a session cookie of Spring Session.
	 */
	private static final String SPRING_SESSION = "SESSION";

	private static final String HELD = CookiePositionCarrier.class.getName() + ".HELD";

	private static final String PLACE = CookiePositionCarrier.class.getName() + ".PLACE";

	private final String prefix;

	private final Attributes attributes;

	private final PositionSlots slots;

	/**
	 * How the names of the cookies of this application's cluster begin.
	 */
	private volatile @Nullable String ofCluster;

	/**
	 * Creates a carrier.
	 * @param name how the names of the cookies begin
	 * @param attributes the attributes of the cookies
	 * @param nanoTime yields the monotonic time in nanoseconds, as
	 * {@link System#nanoTime()} does
	 */
	public CookiePositionCarrier(String name, Attributes attributes, LongSupplier nanoTime) {
		this.prefix = name + "-";
		this.attributes = attributes;
		this.slots = new PositionSlots(attributes.maxAge(), nanoTime);
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		List<String> received = new ArrayList<>();
		for (Cookie cookie : cookies(request)) {
			if (isOwn(cookie.getName()) && !isCovered(request, cookie)) {
				received.add(PositionSlots.withoutMark(valueOf(cookie)));
			}
		}
		held(request);
		return received;
	}

	/**
	 * Whether a cookie says that a position is not known, and others cover it.
	 */
	private boolean isCovered(HttpServletRequest request, Cookie cookie) {
		String name = cookie.getName();
		int end = name.length() - 1;
		return !Character.isDigit(name.charAt(end))
				&& PositionSlots.isCovered(valueOf(cookie), positions(request, name.substring(0, end)));
	}

	private static Cookie[] cookies(HttpServletRequest request) {
		Cookie[] cookies = request.getCookies();
		return (cookies != null) ? cookies : new Cookie[0];
	}

	/**
	 * The positions that the request has come with, as they were when it was first asked
	 * for them.
	 */
	private Held held(HttpServletRequest request) {
		if (request.getAttribute(HELD) instanceof Held held) {
			return held;
		}
		String ofCluster = this.ofCluster;
		Held held = this.slots.received((ofCluster != null) ? positions(request, ofCluster) : Map.of(),
				(ofCluster != null) ? unknown(request, ofCluster) : List.of(), sessionOf(request));
		request.setAttribute(HELD, held);
		return held;
	}

	/**
	 * The id in a session cookie. The request itself would look for the session in its
	 * store, which may be the database.
	 */
	private static @Nullable String sessionOf(HttpServletRequest request) {
		String name = request.getServletContext().getSessionCookieConfig().getName();
		for (Cookie cookie : cookies(request)) {
			if (cookie.getName().equals((name != null) ? name : SERVLET_SESSION)
					|| cookie.getName().equals(SPRING_SESSION)) {
				return cookie.getValue();
			}
		}
		return null;
	}

	private Map<Integer, String> positions(HttpServletRequest request, String ofCluster) {
		Map<Integer, String> positions = new HashMap<>();
		for (Cookie cookie : cookies(request)) {
			int slot = slotOf(cookie.getName(), ofCluster);
			if (slot >= 0 && slot < PositionSlots.COUNT) {
				positions.put(slot, valueOf(cookie));
			}
		}
		return positions;
	}

	private Collection<String> unknown(HttpServletRequest request, String ofCluster) {
		Map<String, String> unknown = new TreeMap<>();
		for (Cookie cookie : cookies(request)) {
			String name = cookie.getName();
			if (name.equals(ofCluster + UNKNOWN) || name.equals(ofCluster + UNKNOWN_ASYNCHRONOUS)) {
				unknown.putIfAbsent(name, valueOf(cookie));
			}
		}
		return unknown.values();
	}

	private static int slotOf(String name, String ofCluster) {
		return (name.startsWith(ofCluster) && name.length() == ofCluster.length() + 1)
				? name.charAt(ofCluster.length()) - '0' : -1;
	}

	/**
	 * Whether a cookie of that name was set by this carrier. Others are left alone.
	 */
	private boolean isOwn(String name) {
		return name.startsWith(this.prefix) && REST_OF_NAME.matcher(name.substring(this.prefix.length())).matches();
	}

	/**
	 * The value of a cookie of this carrier, with the cluster that its name has.
	 */
	private String valueOf(Cookie cookie) {
		String name = cookie.getName();
		String value = cookie.getValue();
		return value.startsWith(VERSION + '.') ? VERSION + name.substring(this.prefix.length(), name.lastIndexOf('-'))
				+ value.substring(VERSION.length()) : value;
	}

	private static String withoutCluster(String value) {
		return VERSION + value.substring(value.indexOf('.', VERSION.length()));
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
		if (reached != null && (!isHeld(reached, received) || isToCover(received))) {
			if (reached.isUnknown()) {
				setUnknown(request, response, sent, reached.asynchronous(), PositionSlots.markOfUnknown());
			}
			else {
				setPosition(request, response, sent, reached.asynchronous());
			}
		}
		Read read = sent.read();
		if (read != null && received.stream().noneMatch((known) -> read.equals(known.read()))) {
			set(request, response, name(sent, READ + read.index()), sent.withoutPosition().toString(), null);
		}
	}

	private void setPosition(HttpServletRequest request, HttpServletResponse response, PositionToken sent,
			boolean asynchronous) {
		String value = sent.withoutRead().toString();
		Place place = place(request, value, asynchronous);
		set(request, response, name(sent, String.valueOf(place.slot())), value + place.mark(),
				this.attributes.maxAge());
		if (place.isContended()) {
			setUnknown(request, response, sent, asynchronous || place.asynchronous(), place.markOfUnknown());
		}
	}

	private void setUnknown(HttpServletRequest request, HttpServletResponse response, PositionToken sent,
			boolean asynchronous, String mark) {
		PositionToken unknown = new PositionToken(sent.cluster(), Reached.unknown(asynchronous), null);
		set(request, response, name(sent, asynchronous ? UNKNOWN_ASYNCHRONOUS : UNKNOWN), unknown + mark,
				this.attributes.maxAge());
	}

	/**
	 * Whether the client holds a position. One that is not known is another than that of
	 * an earlier write, which may end before.
	 */
	private static boolean isHeld(Reached reached, List<PositionToken> received) {
		return !reached.isUnknown() && received.stream().anyMatch((known) -> reached.equals(known.reached()));
	}

	/**
	 * Whether the client holds a position that is not known, which this response covers.
	 */
	private static boolean isToCover(List<PositionToken> received) {
		return received.stream().anyMatch((known) -> known.reached() != null && known.reached().isUnknown());
	}

	private String name(PositionToken token, String slot) {
		return this.prefix + Integer.toHexString(token.cluster()) + '-' + slot;
	}

	/**
	 * The cookie of a position, the same one for a later position of the same response.
	 */
	private Place place(HttpServletRequest request, String value, boolean asynchronous) {
		if (request.getAttribute(PLACE) instanceof Place place) {
			this.slots.replace(client(request), held(request), place, value, asynchronous);
			return place;
		}
		Place place = this.slots.place(client(request), held(request), value, asynchronous);
		request.setAttribute(PLACE, place);
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
		String cookie = cookie(request, name, withoutCluster(value), maxAge);
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

}

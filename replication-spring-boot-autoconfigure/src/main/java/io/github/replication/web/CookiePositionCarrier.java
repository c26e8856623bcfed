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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

import jakarta.servlet.SessionCookieConfig;
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
 * A position goes into one of four cookies, which {@link PositionSlots} chooses. Each has
 * another one beside it, for a position that is not known: a response sets it in place of
 * the position, or beside one that may overwrite that of a parallel request, because
 * there are more requests or instances than cookies. The next request then says that
 * something was written before it, in any order of arrival, and is answered the position
 * that covers this. No cookie is deleted: a position lives as long as the window, what is
 * not known twice as long.
 * <p>
 * A read mark goes into a cookie of its node, which lives as long as the browser session.
 * Where it may overwrite the mark of another node, or of the node before a restart, which
 * a parallel response of this instance has set, the position counts as not known.
 * <p>
 * The values are tokens without the cluster, which the name has. Of a position that is
 * not known it is a mark, which the position to cover it repeats.
 *
 * @since 0.1.0
 */
public final class CookiePositionCarrier implements PositionCarrier {

	private static final Pattern REST_OF_NAME = Pattern.compile("[0-9a-f]{1,8}-(r[0-7]|u?[0-3])");

	private static final String VERSION = "2.";

	private static final String UNKNOWN = "u";

	private static final String READ = "r";

	/**
	 * A cookie of an unknown position stands for a commit that has not waited for the
	 * log. Of two parallel responses, one for a commit that has waited may overwrite one
	 * for a commit that has not.
	 */
	private static final Reached UNKNOWN_POSITION = Reached.unknown(true);

	/**
	 * The default names of session cookies of servlet containers and Spring Session.
	 */
	private static final Set<String> SESSIONS = Set.of("JSESSIONID", "SESSION");

	/**
	 * A port behind an address, as some proxies add it.
	 */
	private static final Pattern PORT = Pattern.compile(":\\d+(?=,|$)");

	private static final String HELD = CookiePositionCarrier.class.getName() + ".HELD";

	private static final String PLACE = CookiePositionCarrier.class.getName() + ".PLACE";

	private final String prefix;

	private final Attributes attributes;

	private final PositionSlots slots;

	private final SentReads sentReads;

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
		this.sentReads = new SentReads(nanoTime);
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		List<String> received = new ArrayList<>();
		for (Cookie cookie : cookies(request)) {
			String name = cookie.getName();
			if (isOwn(name) && !isOfUnknown(name)) {
				received.add(PositionSlots.withoutMark(valueOf(cookie)));
			}
			else if (isOwn(name) && !isCovered(request, cookie)) {
				received.add(VERSION + clusterOf(name) + '.' + UNKNOWN_POSITION + '.');
			}
		}
		held(request);
		return received;
	}

	private static boolean isOfUnknown(String name) {
		return name.startsWith(UNKNOWN, name.length() - 2);
	}

	/**
	 * Whether the position beside a cookie covers that it was not known.
	 */
	private static boolean isCovered(HttpServletRequest request, Cookie unknown) {
		String name = unknown.getName();
		int end = name.length() - 2;
		String position = name.substring(0, end) + name.charAt(end + 1);
		return Arrays.stream(cookies(request))
			.filter((cookie) -> cookie.getName().equals(position))
			.findFirst()
			.filter((cookie) -> PositionSlots.isCovered(unknown.getValue(), cookie.getValue()))
			.isPresent();
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
		String session = sessionOf(request);
		Held held = this.slots.received(client(request, session), ofSlots(request, ofCluster, this::valueOf),
				ofSlots(request, (ofCluster != null) ? ofCluster + UNKNOWN : null, Cookie::getValue), session);
		request.setAttribute(HELD, held);
		return held;
	}

	/**
	 * The id in a session cookie. The request itself would look for the session in its
	 * store, which may be the database.
	 */
	private static @Nullable String sessionOf(HttpServletRequest request) {
		SessionCookieConfig config = request.getServletContext().getSessionCookieConfig();
		String configured = (config != null) ? config.getName() : null;
		for (Cookie cookie : cookies(request)) {
			String name = cookie.getName();
			if (SESSIONS.contains(name) || name.equals(configured)) {
				return cookie.getValue();
			}
		}
		return null;
	}

	/**
	 * Cookies by the number at the end of their name, none if it is not known how that
	 * begins.
	 */
	private static Map<Integer, String> ofSlots(HttpServletRequest request, @Nullable String start,
			Function<Cookie, String> value) {
		Map<Integer, String> values = new HashMap<>();
		for (Cookie cookie : cookies(request)) {
			String name = cookie.getName();
			if (start != null && name.startsWith(start) && name.length() == start.length() + 1) {
				int slot = name.charAt(start.length()) - '0';
				if (slot >= 0 && slot < PositionSlots.COUNT) {
					values.putIfAbsent(slot, value.apply(cookie));
				}
			}
		}
		return values;
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
		String value = cookie.getValue();
		return value.startsWith(VERSION + '.')
				? VERSION + clusterOf(cookie.getName()) + value.substring(VERSION.length()) : value;
	}

	private String clusterOf(String name) {
		return name.substring(this.prefix.length(), name.lastIndexOf('-'));
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
		boolean unknown = false;
		if (reached != null && (!isHeld(reached, received) || isRenewed(request) || isToCover(request))) {
			if (reached.isUnknown()) {
				setUnknown(request, response, sent, this.slots.placeUnknown(held(request)));
				unknown = true;
			}
			else {
				unknown = setPosition(request, response, sent);
			}
		}
		Read read = sent.read();
		if (read != null && received.stream().noneMatch((known) -> read.equals(known.read()))) {
			if (this.sentReads.note(held(request), read) && !unknown) {
				setUnknown(request, response, sent, this.slots.placeUnknown(held(request)));
			}
			set(request, response, name(sent, READ + read.index()), withoutCluster(sent.withoutPosition().toString()),
					null);
		}
	}

	/**
	 * Sets a position, and says beside it if it may overwrite another.
	 * @return whether it may
	 */
	private boolean setPosition(HttpServletRequest request, HttpServletResponse response, PositionToken sent) {
		String value = sent.withoutRead().toString();
		Place place = place(request, value);
		set(request, response, name(sent, String.valueOf(place.slot())), withoutCluster(value) + place.mark(),
				this.attributes.maxAge());
		boolean unknown = !place.unknown().isEmpty();
		if (unknown) {
			setUnknown(request, response, sent, place);
		}
		return unknown;
	}

	/**
	 * Says that a position is not known.
	 */
	private void setUnknown(HttpServletRequest request, HttpServletResponse response, PositionToken sent, Place place) {
		set(request, response, name(sent, UNKNOWN + place.slot()), place.unknown(),
				this.attributes.maxAge().multipliedBy(2));
	}

	/**
	 * Whether the client holds a position. One that is not known is another than that of
	 * an earlier write, which may end before.
	 */
	private static boolean isHeld(Reached reached, List<PositionToken> received) {
		return !reached.isUnknown() && received.stream().anyMatch((known) -> reached.equals(known.reached()));
	}

	/**
	 * Whether a position that the client holds is to live for another window: it was seen
	 * on the primary, and the request does not say when its cookie ends.
	 */
	private static boolean isRenewed(HttpServletRequest request) {
		return request.getAttribute(RequestPosition.RENEWED) != null;
	}

	/**
	 * Whether the client holds a position that is not known, and this response can cover
	 * it.
	 */
	private boolean isToCover(HttpServletRequest request) {
		return this.slots.mayCover(held(request));
	}

	private String name(PositionToken token, String slot) {
		return this.prefix + Integer.toHexString(token.cluster()) + '-' + slot;
	}

	/**
	 * The cookie of a position, the same one for a later position of the same response.
	 */
	private Place place(HttpServletRequest request, String value) {
		if (request.getAttribute(PLACE) instanceof Place place) {
			place = this.slots.replace(held(request), place, value);
			request.setAttribute(PLACE, place);
			return place;
		}
		Place place = this.slots.place(held(request), value);
		request.setAttribute(PLACE, place);
		return place;
	}

	/**
	 * A hash that parallel requests of one client share: of its session, or else of what
	 * stays the same from request to request. Other cookies may not.
	 */
	private static int client(HttpServletRequest request, @Nullable String session) {
		if (session != null) {
			return spread(session.hashCode());
		}
		String forwarded = request.getHeader("X-Forwarded-For");
		String address = (forwarded != null) ? PORT.matcher(forwarded).replaceAll("") : request.getRemoteAddr();
		return spread(Objects.hash(address, request.getHeader(HttpHeaders.USER_AGENT)));
	}

	private static int spread(int hash) {
		return hash ^ (hash >>> 16);
	}

	/**
	 * Sets a cookie, in place of one of the same name that this response has set before.
	 * One of the same value remains, as the application may have added attributes to it.
	 */
	private void set(HttpServletRequest request, HttpServletResponse response, String name, String value,
			@Nullable Duration maxAge) {
		List<String> cookies = new ArrayList<>(response.getHeaders(HttpHeaders.SET_COOKIE));
		if (cookies.stream().anyMatch((other) -> other.startsWith(name + "=" + value + ";"))) {
			return;
		}
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

}

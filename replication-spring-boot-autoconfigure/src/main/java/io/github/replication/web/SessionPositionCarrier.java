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
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import org.jspecify.annotations.Nullable;

import org.springframework.web.util.WebUtils;

import io.github.replication.position.PositionToken;

/**
 * Keeps positions in the HTTP session. A session is created for a write, never for a
 * read, nor when the application has ended the one of the request.
 * <p>
 * Within one process parallel requests do not overwrite each other's positions. Most
 * stores write a session that several processes share as a whole at the end of a request,
 * so that the last write wins. Use a cookie or the user's name then.
 *
 * @since 0.1.0
 */
public final class SessionPositionCarrier implements PositionCarrier {

	private static final String TOKENS = SessionPositionCarrier.class.getName() + ".TOKENS";

	private static final String SEEN = SessionPositionCarrier.class.getName() + ".SEEN";

	/**
	 * How many tokens of other versions are kept, of instances that are newer or older
	 * than this one.
	 */
	private static final int MOST_UNREADABLE = 8;

	private final Clock clock;

	private final Duration window;

	/**
	 * Creates a carrier.
	 * @param clock the time of day
	 * @param window how long a position is remembered
	 */
	public SessionPositionCarrier(Clock clock, Duration window) {
		this.clock = clock;
		this.window = window;
	}

	@Override
	public boolean isServerSide() {
		return true;
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		HttpSession session = session(request);
		return (session != null) ? List.copyOf(tokens(session).keySet()) : List.of();
	}

	private static @Nullable HttpSession session(HttpServletRequest request) {
		HttpSession session = request.getSession(false);
		if (session != null) {
			request.setAttribute(SEEN, Boolean.TRUE);
		}
		return session;
	}

	@Override
	public void send(HttpServletRequest request, HttpServletResponse response, String token,
			Collection<String> replaced) {
		HttpSession session = session(request);
		boolean written = request.getAttribute(RequestPosition.WRITTEN) != null && isPosition(token);
		if (session == null && written && !response.isCommitted() && request.getAttribute(SEEN) == null) {
			session = request.getSession(true);
		}
		if (session != null) {
			store(session, token, replaced);
		}
	}

	private static boolean isPosition(String text) {
		PositionToken token = PositionToken.parse(text);
		return token != null && token.hasWrite();
	}

	/**
	 * Whether the session is a new one, or was cleared, as a login may do.
	 */
	@Override
	public boolean isForgotten(HttpServletRequest request) {
		HttpSession session = session(request);
		return session != null && attribute(session) == null;
	}

	@Override
	public @Nullable Memory memoryOf(HttpServletRequest request) {
		HttpSession session = session(request);
		return (session != null) ? (token, replaced) -> store(session, token, replaced) : null;
	}

	private void store(HttpSession session, String token, Collection<String> replaced) {
		SplitToken split = SplitToken.of(token);
		synchronized (WebUtils.getSessionMutex(session)) {
			HashMap<String, Long> tokens = tokens(session);
			if (split.position() != null) {
				tokens.keySet().removeAll(SplitToken.positions(replaced));
				tokens.put(split.position(), this.clock.millis());
			}
			if (split.read() != null) {
				tokens.keySet().removeAll(SplitToken.reads(replaced));
				tokens.put(split.read(), this.clock.millis());
			}
			session.setAttribute(TOKENS, tokens);
		}
	}

	/**
	 * The tokens of a session: positions within the window, read marks as long as the
	 * session. So are the latest of those that cannot be read, which may be of either
	 * kind.
	 */
	private HashMap<String, Long> tokens(HttpSession session) {
		HashMap<String, Long> tokens = new HashMap<>();
		if (attribute(session) instanceof Map<?, ?> stored) {
			long oldest = this.clock.millis() - this.window.toMillis();
			stored.forEach((token, at) -> {
				if (token instanceof String text && at instanceof Long time
						&& (time >= oldest || SplitToken.isRead(text) || !SplitToken.isReadable(text))) {
					tokens.put(text, time);
				}
			});
		}
		removeUnreadable(tokens);
		return tokens;
	}

	private static void removeUnreadable(Map<String, Long> tokens) {
		tokens.entrySet()
			.stream()
			.filter((token) -> !SplitToken.isReadable(token.getKey()))
			.sorted(Map.Entry.<String, Long>comparingByValue().reversed())
			.skip(MOST_UNREADABLE)
			.map(Map.Entry::getKey)
			.toList()
			.forEach(tokens::remove);
	}

	private static @Nullable Object attribute(HttpSession session) {
		try {
			return session.getAttribute(TOKENS);
		}
		catch (IllegalStateException ex) {
			return null;
		}
	}

}

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

import java.util.Collection;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

/**
 * Carries a caller's position from one request to the next. Beans of this type replace
 * the carrier named by {@code replication.read-your-writes.carrier}; if there are
 * several, each one carries, and the maximum of their tokens counts.
 * <p>
 * Called by the threads that serve requests, by one at a time for each request. An
 * exception is logged, and counts as if no token was brought or sent: a request never
 * fails for it.
 *
 * @since 0.1.0
 */
public interface PositionCarrier {

	/**
	 * Finds the tokens of a request. Called when the first statement of the request is
	 * about to be routed, so that the user and the session are known.
	 * @param request the request, as the application sees it if that is known
	 * @return the tokens that were sent before, in no order; empty if there are none.
	 * They need not be valid
	 */
	Collection<String> receive(HttpServletRequest request);

	/**
	 * Sends a token. Called before the response is committed if there is something new,
	 * and again if more is new before it is. A carrier that {@linkplain #isServerSide()
	 * keeps tokens on the server} is also called once a connection on which something was
	 * written is back in its pool.
	 * @param request the request, as the application sees it if that is known
	 * @param response the response, whose headers may be changed unless the carrier keeps
	 * tokens on the server
	 * @param token the token, which covers the tokens that came with the request; at most
	 * 160 characters: letters, digits, dots and hyphens
	 * @param replaced the tokens that came with the request, and the ones sent for it
	 * before, unless they were replaced on the server already: they need not be kept any
	 * longer
	 */
	void send(HttpServletRequest request, HttpServletResponse response, String token, Collection<String> replaced);

	/**
	 * Whether the owner of the tokens that {@link #receive} yields is known. It may take
	 * a statement to find out the caller. Until that is known, this is asked again before
	 * each statement.
	 * @param request the request, as the application sees it if that is known
	 * @return {@code true} by default
	 */
	default boolean isCallerKnown(HttpServletRequest request) {
		return true;
	}

	/**
	 * Whether tokens are kept on the server, so that they can be stored as soon as
	 * something was written, also if the response is never sent.
	 * @return {@code false} by default: tokens leave with the response
	 */
	default boolean isServerSide() {
		return false;
	}

	/**
	 * Whether the place is gone that tokens of the caller were kept in, and another has
	 * taken its place that knows of none, as a new session does. The tokens that came
	 * with the request, and the ones sent for it, are stored there again.
	 * @param request the request, as the application sees it if that is known
	 * @return {@code false} by default
	 */
	default boolean isForgotten(HttpServletRequest request) {
		return false;
	}

	/**
	 * Yields a memory that stores tokens of the caller when the request is over, for work
	 * that goes on in other threads. Called while the request lives, the result is used
	 * by any thread.
	 * @param request the request, as the application sees it if that is known
	 * @return the memory, {@code null} if the caller is not known (yet) or tokens are not
	 * kept on the server, as by default
	 */
	default @Nullable Memory memoryOf(HttpServletRequest request) {
		return null;
	}

	/**
	 * Stores tokens of one caller.
	 */
	@FunctionalInterface
	interface Memory {

		/**
		 * Stores a token.
		 * @param token the token
		 * @param replaced tokens that need not be kept any longer
		 */
		void store(String token, Collection<String> replaced);

	}

}

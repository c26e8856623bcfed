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
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.replication.web.PositionCarrier.Memory;

/**
 * The tokens that one carrier brings and takes during one request. Not safe for use by
 * several threads at once.
 */
final class CarrierExchange {

	private static final Log logger = LogFactory.getLog(CarrierExchange.class);

	private final PositionCarrier carrier;

	private final Set<String> known = new HashSet<>();

	private @Nullable Memory memory;

	private @Nullable String sent;

	private boolean received;

	CarrierExchange(PositionCarrier carrier) {
		this.carrier = carrier;
	}

	boolean isServerSide() {
		return this.carrier.isServerSide();
	}

	/**
	 * Whether the caller is known, so that nothing more can come.
	 */
	boolean isReceived() {
		return this.received;
	}

	/**
	 * Receives the tokens of a request.
	 * @return the tokens that are known by now
	 */
	Collection<String> receive(HttpServletRequest request) {
		if (!this.received) {
			try {
				this.received = this.carrier.isCallerKnown(request);
				this.known.addAll(this.carrier.receive(request));
				this.memory = this.carrier.memoryOf(request);
			}
			catch (RuntimeException ex) {
				this.received = true;
				logger.debug(this.carrier + " has brought nothing", ex);
			}
		}
		return this.known;
	}

	/**
	 * Sends a token, unless it is the one sent last.
	 * @param mayReplace which tokens may be replaced
	 */
	void send(String token, HttpServletRequest request, HttpServletResponse response, Predicate<String> mayReplace) {
		if (token.equals(this.sent) || (response.isCommitted() && !isServerSide())) {
			return;
		}
		Collection<String> replaced = replacedBy(token, mayReplace);
		try {
			Memory memory = this.carrier.memoryOf(request);
			this.memory = (memory != null) ? memory : this.memory;
			this.carrier.send(request, response, token, replaced);
		}
		catch (RuntimeException ex) {
			logger.debug(this.carrier + " has sent nothing", ex);
		}
	}

	/**
	 * Stores a token when the request is over.
	 */
	void store(String token, Predicate<String> mayReplace) {
		Memory memory = this.memory;
		if (memory != null && !token.equals(this.sent)) {
			try {
				memory.store(token, replacedBy(token, mayReplace));
			}
			catch (RuntimeException ex) {
				logger.debug(this.carrier + " has stored nothing", ex);
			}
		}
	}

	private Collection<String> replacedBy(String token, Predicate<String> mayReplace) {
		Collection<String> replaced = this.known.stream().filter(mayReplace).toList();
		this.known.add(token);
		this.sent = token;
		return replaced;
	}

	/**
	 * The headers of the response are gone.
	 */
	void reset() {
		this.sent = null;
	}

}

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
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ConcurrentReferenceHashMap;
import org.springframework.util.ConcurrentReferenceHashMap.ReferenceType;

import io.github.replication.web.PositionCarrier.Memory;

/**
 * The tokens that one carrier brings and takes during one request. Whatever the carrier
 * throws counts as nothing brought or sent, so that the tokens of others are not lost.
 * Not safe for use by several threads at once.
 */
final class CarrierExchange {

	private static final Log logger = LogFactory.getLog(CarrierExchange.class);

	private static final Set<PositionCarrier> broken = Collections
		.newSetFromMap(new ConcurrentReferenceHashMap<>(16, ReferenceType.WEAK));

	private final PositionCarrier carrier;

	private final boolean serverSide;

	/**
	 * The tokens that the carrier has, as far as they have come or were sent here.
	 */
	private final Set<String> known = ConcurrentHashMap.newKeySet();

	private volatile @Nullable Memory memory;

	private @Nullable String sent;

	private boolean received;

	CarrierExchange(PositionCarrier carrier) {
		this.carrier = carrier;
		this.serverSide = isServerSide(carrier);
	}

	private static boolean isServerSide(PositionCarrier carrier) {
		try {
			return carrier.isServerSide();
		}
		catch (Throwable ex) {
			report(carrier, "does not say where it keeps tokens", ex);
			return false;
		}
	}

	/**
	 * Reports that a carrier has failed. One whose class is broken fails for everybody,
	 * which is reported once.
	 */
	private static void report(PositionCarrier carrier, String failure, Throwable cause) {
		if (cause instanceof Error && broken.add(carrier)) {
			logger.warn(carrier + " " + failure, cause);
		}
		else {
			logger.debug(carrier + " " + failure, cause);
		}
	}

	boolean isServerSide() {
		return this.serverSide;
	}

	/**
	 * Whether the caller is known, so that nothing more can come.
	 */
	boolean isReceived() {
		return this.received;
	}

	/**
	 * Receives the tokens of a request.
	 * @return the tokens that were not known before
	 */
	Collection<String> receive(HttpServletRequest request) {
		if (!this.received) {
			try {
				this.received = this.carrier.isCallerKnown(request);
				Collection<String> brought = this.carrier.receive(request);
				this.memory = this.carrier.memoryOf(request);
				return brought.stream().filter(this.known::add).toList();
			}
			catch (Throwable ex) {
				this.received = true;
				report(this.carrier, "has brought nothing", ex);
			}
		}
		return List.of();
	}

	/**
	 * Keeps the known tokens where the place that they were kept in is gone.
	 */
	void keep(HttpServletRequest request) {
		if (this.known.isEmpty() || !isServerSide()) {
			return;
		}
		try {
			Memory memory = this.carrier.isForgotten(request) ? this.carrier.memoryOf(request) : null;
			if (memory != null) {
				this.memory = memory;
				this.known.forEach((token) -> memory.store(token, List.of()));
			}
		}
		catch (Throwable ex) {
			report(this.carrier, "has kept nothing", ex);
		}
	}

	/**
	 * Sends a token, unless it is the one sent last.
	 * @param mayReplace which tokens may be replaced
	 */
	void send(String token, HttpServletRequest request, HttpServletResponse response, Predicate<String> mayReplace) {
		if (token.equals(this.sent) || (response.isCommitted() && !isServerSide())) {
			return;
		}
		try {
			Memory memory = this.carrier.memoryOf(request);
			this.memory = (memory != null) ? memory : this.memory;
			exchange(token, mayReplace, (replaced) -> this.carrier.send(request, response, token, replaced));
			this.sent = (!isServerSide() || this.carrier.isCallerKnown(request)) ? token : null;
		}
		catch (Throwable ex) {
			report(this.carrier, "has sent nothing", ex);
		}
	}

	/**
	 * Stores a token when the request is over.
	 * @param mayReplace which tokens may be replaced
	 */
	void store(String token, Predicate<String> mayReplace) {
		Memory memory = this.memory;
		if (memory == null || token.equals(this.sent)) {
			return;
		}
		try {
			exchange(token, mayReplace, (replaced) -> memory.store(token, replaced));
			this.sent = token;
		}
		catch (Throwable ex) {
			report(this.carrier, "has stored nothing", ex);
		}
	}

	/**
	 * Puts a token in the place of others. One that could not be put may be kept all the
	 * same.
	 */
	private void exchange(String token, Predicate<String> mayReplace, Consumer<Collection<String>> sending) {
		List<String> replaced = this.known.stream().filter(mayReplace).toList();
		this.known.add(token);
		this.sent = null;
		sending.accept(replaced);
		if (isServerSide()) {
			SplitToken split = SplitToken.of(token);
			replaced.stream()
				.filter((other) -> !other.equals(token) && split.covers(other))
				.forEach(this.known::remove);
		}
	}

	/**
	 * The headers of the response are gone.
	 */
	void reset() {
		this.sent = null;
	}

}

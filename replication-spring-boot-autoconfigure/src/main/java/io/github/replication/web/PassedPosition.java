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

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.util.WebUtils;

import io.github.replication.caller.CallerOrigin;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.CallerTokens;
import io.github.replication.position.Bound;
import io.github.replication.position.PositionToken;
import io.github.replication.position.ReadMark;

/**
 * The position of a request's caller on its way: from what came with the request to what
 * leaves with the response.
 */
final class PassedPosition {

	private static final Log logger = LogFactory.getLog(PassedPosition.class);

	private final HttpServletRequest request;

	private final CallerTokens tokens;

	private final CallerRecord record;

	private final List<Passage> passages = new ArrayList<>();

	private final ReentrantLock lock = new ReentrantLock();

	private volatile HttpServletRequest seen;

	private volatile HttpServletResponse response;

	private volatile boolean written;

	private boolean awaited;

	private Bound received = Bound.NONE;

	private PositionToken.@Nullable Read receivedRead;

	/**
	 * Creates the position of a request.
	 * @param request the request
	 * @param response its response
	 * @param records opens the record of the caller
	 * @param carriers what takes positions along
	 */
	PassedPosition(HttpServletRequest request, HttpServletResponse response, CallerRecords records,
			List<PositionCarrier> carriers) {
		this.request = request;
		this.seen = request;
		this.response = response;
		this.tokens = records.tokens();
		this.record = records.forRequest(new Received());
		carriers.forEach((carrier) -> this.passages.add(new Passage(carrier)));
		this.record.onWrite(this::written);
	}

	CallerRecord record() {
		return this.record;
	}

	/**
	 * Watches over a response, once even if several dispatches see it.
	 * @param response the response of a dispatch
	 * @param error whether an error is being answered, before which the container may
	 * have dropped what was sent
	 */
	HttpServletResponse watch(HttpServletResponse response, boolean error) {
		if (error) {
			this.passages.forEach((passage) -> passage.sent = null);
		}
		if (WebUtils.getNativeResponse(response, BeforeCommitResponse.class) != null) {
			return response;
		}
		this.response = response;
		return new BeforeCommitResponse(response, this::leave);
	}

	/**
	 * Leaves when what has been started asynchronously has ended.
	 */
	void leaveAfter(AsyncContext context) {
		if (!this.awaited) {
			this.awaited = true;
			try {
				context.addListener(new EndOfRequest(), this.request, this.response);
			}
			catch (IllegalStateException ex) {
				leave();
			}
		}
	}

	/**
	 * The request as the application sees it: filters behind this one wrap it to tell who
	 * the user is, or to keep the session elsewhere.
	 */
	private HttpServletRequest seen() {
		HttpServletRequest seen = this.seen;
		if (RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes current
				&& current.getRequest() instanceof ServletRequestWrapper wrapper && wrapper != seen
				&& wrapper.isWrapperFor(seen)) {
			seen = current.getRequest();
			this.seen = seen;
		}
		return seen;
	}

	/**
	 * The mark that came, if it was one: several are told anew as one.
	 */
	private static PositionToken.@Nullable Read theMark(List<String> texts) {
		PositionToken.Read mark = null;
		for (String text : texts) {
			PositionToken token = PositionToken.parse(text);
			if (token != null && token.read() != null) {
				if (mark != null) {
					return null;
				}
				mark = token.read();
			}
		}
		return mark;
	}

	/**
	 * Something was committed: what is kept on the server is told at once, whatever
	 * becomes of the response.
	 */
	private void written() {
		this.written = true;
		this.lock.lock();
		try {
			for (Passage passage : this.passages) {
				passage.announce();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * The response is about to be committed, or the request is over.
	 */
	void leave() {
		if (!this.record.isUsed()) {
			return;
		}
		HttpServletResponse response = this.response;
		this.lock.lock();
		try {
			boolean written = this.written;
			if (written) {
				this.tokens.resolve(this.record);
			}
			else {
				this.tokens.lookUp(this.record);
			}
			Bound bound = this.record.bound();
			boolean read = mayTellOfRead(response) && tellsMoreOfRead(bound);
			if ((written && bound.write() != null) || read) {
				PositionToken token = this.tokens.write(read ? bound : withKnownRead(bound));
				for (Passage passage : this.passages) {
					passage.send(bound, token, response);
				}
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A shared cache must not hand out how far somebody has read.
	 */
	private static boolean mayTellOfRead(HttpServletResponse response) {
		for (String value : response.getHeaders(HttpHeaders.CACHE_CONTROL)) {
			for (String directive : value.split(",")) {
				if ("public".equalsIgnoreCase(directive.strip())) {
					return false;
				}
			}
		}
		return true;
	}

	private Bound withKnownRead(Bound bound) {
		ReadMark read = bound.read();
		ReadMark known = this.received.read();
		return (read != null && known != null && read.node() == known.node()) ? bound : bound.withRead(null);
	}

	private boolean tellsMoreOfRead(Bound bound) {
		ReadMark read = bound.read();
		PositionToken.Read told = this.receivedRead;
		return read != null && (told == null || told.node() != read.node() || !this.tokens.isFresh(told));
	}

	/**
	 * Whether a token tells of a write.
	 * @param text a token
	 */
	static boolean tellsOfWrite(String text) {
		PositionToken token = PositionToken.parse(text);
		return token != null && token.hasWrite();
	}

	/**
	 * What came with the request.
	 */
	private final class Received implements CallerOrigin {

		@Override
		public Bound recall() {
			List<String> tokens = new ArrayList<>();
			for (Passage passage : PassedPosition.this.passages) {
				passage.receive();
				tokens.addAll(passage.known);
			}
			Bound received = PassedPosition.this.tokens.read(tokens);
			PassedPosition.this.receivedRead = theMark(tokens);
			PassedPosition.this.received = received;
			return received;
		}

		@Override
		public boolean isOpen() {
			return !PassedPosition.this.passages.stream().allMatch((passage) -> passage.received);
		}

	}

	/**
	 * What happens when a request ends that was carried on by other threads.
	 */
	private final class EndOfRequest implements AsyncListener {

		@Override
		public void onComplete(AsyncEvent event) {
			leave();
		}

		@Override
		public void onTimeout(AsyncEvent event) {
			// completes later
		}

		@Override
		public void onError(AsyncEvent event) {
			// completes later
		}

		@Override
		public void onStartAsync(AsyncEvent event) {
			event.getAsyncContext().addListener(this, event.getSuppliedRequest(), event.getSuppliedResponse());
		}

	}

	/**
	 * The way through one carrier.
	 */
	private final class Passage {

		private final PositionCarrier carrier;

		private final Set<String> known = new HashSet<>();

		private @Nullable Bound sent;

		private boolean received;

		private boolean announced;

		Passage(PositionCarrier carrier) {
			this.carrier = carrier;
		}

		void receive() {
			if (this.received) {
				return;
			}
			try {
				HttpServletRequest request = seen();
				this.received = this.carrier.isCallerKnown(request);
				if (this.known.addAll(this.carrier.receive(request))) {
					PassedPosition.this.tokens.traffic().received();
				}
			}
			catch (RuntimeException ex) {
				this.received = true;
				logger.debug(this.carrier + " has brought nothing", ex);
			}
		}

		/**
		 * Tells that something was written whose position is not known yet. More writes
		 * change nothing about that.
		 */
		void announce() {
			if (this.carrier.isServerSide() && !this.announced) {
				this.announced = true;
				send(PassedPosition.this.tokens.write(PassedPosition.this.record.bound()).toString());
			}
		}

		void send(Bound bound, PositionToken token, HttpServletResponse response) {
			boolean possible = this.carrier.isServerSide() || !response.isCommitted();
			if (possible && !bound.equals(this.sent)) {
				this.sent = bound;
				this.announced = false;
				if (PassedPosition.this.written) {
					PassedPosition.this.tokens.traffic().sent();
				}
				send(token.toString());
			}
		}

		private void send(String token) {
			Collection<String> replaced = Set.copyOf(this.known);
			this.known.add(token);
			try {
				this.carrier.send(seen(), PassedPosition.this.response, token, replaced);
			}
			catch (RuntimeException ex) {
				logger.debug(this.carrier + " has sent nothing", ex);
			}
		}

	}

}

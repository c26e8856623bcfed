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
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletRequestWrapper;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.jspecify.annotations.Nullable;

import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.util.WebUtils;

import io.github.replication.caller.Arrival;
import io.github.replication.caller.CallerListener;
import io.github.replication.caller.CallerOrigin;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.caller.PositionTraffic;
import io.github.replication.position.PositionToken;
import io.github.replication.position.SessionGuarantee;

/**
 * The position of a request's caller: received when the first statement needs it, sent
 * before the response is committed.
 */
final class RequestPosition {

	/**
	 * The attribute of a request that has written, and not only read.
	 */
	static final String WRITTEN = RequestPosition.class.getName() + ".WRITTEN";

	/**
	 * The attribute of a request whose position counts from now on, also if the client
	 * holds the same one already.
	 */
	static final String RENEWED = RequestPosition.class.getName() + ".RENEWED";

	private final HttpServletRequest request;

	private final CallerRecord record;

	private final Arrival arrival;

	private final PositionTraffic traffic;

	private final List<CarrierExchange> exchanges;

	private final ReentrantLock lock = new ReentrantLock();

	private volatile HttpServletRequest seen;

	private volatile HttpServletResponse response;

	private volatile boolean written;

	private volatile boolean over;

	/**
	 * The last state whose tokens were sent, {@code null} for none.
	 */
	private volatile @Nullable Handled handled;

	private final AtomicInteger dispatches = new AtomicInteger();

	/**
	 * The number of the last write, which those of no other request have.
	 */
	private final AtomicLong number = new AtomicLong(ThreadLocalRandom.current().nextLong());

	/**
	 * Whether the head of the response takes a token along.
	 */
	private volatile boolean exposing;

	private boolean awaited;

	private boolean countedSent;

	private boolean countedReceived;

	/**
	 * Creates the position of a request.
	 * @param request the request
	 * @param response its response
	 * @param records opens the record of the caller
	 * @param carriers carry positions
	 */
	RequestPosition(HttpServletRequest request, HttpServletResponse response, CallerRecords records,
			List<PositionCarrier> carriers) {
		this.request = request;
		this.seen = request;
		this.response = response;
		this.arrival = new Arrival(records.tokens());
		this.traffic = records.tokens().traffic();
		this.exchanges = carriers.stream().map(CarrierExchange::new).toList();
		this.record = records.forRequest(new Received());
		this.record.listener(new Writes());
	}

	CallerRecord record() {
		return this.record;
	}

	/**
	 * Watches over a response, once even if several dispatches see it.
	 * @param response the response of a dispatch
	 * @param error whether an error is being answered, before which the container may
	 * have dropped the headers sent
	 */
	HttpServletResponse watch(HttpServletResponse response, boolean error) {
		if (error) {
			reset();
		}
		if (WebUtils.getNativeResponse(response, BeforeCommitResponse.class) != null) {
			return response;
		}
		this.response = response;
		return new BeforeCommitResponse(response, new BeforeCommitResponse.Callback() {

			@Override
			public void beforeCommit() {
				send();
			}

			@Override
			public void afterCachingHeader() {
				if (RequestPosition.this.exposing && SharedCaches.mayStore(response)) {
					SharedCaches.makePrivate(response);
				}
			}

			@Override
			public void afterReset() {
				reset();
			}

			@Override
			public void afterReplacedHeader() {
				if (RequestPosition.this.exposing) {
					sendAgain();
				}
			}

		});
	}

	private void reset() {
		this.exposing = false;
		sendAgain();
	}

	private void sendAgain() {
		this.handled = null;
		this.exchanges.forEach(CarrierExchange::reset);
	}

	/**
	 * Ends when the asynchronous work has ended.
	 */
	void endAfter(AsyncContext context) {
		left();
		if (!this.awaited) {
			this.awaited = true;
			try {
				context.addListener(new EndOfRequest(), this.request, this.response);
			}
			catch (IllegalStateException ex) {
				end();
			}
		}
	}

	/**
	 * Begins a dispatch of the request or of an error, or one within another.
	 */
	void begin() {
		this.dispatches.incrementAndGet();
		this.over = false;
	}

	/**
	 * Ends: request and response must not be touched from now on, unless there is another
	 * dispatch.
	 */
	void end() {
		try {
			send();
		}
		finally {
			leave();
		}
	}

	private void leave() {
		this.lock.lock();
		try {
			keep();
		}
		finally {
			this.over = left() == 0;
			this.lock.unlock();
		}
	}

	/**
	 * Leaves a dispatch.
	 * @return the number of dispatches around it
	 */
	private int left() {
		return this.dispatches.updateAndGet((dispatches) -> Math.max(0, dispatches - 1));
	}

	/**
	 * The request as the application sees it: filters behind this one wrap it to know the
	 * user, or to keep the session elsewhere.
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
	 * Sends new tokens: the response may be committed next, or the request is over. Costs
	 * little if nothing has changed since the call before.
	 */
	void send() {
		if (this.over || !this.record.isUsed() || isHandled()) {
			return;
		}
		this.lock.lock();
		try {
			Handled present = new Handled(this.number.get(), this.record.state());
			boolean written = this.written;
			keep();
			for (CarrierExchange exchange : this.exchanges) {
				if (exchange.isServerSide() || !this.response.isCommitted()) {
					send(exchange, written);
				}
				else {
					this.arrival.keep(this.record);
				}
			}
			this.handled = present;
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean isHandled() {
		Handled handled = this.handled;
		return handled != null && handled.write() == this.number.get() && handled.state() == this.record.state();
	}

	/**
	 * Keeps what has come where the application has replaced the session.
	 */
	private void keep() {
		if (!this.over && this.record.isUsed()) {
			this.exchanges.forEach((exchange) -> exchange.keep(seen()));
		}
	}

	private void send(CarrierExchange exchange, boolean written) {
		HttpServletResponse response = this.response;
		boolean exposed = !exchange.isServerSide();
		boolean shared = exposed && SharedCaches.mayStore(response);
		PositionToken token = this.arrival.departure(this.record, written, shared);
		if (token != null) {
			this.exposing |= exposed;
			if (shared) {
				SharedCaches.makePrivate(response);
			}
			if (written) {
				seen().setAttribute(WRITTEN, Boolean.TRUE);
			}
			if (this.arrival.isRenewing()) {
				seen().setAttribute(RENEWED, Boolean.TRUE);
			}
			exchange.send(text(token, exchange), seen(), response, this.arrival::mayReplace);
			countSent(written);
		}
	}

	/**
	 * The token as text. On the server it has the number of the last write, so that equal
	 * texts say the same.
	 */
	private String text(PositionToken token, CarrierExchange exchange) {
		return (exchange.isServerSide() ? token.numbered(this.number.get()) : token).toString();
	}

	private void countSent(boolean written) {
		if (written && !this.countedSent) {
			this.countedSent = true;
			this.traffic.sent();
		}
	}

	private void countReceived(Collection<String> tokens) {
		if (!tokens.isEmpty() && !this.countedReceived) {
			this.countedReceived = true;
			this.traffic.received();
		}
	}

	/**
	 * Stores, in carriers that keep tokens on the server, that something was written,
	 * also if the response is never sent.
	 */
	private void sendEarly() {
		this.lock.lock();
		try {
			for (CarrierExchange exchange : this.exchanges) {
				if (exchange.isServerSide()) {
					String token = text(this.arrival.announcement(this.record), exchange);
					if (this.over) {
						exchange.store(token, this.arrival::mayReplace);
					}
					else {
						seen().setAttribute(WRITTEN, Boolean.TRUE);
						exchange.send(token, seen(), this.response, this.arrival::mayReplace);
					}
				}
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Receives the tokens of the request.
	 */
	private final class Received implements CallerOrigin {

		@Override
		public SessionGuarantee recall() {
			SessionGuarantee received = SessionGuarantee.NONE;
			for (CarrierExchange exchange : RequestPosition.this.exchanges) {
				if (!RequestPosition.this.over) {
					Collection<String> tokens = exchange.receive(seen());
					countReceived(tokens);
					received = received.and(RequestPosition.this.arrival.add(tokens));
				}
			}
			return received;
		}

		@Override
		public boolean isOpen() {
			return !RequestPosition.this.over
					&& !RequestPosition.this.exchanges.stream().allMatch(CarrierExchange::isReceived);
		}

	}

	/**
	 * Is notified of the writes of the caller.
	 */
	private final class Writes implements CallerListener {

		@Override
		public void written() {
			RequestPosition.this.written = true;
			RequestPosition.this.number.incrementAndGet();
		}

		@Override
		public void learnt() {
			written();
			if (RequestPosition.this.over) {
				sendEarly();
			}
		}

		@Override
		public void connectionReturned() {
			sendEarly();
		}

	}

	/**
	 * A state of the record of which tokens were sent.
	 *
	 * @param write the number of the last write that was reported before
	 * @param state the state, compared by identity
	 */
	private record Handled(long write, Object state) {

	}

	/**
	 * Ends a request that was carried on by other threads.
	 */
	private final class EndOfRequest implements AsyncListener {

		@Override
		public void onComplete(AsyncEvent event) {
			end();
		}

		@Override
		public void onTimeout(AsyncEvent event) {
			send();
		}

		@Override
		public void onError(AsyncEvent event) {
			send();
		}

		@Override
		public void onStartAsync(AsyncEvent event) {
			event.getAsyncContext().addListener(this, event.getSuppliedRequest(), event.getSuppliedResponse());
		}

	}

}

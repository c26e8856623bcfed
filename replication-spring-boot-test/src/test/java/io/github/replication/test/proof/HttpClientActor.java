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

package io.github.replication.test.proof;

import java.io.IOException;
import java.net.CookieManager;
import java.net.CookiePolicy;
import java.net.HttpCookie;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

/**
 * A client over HTTP, which keeps what it is sent as the cookie store of the JDK does.
 * Each request is a part of its session: it knows the responses that had arrived when it
 * was sent, and the session learns of it when its own response arrives.
 */
final class HttpClientActor implements Actor {

	private static final String HEADER = "Replication-Position";

	private static final int REQUESTS_BETWEEN_RESTARTS = 20;

	private final HttpClientTraffic traffic;

	private final Requests requests;

	private final History history;

	private final AtomicLong ids;

	private final CookieManager cookies = new CookieManager(null, CookiePolicy.ACCEPT_ALL);

	private long session;

	private @Nullable String position;

	private boolean loggedIn;

	private int sent;

	/**
	 * Creates a client that knows nothing.
	 * @param traffic where requests go, and what is counted
	 * @param requests the requests
	 * @param history where operations are recorded
	 * @param ids yields the numbers of sessions
	 */
	HttpClientActor(HttpClientTraffic traffic, Requests requests, History history, AtomicLong ids) {
		this.traffic = traffic;
		this.requests = requests;
		this.history = history;
		this.ids = ids;
		this.session = ids.incrementAndGet();
		this.sent = (int) (this.session % REQUESTS_BETWEEN_RESTARTS);
	}

	@Override
	public void proceed() {
		while (this.traffic.carrier() == HttpClientTraffic.Carrier.SESSION && !this.loggedIn) {
			this.loggedIn = login();
		}
		Request request = this.requests.next();
		if (request.token() == Request.Token.LOST || ++this.sent % REQUESTS_BETWEEN_RESTARTS == 0) {
			restart();
		}
		else if (request.token() == Request.Token.DUPLICATED) {
			sendInParallel(request);
		}
		else {
			send(request).join();
		}
	}

	/**
	 * One request is under way while others begin and end.
	 */
	private void sendInParallel(Request request) {
		List<CompletableFuture<Void>> others = new ArrayList<>();
		others.add(send(request));
		others.add(send(this.requests.next()));
		send(this.requests.next()).join();
		send(this.requests.next()).join();
		others.forEach(CompletableFuture::join);
	}

	/**
	 * A client that is started anew keeps the cookies that have an age. Those of reads
	 * have none.
	 */
	private void restart() {
		List<HttpCookie> all = this.cookies.getCookieStore().getCookies();
		all.stream()
			.filter((cookie) -> cookie.getMaxAge() < 0)
			.toList()
			.forEach((cookie) -> this.cookies.getCookieStore().remove(null, cookie));
		keepNothing();
		this.loggedIn = false;
		this.traffic.count("restarts");
		if (!this.traffic.carrier().survivesRestarts()) {
			this.history.add(new Event.Lost(this.session));
			this.session = this.ids.incrementAndGet();
		}
		else if (this.traffic.carrier() == HttpClientTraffic.Carrier.COOKIE) {
			this.history.add(new Event.ReadsForgotten(this.session));
		}
	}

	private boolean login() {
		URI uri = this.traffic.login();
		try {
			HttpResponse<String> response = this.traffic.client().send(request(uri, null), BodyHandlers.ofString());
			this.cookies.put(uri, response.headers().map());
			return true;
		}
		catch (IOException ex) {
			this.traffic.count("responses that were lost");
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	private CompletableFuture<Void> send(Request request) {
		long part = this.ids.incrementAndGet();
		this.history.add(new Event.Forked(this.session, part));
		int first = request.steps().size() / 2;
		Visit visit = new Visit(this.history, part, this.ids,
				List.of(request.steps().subList(0, first), request.steps().subList(first, request.steps().size())));
		visit.expect();
		URI uri = this.traffic.visit(part);
		String position = position();
		return this.traffic.client()
			.sendAsync(request(uri, position), BodyHandlers.ofString())
			.handle((response, failure) -> {
				visit.end();
				if (failure != null) {
					lose(part, failure);
				}
				else {
					keep(part, uri, response, position);
				}
				return null;
			});
	}

	private synchronized void keepNothing() {
		this.position = null;
	}

	private synchronized @Nullable String position() {
		return this.position;
	}

	private HttpRequest request(URI uri, @Nullable String position) {
		HttpRequest.Builder request = HttpRequest.newBuilder(uri).POST(BodyPublishers.noBody());
		try {
			this.cookies.get(uri, Map.of()).forEach((name, values) -> {
				if (!values.isEmpty()) {
					request.header(name, String.join("; ", values));
					this.traffic.sent(String.join("; ", values).length());
				}
			});
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		if (position != null) {
			request.header(HEADER, position);
		}
		if (this.traffic.carrier() == HttpClientTraffic.Carrier.USER) {
			request.header("User", "user-" + this.session);
		}
		return request.build();
	}

	/**
	 * Nobody learns of what has happened, except for those whom the server knows.
	 */
	private void lose(long part, Throwable failure) {
		Throwable cause = (failure instanceof CompletionException) ? failure.getCause() : failure;
		if (!(cause instanceof IOException)) {
			throw new IllegalStateException("A request has failed in the client", cause);
		}
		this.traffic.count("responses that were lost");
		this.history.add(new Event.Lost(part));
	}

	/**
	 * What was sent is kept before the session counts as one that knows it.
	 */
	private void keep(long part, URI uri, HttpResponse<String> response, @Nullable String before) {
		if (response.statusCode() != 200) {
			throw new IllegalStateException("Status " + response.statusCode() + ": " + response.body());
		}
		this.traffic.count("responses by " + response.body());
		try {
			this.cookies.put(uri, response.headers().map());
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		response.headers().firstValue(HEADER).ifPresent((value) -> keep(value, before));
		this.history.add(new Event.Merged(this.session, part));
	}

	/**
	 * A position replaces the one that the request has taken along, and joins those of
	 * other responses.
	 */
	private synchronized void keep(String value, @Nullable String before) {
		this.position = (this.position == null || this.position.equals(before)) ? value : this.position + "," + value;
	}

}

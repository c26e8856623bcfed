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

package io.github.replication.integration;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.github.replication.position.PositionToken;

/**
 * What one user calls applications with: keeps cookies, whichever port they come from,
 * and sends headers along.
 */
final class Browser {

	private static final Duration FOR_EVER = Duration.ofDays(1);

	private static final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private static final Pattern MAX_AGE = Pattern.compile("(?i);\\s*Max-Age=(\\d+)");

	private final Map<String, String> cookies = new TreeMap<>();

	/**
	 * When cookies end, by the monotonic clock in nanoseconds.
	 */
	private final Map<String, Long> ends = new HashMap<>();

	private final Map<String, String> headers = new TreeMap<>();

	private final Set<String> returned = new TreeSet<>();

	Browser with(String header, String value) {
		this.headers.put(header, value);
		return this;
	}

	Browser withCookie(String name, String value) {
		keep(name, value, FOR_EVER);
		return this;
	}

	/**
	 * Sends the last value of a header back.
	 */
	Browser returning(String header) {
		this.returned.add(header);
		return this;
	}

	synchronized Map<String, String> cookies() {
		long now = System.nanoTime();
		this.ends.values().removeIf((end) -> end - now <= 0);
		this.cookies.keySet().retainAll(this.ends.keySet());
		return Map.copyOf(this.cookies);
	}

	/**
	 * The tokens in the cookies of the default name.
	 */
	List<String> tokens() {
		return cookies().entrySet()
			.stream()
			.filter((cookie) -> cookie.getKey().startsWith("replication-position-"))
			.map((cookie) -> token(cookie.getKey(), cookie.getValue()))
			.toList();
	}

	/**
	 * The token in a cookie, whose name has the cluster. A mark of the instance may
	 * follow.
	 */
	private static String token(String name, String value) {
		String cluster = name.replaceFirst("replication-position-([0-9a-f]+)-.*", "$1");
		return value.split("_")[0].replaceFirst("^2[.][.]", "2." + cluster + ".");
	}

	/**
	 * The positions in the cookies of the default name, without read marks.
	 */
	List<PositionToken> positions() {
		return tokens().stream()
			.map(PositionToken::parse)
			.filter((token) -> token != null && token.hasWrite())
			.toList();
	}

	/**
	 * The length of the header that takes all cookies along.
	 */
	int lengthOfCookies() {
		return cookies().entrySet()
			.stream()
			.mapToInt((cookie) -> (cookie.getKey() + "=" + cookie.getValue() + "; ").length())
			.sum();
	}

	CompletableFuture<HttpResponse<String>> getAsync(TestApplication application, String path) {
		return getAsync(application.port(), path);
	}

	CompletableFuture<HttpResponse<String>> getAsync(int port, String path) {
		return client.sendAsync(request(port, "GET", path), BodyHandlers.ofString()).thenApply(this::kept);
	}

	CompletableFuture<HttpResponse<String>> postAsync(int port, String path) {
		return client.sendAsync(request(port, "POST", path), BodyHandlers.ofString()).thenApply(this::kept);
	}

	HttpResponse<String> get(TestApplication application, String path) {
		return call(application, "GET", path);
	}

	HttpResponse<String> post(TestApplication application, String path) {
		return call(application, "POST", path);
	}

	HttpResponse<String> get(int port, String path) {
		return call(port, "GET", path);
	}

	private HttpResponse<String> call(TestApplication application, String method, String path) {
		return call(application.port(), method, path);
	}

	private HttpResponse<String> call(int port, String method, String path) {
		try {
			return kept(client.send(request(port, method, path), BodyHandlers.ofString()));
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Sends what is known now; what comes back is kept when it comes.
	 */
	CompletableFuture<HttpResponse<String>> postAsync(TestApplication application, String path) {
		return postAsync(application.port(), path);
	}

	private synchronized HttpRequest request(int port, String method, String path) {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
			.method(method, BodyPublishers.noBody());
		this.headers.forEach(request::header);
		Map<String, String> cookies = cookies();
		if (!cookies.isEmpty()) {
			request.header("Cookie",
					cookies.entrySet()
						.stream()
						.map((cookie) -> cookie.getKey() + "=" + cookie.getValue())
						.collect(Collectors.joining("; ")));
		}
		return request.build();
	}

	private synchronized HttpResponse<String> kept(HttpResponse<String> response) {
		this.returned.forEach((
				header) -> response.headers().firstValue(header).ifPresent((value) -> this.headers.put(header, value)));
		for (String line : response.headers().allValues("Set-Cookie")) {
			String cookie = line.split(";", 2)[0];
			String name = cookie.substring(0, cookie.indexOf('='));
			Matcher maxAge = MAX_AGE.matcher(line);
			keep(name, cookie.substring(name.length() + 1),
					maxAge.find() ? Duration.ofSeconds(Long.parseLong(maxAge.group(1))) : FOR_EVER);
		}
		return response;
	}

	private void keep(String name, String value, Duration maxAge) {
		this.cookies.put(name, value);
		this.ends.put(name, System.nanoTime() + maxAge.toNanos());
	}

}

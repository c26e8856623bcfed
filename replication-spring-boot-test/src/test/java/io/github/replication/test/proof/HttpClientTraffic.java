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

import java.net.URI;
import java.net.http.HttpClient;
import java.util.Map;
import java.util.TreeMap;

/**
 * The way from the clients of one carrier to its instances. Counts what goes by.
 */
final class HttpClientTraffic {

	private final Map<String, Long> counts = new TreeMap<>();

	private final HttpClient client;

	private final Carrier carrier;

	private final FrontDoor door;

	private final int service;

	private int longest;

	/**
	 * Creates the way.
	 * @param client sends requests
	 * @param carrier how positions go along
	 * @param door leads to the instances
	 * @param service the port of a service that instances call
	 */
	HttpClientTraffic(HttpClient client, Carrier carrier, FrontDoor door, int service) {
		this.client = client;
		this.carrier = carrier;
		this.door = door;
		this.service = service;
	}

	HttpClient client() {
		return this.client;
	}

	Carrier carrier() {
		return this.carrier;
	}

	/**
	 * Where a request goes, which half of the time involves another thread, a job or a
	 * service.
	 */
	URI visit(long part) {
		HttpProofApplication.Way[] ways = HttpProofApplication.Way.values();
		HttpProofApplication.Way way = ways[Math.max(0, (int) (part % (2 * ways.length - 2)) - ways.length + 2)];
		count("requests: " + way);
		return URI.create("http://127.0.0.1:" + this.door.port() + "/visits/" + part + "?way=" + way + "&service="
				+ this.service);
	}

	/**
	 * Where a client logs in.
	 */
	URI login() {
		return URI.create("http://127.0.0.1:" + this.door.port() + "/login");
	}

	/**
	 * Counts the length of the cookies of a request.
	 */
	synchronized void sent(int length) {
		this.longest = Math.max(this.longest, length);
	}

	synchronized void count(String what) {
		this.counts.merge(what, 1L, Long::sum);
	}

	/**
	 * The length of the longest {@code Cookie} header.
	 */
	synchronized int longest() {
		return this.longest;
	}

	synchronized Map<String, Long> counts() {
		return new TreeMap<>(this.counts);
	}

	int lost() {
		return this.door.lost();
	}

	/**
	 * How positions go along.
	 */
	enum Carrier {

		COOKIE, HEADER, SESSION, USER;

		/**
		 * Whether a client that is started anew is still the same caller.
		 */
		boolean survivesRestarts() {
			return this == COOKIE || this == USER;
		}

	}

}

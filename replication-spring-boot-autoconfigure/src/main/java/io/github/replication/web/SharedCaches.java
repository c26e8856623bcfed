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
import java.util.List;
import java.util.Locale;

import jakarta.servlet.http.HttpServletResponse;

import org.springframework.http.HttpHeaders;

/**
 * The directives of a response to shared caches, such as the caches of proxies and
 * content delivery networks (RFC 9111, section 3; RFC 9213).
 */
final class SharedCaches {

	private static final String PRIVATE = "private";

	private static final List<String> TARGETED = List.of("CDN-Cache-Control", "Surrogate-Control");

	private SharedCaches() {
	}

	/**
	 * Whether a shared cache may store a response, and hand it out to others.
	 */
	static boolean mayStore(HttpServletResponse response) {
		if (TARGETED.stream().anyMatch((name) -> allows(directives(response, name)))) {
			return true;
		}
		List<String> directives = directives(response, HttpHeaders.CACHE_CONTROL);
		if (directives.contains("no-store") || directives.contains(PRIVATE)) {
			return false;
		}
		return allows(directives) || response.containsHeader(HttpHeaders.EXPIRES);
	}

	/**
	 * Whether a header is one of the deciding ones.
	 */
	static boolean isAddressedBy(String name) {
		return HttpHeaders.CACHE_CONTROL.equalsIgnoreCase(name) || HttpHeaders.EXPIRES.equalsIgnoreCase(name)
				|| TARGETED.stream().anyMatch((targeted) -> targeted.equalsIgnoreCase(name));
	}

	private static boolean allows(List<String> directives) {
		return !directives.contains("no-store") && directives.stream()
			.anyMatch((directive) -> directive.equals("public") || directive.startsWith("max-age=")
					|| directive.startsWith("s-maxage="));
	}

	/**
	 * Reserves a response for the caller.
	 */
	static void makePrivate(HttpServletResponse response) {
		List<String> directives = new ArrayList<>(directives(response, HttpHeaders.CACHE_CONTROL));
		directives.removeIf((directive) -> directive.equals("public") || directive.startsWith("s-maxage="));
		directives.add(0, PRIVATE);
		response.setHeader(HttpHeaders.CACHE_CONTROL, String.join(", ", directives));
		for (String name : TARGETED) {
			if (response.containsHeader(name)) {
				response.setHeader(name, "no-store");
			}
		}
	}

	private static List<String> directives(HttpServletResponse response, String name) {
		List<String> directives = new ArrayList<>();
		for (String value : response.getHeaders(name)) {
			for (String directive : value.split(",")) {
				directives.add(directive.replace(" ", "").toLowerCase(Locale.ROOT));
			}
		}
		directives.removeIf(String::isEmpty);
		return directives;
	}

}

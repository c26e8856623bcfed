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
import java.util.Collections;
import java.util.List;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.util.StringUtils;

/**
 * Carries positions in a header of requests and responses, for clients that are programs:
 * they return the value received last, or all values received in parallel, separated by
 * commas.
 *
 * @since 0.1.0
 */
public final class HeaderPositionCarrier implements PositionCarrier {

	private final String name;

	/**
	 * Creates a carrier.
	 * @param name the name of the header
	 */
	public HeaderPositionCarrier(String name) {
		this.name = name;
	}

	@Override
	public Collection<String> receive(HttpServletRequest request) {
		List<String> tokens = new ArrayList<>();
		for (String value : Collections.list(request.getHeaders(this.name))) {
			tokens.addAll(List.of(StringUtils.tokenizeToStringArray(value, ",")));
		}
		return tokens;
	}

	@Override
	public void send(HttpServletRequest request, HttpServletResponse response, String token,
			Collection<String> replaced) {
		response.setHeader(this.name, token);
	}

}

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

import java.io.IOException;
import java.util.List;

import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;

import io.github.replication.caller.CallerRecords;

/**
 * Sends the current caller's position with calls to other services of the same cluster,
 * and adds the positions of their responses to the caller's. So a chain of services has
 * the same consistency as one service. The services called use the header as their
 * carrier.
 * <p>
 * A bean of this type exists to be added to the clients that call such services:
 * {@code RestClient.builder().requestInterceptor(interceptor)}. It is added to none by
 * itself, because other services have no use for a position.
 *
 * @since 0.1.0
 */
public final class PositionClientInterceptor implements ClientHttpRequestInterceptor {

	private final CallerRecords records;

	private final String header;

	/**
	 * Creates an interceptor.
	 * @param records the records of the application
	 * @param header the name of the header
	 */
	public PositionClientInterceptor(CallerRecords records, String header) {
		this.records = records;
		this.header = header;
	}

	@Override
	public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
			throws IOException {
		String position = this.records.position();
		if (position != null) {
			request.getHeaders().set(this.header, position);
		}
		ClientHttpResponse response = execution.execute(request, body);
		List<String> positions = response.getHeaders().getOrDefault(this.header, List.of());
		positions.forEach((value) -> this.records.current().add(this.records.tokens().decode(value)));
		return response;
	}

}

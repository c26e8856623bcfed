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
import java.util.function.Supplier;

import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.context.request.async.WebAsyncUtils;
import org.springframework.web.util.WebUtils;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;

/**
 * Gives each request a record of its own, which also serves the request's asynchronous
 * and error dispatches. Takes the caller's position from the request when the first
 * statement needs it, and adds it to the response before that is committed. Must be the
 * outermost filter that comes near a data source.
 *
 * @since 0.1.0
 */
public final class CallerRecordFilter implements Filter {

	/**
	 * The order of this filter: before Spring Session's, {@code Integer.MIN_VALUE + 50}.
	 */
	public static final int ORDER = Integer.MIN_VALUE + 40;

	private static final String POSITION = CallerRecordFilter.class.getName() + ".POSITION";

	private final CallerRecords records;

	private final Supplier<List<PositionCarrier>> carriers;

	/**
	 * Creates the filter.
	 * @param records the records of the application
	 * @param carriers yields the carriers of positions; asked at the first request
	 */
	public CallerRecordFilter(CallerRecords records, Supplier<List<PositionCarrier>> carriers) {
		this.records = records;
		this.carriers = SingletonSupplier.of(carriers);
	}

	@Override
	public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		if (request instanceof HttpServletRequest httpRequest && response instanceof HttpServletResponse httpResponse) {
			doFilter(httpRequest, httpResponse, chain);
		}
		else {
			chain.doFilter(request, response);
		}
	}

	private void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		RequestPosition position = positionOf(request, response);
		if (isNested(request.getDispatcherType())) {
			doFilterNested(request, response, chain, position);
			return;
		}
		position.begin();
		HttpServletResponse watched = position.watch(response, request.getDispatcherType() == DispatcherType.ERROR);
		CallerRecord previous = this.records.bind(position.record());
		try {
			chain.doFilter(watch(request, watched, position), watched);
		}
		finally {
			this.records.restore(previous);
			if (request.isAsyncStarted()) {
				position.endAfter(request.getAsyncContext());
			}
			else {
				position.end();
			}
		}
	}

	private static boolean isNested(DispatcherType type) {
		return type == DispatcherType.FORWARD || type == DispatcherType.INCLUDE;
	}

	/**
	 * A container may finish a response right after a forward, past everything that wraps
	 * the response.
	 */
	private static void doFilterNested(HttpServletRequest request, HttpServletResponse response, FilterChain chain,
			RequestPosition position) throws ServletException, IOException {
		try {
			chain.doFilter(request, response);
		}
		finally {
			if (request.getDispatcherType() == DispatcherType.FORWARD) {
				position.send();
			}
		}
	}

	private static HttpServletRequest watch(HttpServletRequest request, HttpServletResponse watched,
			RequestPosition position) {
		return (WebUtils.getNativeRequest(request, WatchedRequest.class) != null) ? request
				: new WatchedRequest(request, watched, position::send);
	}

	private RequestPosition positionOf(HttpServletRequest request, HttpServletResponse response) {
		if (request.getAttribute(POSITION) instanceof RequestPosition position) {
			return position;
		}
		RequestPosition position = new RequestPosition(request, response, this.records, this.carriers.get());
		request.setAttribute(POSITION, position);
		WebAsyncUtils.getAsyncManager(request)
			.registerCallableInterceptor(POSITION, new CallableRecord(this.records, position.record()));
		return position;
	}

}

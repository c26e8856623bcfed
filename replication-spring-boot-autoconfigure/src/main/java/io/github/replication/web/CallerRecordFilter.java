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

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.web.filter.OncePerRequestFilter;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;

/**
 * Gives each request a record of its own, which also serves the request's asynchronous
 * and error dispatches. Must be the outermost filter that comes near a data source.
 *
 * @since 0.1.0
 */
public final class CallerRecordFilter extends OncePerRequestFilter {

	/**
	 * The order of this filter: before Spring Session's, {@code Integer.MIN_VALUE + 50}.
	 */
	public static final int ORDER = Integer.MIN_VALUE + 40;

	private static final String RECORD = CallerRecordFilter.class.getName() + ".RECORD";

	private final CallerRecords records;

	/**
	 * Creates the filter.
	 * @param records the records of the application
	 */
	public CallerRecordFilter(CallerRecords records) {
		this.records = records;
	}

	@Override
	protected boolean shouldNotFilterAsyncDispatch() {
		return false;
	}

	@Override
	protected boolean shouldNotFilterErrorDispatch() {
		return false;
	}

	@Override
	protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
			throws ServletException, IOException {
		CallerRecord previous = this.records.bind(recordOf(request));
		try {
			chain.doFilter(request, response);
		}
		finally {
			this.records.restore(previous);
		}
	}

	private CallerRecord recordOf(HttpServletRequest request) {
		if (request.getAttribute(RECORD) instanceof CallerRecord record) {
			return record;
		}
		CallerRecord record = this.records.forRequest(null);
		request.setAttribute(RECORD, record);
		return record;
	}

}

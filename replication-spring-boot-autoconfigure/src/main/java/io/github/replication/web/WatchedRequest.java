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

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.ServletContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;

/**
 * A request whose asynchronous context hands out the watched response also where it was
 * started without one, which otherwise yields the response of the container.
 */
final class WatchedRequest extends HttpServletRequestWrapper {

	private final HttpServletResponse response;

	/**
	 * Wraps a request.
	 * @param request the request
	 * @param response its response, watched
	 */
	WatchedRequest(HttpServletRequest request, HttpServletResponse response) {
		super(request);
		this.response = response;
	}

	@Override
	public AsyncContext startAsync() {
		return watched(super.startAsync());
	}

	@Override
	public AsyncContext getAsyncContext() {
		return watched(super.getAsyncContext());
	}

	private AsyncContext watched(AsyncContext context) {
		return context.hasOriginalRequestAndResponse() ? new WatchedContext(context, this.response) : context;
	}

	/**
	 * An asynchronous context with another response.
	 */
	private record WatchedContext(AsyncContext context, HttpServletResponse response) implements AsyncContext {

		@Override
		public ServletRequest getRequest() {
			return this.context.getRequest();
		}

		@Override
		public ServletResponse getResponse() {
			return this.response;
		}

		@Override
		public boolean hasOriginalRequestAndResponse() {
			return this.context.hasOriginalRequestAndResponse();
		}

		@Override
		public void dispatch() {
			this.context.dispatch();
		}

		@Override
		public void dispatch(String path) {
			this.context.dispatch(path);
		}

		@Override
		public void dispatch(ServletContext servletContext, String path) {
			this.context.dispatch(servletContext, path);
		}

		@Override
		public void complete() {
			this.context.complete();
		}

		@Override
		public void start(Runnable work) {
			this.context.start(work);
		}

		@Override
		public void addListener(AsyncListener listener) {
			this.context.addListener(listener);
		}

		@Override
		public void addListener(AsyncListener listener, ServletRequest request, ServletResponse response) {
			this.context.addListener(listener, request, response);
		}

		@Override
		public <T extends AsyncListener> T createListener(Class<T> type) throws ServletException {
			return this.context.createListener(type);
		}

		@Override
		public void setTimeout(long timeout) {
			this.context.setTimeout(timeout);
		}

		@Override
		public long getTimeout() {
			return this.context.getTimeout();
		}

	}

}

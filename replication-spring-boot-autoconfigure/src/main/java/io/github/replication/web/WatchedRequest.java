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
 * started without one, which otherwise yields the response of the container. Before the
 * context completes, the position is sent: Jetty commits a response without a body before
 * it notifies listeners. A dispatch passes the filter again, which sends it.
 */
final class WatchedRequest extends HttpServletRequestWrapper {

	private final HttpServletResponse response;

	private final Runnable beforeCompletion;

	/**
	 * Wraps a request.
	 * @param request the request
	 * @param response its response, watched
	 * @param beforeCompletion is called before an asynchronous context completes; must
	 * not throw
	 */
	WatchedRequest(HttpServletRequest request, HttpServletResponse response, Runnable beforeCompletion) {
		super(request);
		this.response = response;
		this.beforeCompletion = beforeCompletion;
	}

	@Override
	public AsyncContext startAsync() {
		return watched(super.startAsync());
	}

	@Override
	public AsyncContext startAsync(ServletRequest request, ServletResponse response) {
		return watched(super.startAsync(request, response));
	}

	@Override
	public AsyncContext getAsyncContext() {
		return watched(super.getAsyncContext());
	}

	private AsyncContext watched(AsyncContext context) {
		ServletResponse response = context.hasOriginalRequestAndResponse() ? this.response : context.getResponse();
		return new WatchedContext(context, response, this.beforeCompletion);
	}

	/**
	 * An asynchronous context with another response.
	 */
	private record WatchedContext(AsyncContext context, ServletResponse response,
			Runnable beforeCompletion) implements AsyncContext {

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
			try {
				this.beforeCompletion.run();
			}
			finally {
				this.context.complete();
			}
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

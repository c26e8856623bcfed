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
package io.github.replication.interceptor;

import java.util.ArrayList;
import java.util.List;

import org.aopalliance.intercept.MethodInvocation;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.ProxyMethodInvocation;

import io.github.replication.RoutingScope;
import io.github.replication.jdbc.RetryAttempt;
import io.github.replication.node.ClusterNode;

/**
 * Runs a read-only unit again when a node fails under it, at most once for each node. A
 * replica that failed serves no later attempt. The primary comes last, if it may serve. A
 * unit that loses its connection to the primary waits for it or for its successor, as any
 * new unit does. The last attempt counts, whether it succeeds or fails. Its own failure
 * suppresses the earlier ones.
 */
final class Retry {

	private static final Log logger = LogFactory.getLog(Retry.class);

	private Retry() {
	}

	/**
	 * Runs a unit that is in no other one.
	 * @param invocation the call of the method, of which each attempt gets a copy
	 * @param scope the demands of the method on its statements
	 * @return the result of the method
	 * @throws Throwable the exception of the last run of the method
	 */
	static @Nullable Object run(ProxyMethodInvocation invocation, RoutingScope scope) throws Throwable {
		RetryAttempt unit = new RetryAttempt();
		List<Throwable> earlier = List.of();
		ClusterNode failed = null;
		while (true) {
			try {
				Object result = attempt(invocation.invocableClone(), scope, unit);
				count(failed, true);
				return result;
			}
			catch (Throwable failure) {
				ClusterNode suspect = unit.suspect();
				count(failed, false);
				if (suspect == null || !mayRunAgain(unit, suspect, scope, failure)) {
					suppress(earlier, failure);
					throw failure;
				}
				failed = suspect;
				earlier = with(earlier, failure);
			}
		}
	}

	/**
	 * Counts how it went to run again after a failure.
	 */
	private static void count(@Nullable ClusterNode failed, boolean successful) {
		if (failed != null) {
			failed.counts().retried(successful);
		}
	}

	private static @Nullable Object attempt(MethodInvocation invocation, RoutingScope scope, RetryAttempt unit)
			throws Throwable {
		RoutingScope previousScope = scope.enterApart();
		RetryAttempt previous = unit.enter();
		try {
			return invocation.proceed();
		}
		finally {
			RetryAttempt.exit(previous);
			RoutingScope.leave(previousScope);
		}
	}

	private static boolean mayRunAgain(RetryAttempt unit, ClusterNode suspect, RoutingScope scope, Throwable failure) {
		if (Thread.currentThread().isInterrupted()) {
			return false;
		}
		NodeFailures.Extent extent = NodeFailures.extent(failure, suspect.role(), unit::hasSeen);
		switch (extent) {
			case NODE -> unit.exclude(suspect);
			case PLAN -> {
				if (!unit.prepareAnew()) {
					return false;
				}
			}
			case EVERY_REPLICA -> unit.excludeReplicas();
			case REPLICAS_BEHIND -> {
				if (!unit.isBehind()) {
					return false;
				}
				unit.excludeReplicas();
			}
			case NOBODY -> {
				return false;
			}
		}
		logger.debug(scope.unit() + " failed on " + suspect + " and runs again", failure);
		return true;
	}

	private static List<Throwable> with(List<Throwable> earlier, Throwable failure) {
		List<Throwable> more = new ArrayList<>(earlier);
		more.add(failure);
		return more;
	}

	private static void suppress(List<Throwable> earlier, Throwable last) {
		earlier.stream().filter((failure) -> failure != last).forEach(last::addSuppressed);
	}

}

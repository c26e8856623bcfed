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

import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.ProxyMethodInvocation;

import io.github.replication.RoutingScope;
import io.github.replication.SynchronousCommit;
import io.github.replication.jdbc.CommitDurability;
import io.github.replication.jdbc.RetryAttempt;

/**
 * Opens the scope of a method around its transaction. Looks at the class that the proxy
 * was created for and not behind it: the annotations of a repository interface count
 * before those of Spring Data's implementation.
 */
final class RouteInterceptor implements MethodInterceptor {

	private final RouteAttributeSource attributes;

	RouteInterceptor(RouteAttributeSource attributes) {
		this.attributes = attributes;
	}

	@Override
	public @Nullable Object invoke(MethodInvocation invocation) throws Throwable {
		RouteAttribute attribute = this.attributes.getAttributeOfCall(invocation.getMethod(), invocation.getThis());
		if (attribute == null) {
			return invocation.proceed();
		}
		boolean joins = attribute.joins() && RoutingScope.joinsTransaction();
		SynchronousCommit durability = attribute.durability();
		return (durability != null) ? invoke(invocation, attribute, joins, durability)
				: invoke(invocation, attribute, joins);
	}

	private @Nullable Object invoke(MethodInvocation invocation, RouteAttribute attribute, boolean joins,
			SynchronousCommit durability) throws Throwable {
		if (joins) {
			CommitDurability.require(durability);
			return invoke(invocation, attribute, true);
		}
		CommitDurability previous = CommitDurability.enter(attribute.unit(), durability);
		try {
			return invoke(invocation, attribute, false);
		}
		finally {
			CommitDurability.leave(previous);
		}
	}

	private @Nullable Object invoke(MethodInvocation invocation, RouteAttribute attribute, boolean joins)
			throws Throwable {
		RoutingScope scope = attribute.scope(RoutingScope.current(), joins);
		if (attribute.preventsRetry()) {
			RetryAttempt.preventRetry();
		}
		boolean outermost = !joins && !RetryAttempt.isOpen();
		return (outermost && attribute.isRetryable() && invocation instanceof ProxyMethodInvocation repeatable)
				? Retry.run(repeatable, scope) : runOnce(invocation, scope, joins);
	}

	private static @Nullable Object runOnce(MethodInvocation invocation, RoutingScope scope, boolean joins)
			throws Throwable {
		RoutingScope previous = joins ? scope.enter() : scope.enterApart();
		try {
			return invocation.proceed();
		}
		finally {
			RoutingScope.leave(previous);
		}
	}

}

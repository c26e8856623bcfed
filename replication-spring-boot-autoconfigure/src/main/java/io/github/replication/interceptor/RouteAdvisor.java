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

import java.lang.reflect.Method;
import java.util.function.BiConsumer;
import java.util.function.IntSupplier;

import org.springframework.aop.ClassFilter;
import org.springframework.aop.support.StaticMethodMatcherPointcutAdvisor;
import org.springframework.util.function.SingletonSupplier;

/**
 * Applies to methods annotated with {@code @ReadOnly} or {@code @UsePrimary}, right
 * around the transaction.
 *
 * @since 0.1.0
 */
public final class RouteAdvisor extends StaticMethodMatcherPointcutAdvisor {

	private static final long serialVersionUID = 1L;

	private final transient RouteAttributeSource attributes;

	private final transient SingletonSupplier<Integer> order;

	/**
	 * Creates the advisor.
	 * @param transactionAdvisorOrder yields the order of the advisor that begins
	 * transactions; asked once, when proxies are built
	 * @param onGroup called with each group of replicas that a method asks for, and the
	 * method, when the method is first looked at
	 */
	public RouteAdvisor(IntSupplier transactionAdvisorOrder, BiConsumer<String, String> onGroup) {
		this.attributes = new RouteAttributeSource(onGroup);
		this.order = SingletonSupplier.of(() -> outside(transactionAdvisorOrder.getAsInt()));
		setAdvice(new RouteInterceptor(this.attributes));
		setClassFilter(new Candidates(this.attributes, new UnreachableMethods()));
	}

	@Override
	public boolean matches(Method method, Class<?> targetClass) {
		return this.attributes.getAttribute(method, targetClass) != null;
	}

	@Override
	public int getOrder() {
		return this.order.obtain();
	}

	private static int outside(int order) {
		return (order == HIGHEST_PRECEDENCE) ? order : order - 1;
	}

	/**
	 * The classes worth looking at.
	 *
	 * @param attributes the attributes of methods
	 * @param unreachable is notified of each
	 */
	private record Candidates(RouteAttributeSource attributes, UnreachableMethods unreachable) implements ClassFilter {

		@Override
		public boolean matches(Class<?> type) {
			boolean candidate = this.attributes.isCandidateClass(type);
			if (candidate) {
				this.unreachable.look(type);
			}
			return candidate;
		}

	}

}

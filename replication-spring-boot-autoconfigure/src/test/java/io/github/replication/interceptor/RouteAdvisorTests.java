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

import org.junit.jupiter.api.Test;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.core.Ordered;

import io.github.replication.ReadOnly;
import io.github.replication.RoutingScope;

import static org.assertj.core.api.Assertions.assertThat;

class RouteAdvisorTests {

	@Test
	void advisorStandsRightAroundTheTransaction() {
		assertThat(advisor(Ordered.LOWEST_PRECEDENCE).getOrder()).isEqualTo(Ordered.LOWEST_PRECEDENCE - 1);
		assertThat(advisor(10).getOrder()).isEqualTo(9);
		assertThat(advisor(Ordered.HIGHEST_PRECEDENCE).getOrder()).isEqualTo(Ordered.HIGHEST_PRECEDENCE);
	}

	@Test
	void scopeIsOpenDuringTheMethodOnly() {
		ProxyFactory factory = new ProxyFactory(new Reader());
		factory.setProxyTargetClass(true);
		factory.addAdvisor(advisor(0));
		Reader reader = (Reader) factory.getProxy();
		assertThat(reader.scope().readOnly()).isTrue();
		assertThat(reader.scope().unit()).endsWith("Reader.scope");
		assertThat(reader.plain()).isSameAs(RoutingScope.NONE);
		assertThat(RoutingScope.current()).isSameAs(RoutingScope.NONE);
	}

	private static RouteAdvisor advisor(int transactionOrder) {
		return new RouteAdvisor(() -> transactionOrder, (group, unit) -> {
		});
	}

	static class Reader {

		@ReadOnly
		public RoutingScope scope() {
			return RoutingScope.current();
		}

		public RoutingScope plain() {
			return RoutingScope.current();
		}

	}

}

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
package io.github.replication.jdbc;

import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingListener;

import static org.assertj.core.api.Assertions.assertThat;

class RoutingListenersTests {

	private static final RouteDecision DECISION = new RouteDecision("replica-1", Role.REPLICA, PoolKind.READ,
			Reason.READ_ONLY, null);

	private final List<RouteDecision> informed = new ArrayList<>();

	@ParameterizedTest
	@ValueSource(classes = { IllegalStateException.class, NoSuchMethodError.class, StackOverflowError.class })
	void failureOfAListenerConcernsNobodyElse(Class<? extends Throwable> failure) {
		RoutingListeners listeners = new RoutingListeners(() -> List.of(failing(failure), this.informed::add));
		listeners.inform(DECISION);
		assertThat(this.informed).containsExactly(DECISION);
	}

	@Test
	void nobodyIsInformedWhereNobodyListens() {
		assertThat(new RoutingListeners(List::of).isAny()).isFalse();
	}

	private static RoutingListener failing(Class<? extends Throwable> failure) {
		return (decision) -> {
			try {
				throw failure.getConstructor(String.class).newInstance("of the listener");
			}
			catch (RuntimeException | Error ex) {
				throw ex;
			}
			catch (Throwable ex) {
				throw new AssertionError(ex);
			}
		};
	}

}

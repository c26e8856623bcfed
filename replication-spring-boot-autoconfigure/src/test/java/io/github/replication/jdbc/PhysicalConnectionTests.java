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

import java.sql.Connection;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mockito.ArgumentMatchers;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.node.Nodes;
import io.github.replication.policy.Route;

import static org.assertj.core.api.Assertions.assertThat;

@Timeout(20)
class PhysicalConnectionTests {

	/**
	 * To close an encrypted connection waits for the thread that is sending on it.
	 */
	@Test
	void abortOfOneUnitKeepsNobodyWaiting() throws Exception {
		Connection connection = Mockito.mock(Connection.class);
		CountDownLatch closing = new CountDownLatch(1);
		CountDownLatch sent = new CountDownLatch(1);
		BDDMockito.willAnswer((call) -> {
			closing.countDown();
			assertThat(sent.await(20, TimeUnit.SECONDS)).isTrue();
			return null;
		}).given(connection).abort(ArgumentMatchers.any());
		PhysicalConnection physical = new PhysicalConnection(connection,
				new Route(Nodes.replica("replica-1"), PoolKind.READ, Reason.READ_ONLY), false, null, (released) -> {
				});
		physical.abortUnderUnit();
		assertThat(closing.await(Duration.ofSeconds(20).toMillis(), TimeUnit.MILLISECONDS)).isTrue();
		physical.abortUnderUnit();
		sent.countDown();
		Mockito.verify(connection, Mockito.times(1)).abort(ArgumentMatchers.any());
	}

}

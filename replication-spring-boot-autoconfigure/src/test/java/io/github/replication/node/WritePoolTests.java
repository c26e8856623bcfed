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

package io.github.replication.node;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.mockito.BDDMockito;
import org.mockito.Mockito;

import org.springframework.jdbc.datasource.AbstractDataSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

@Timeout(20)
class WritePoolTests {

	private final AtomicReference<@Nullable NodeUnavailableException> obstacle = new AtomicReference<>();

	private final CountDownLatch entered = new CountDownLatch(1);

	private final Connection connection = Mockito.mock(Connection.class);

	@Test
	void nobodyEntersThePoolOfANodeThatCannotBeReached() {
		WritePool pool = new WritePool(new BusyPool(), () -> null, false, this.obstacle::get);
		this.obstacle.set(NodeUnavailableException.standby("primary"));
		assertThatExceptionOfType(NodeUnavailableException.class).isThrownBy(pool::getConnection)
			.withMessageContaining("primary is a standby");
		assertThat(this.entered.getCount()).isOne();
	}

	@Test
	void waitInsideEndsWithTheReasonAndLeavesTheThreadAsItWas() throws Exception {
		WritePool pool = new WritePool(new BusyPool(), () -> null, false, this.obstacle::get);
		CompletableFuture<Boolean> interrupted = CompletableFuture.supplyAsync(() -> {
			Throwable thrown = catchThrowable(pool::getConnection);
			assertThat(thrown).isInstanceOf(NodeUnavailableException.class).hasMessageContaining("is a standby");
			return Thread.currentThread().isInterrupted();
		});
		this.entered.await();
		this.obstacle.set(NodeUnavailableException.standby("primary"));
		pool.callOut();
		assertThat(interrupted.get()).isFalse();
	}

	@Test
	void interruptOfTheApplicationIsItsOwn() {
		WritePool pool = new WritePool(new BusyPool(), () -> null, false, this.obstacle::get);
		Thread.currentThread().interrupt();
		assertThatExceptionOfType(SQLException.class).isThrownBy(pool::getConnection).withMessage("interrupted");
		assertThat(Thread.interrupted()).isTrue();
	}

	@Test
	void thoseWhoHaveLeftAreNotCalledOut() throws SQLException {
		AbstractDataSource free = Mockito.mock(AbstractDataSource.class);
		BDDMockito.given(free.getConnection()).willReturn(this.connection);
		WritePool pool = new WritePool(free, () -> null, false, this.obstacle::get);
		assertThat(pool.getConnection()).isSameAs(this.connection);
		pool.callOut();
		assertThat(Thread.interrupted()).isFalse();
	}

	/**
	 * A pool that never has a connection, and lets its callers wait interruptibly.
	 */
	private final class BusyPool extends AbstractDataSource {

		@Override
		public Connection getConnection() throws SQLException {
			WritePoolTests.this.entered.countDown();
			try {
				new CountDownLatch(1).await();
				return WritePoolTests.this.connection;
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new SQLException("interrupted", ex);
			}
		}

		@Override
		public Connection getConnection(String username, String password) throws SQLException {
			return getConnection();
		}

	}

}

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
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Properties;
import java.util.Queue;

import org.junit.jupiter.api.Test;

import io.github.replication.stub.StubDriver;
import io.github.replication.stub.StubServer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link Probe}.
 */
class ProbeTests {

	private final StubServer server = StubServer.create();

	private final Queue<Throwable> failures = new ArrayDeque<>();

	private int borrowed;

	private final Probe probe = new Probe(this::open, this::borrow, new ServerStateQuery(), Duration.ofSeconds(1));

	private Connection open() throws SQLException {
		Throwable failure = this.failures.poll();
		if (failure instanceof SQLException ex) {
			throw ex;
		}
		if (failure instanceof RuntimeException ex) {
			throw ex;
		}
		if (failure instanceof Error ex) {
			throw ex;
		}
		return new StubDriver().connect(this.server.url(), new Properties());
	}

	private Connection borrow() throws SQLException {
		this.borrowed++;
		return open();
	}

	@Test
	void serverThatHasNoConnectionLeftIsAskedOnOneOfItsPool() throws SQLException {
		this.failures.add(new SQLException("too many clients", "53300"));
		this.probe.ask(false);
		assertThat(this.borrowed).isOne();
		assertThat(this.server.openConnections()).as("given back").isZero();
		this.probe.ask(false);
		assertThat(this.borrowed).as("once it has one").isOne();
	}

	@Test
	void refusalCountsIfThePoolHasNoConnectionEither() {
		SQLException refusal = new SQLException("too many clients", "53300");
		SQLException none = new SQLException("none", "08001");
		this.failures.add(refusal);
		this.failures.add(none);
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> this.probe.ask(false))
			.isSameAs(refusal)
			.withNoCause()
			.returns(none, (ex) -> ex.getSuppressed()[0]);
	}

	@Test
	void noOtherFailureIsAReasonToBorrow() {
		this.failures.add(new SQLException("refused", "08001"));
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> this.probe.ask(false)).withMessage("refused");
		assertThat(this.borrowed).isZero();
	}

	@Test
	void connectionThatLivesIsUsedUntilThereIsANewOne() throws SQLException {
		this.probe.ask(false);
		this.failures.add(new SQLException("refused", "08001"));
		this.failures.add(new IllegalStateException("no credentials"));
		this.failures.add(new NoClassDefFoundError("of the credentials"));
		while (!this.failures.isEmpty()) {
			this.probe.doubt();
			this.probe.ask(false);
		}
		assertThat(this.server.connections()).hasSize(1);
		this.probe.doubt();
		this.probe.ask(false);
		assertThat(this.server.connections()).hasSize(2);
		assertThat(this.server.openConnections()).isOne();
	}

	@Test
	void connectionIsGivenUpWithAQuestionThatFailsInAnyWay() throws SQLException {
		this.probe.ask(false);
		this.server.failNext("isValid", new IllegalStateException("broken"));
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> this.probe.ask(false));
		assertThat(this.server.openConnections()).isZero();
		this.probe.ask(false);
		assertThat(this.server.openConnections()).isOne();
	}

	@Test
	void connectionThatCannotBeMadeReadyIsGivenUp() {
		this.server.failNext("getMetaData", new NoClassDefFoundError("of the driver"));
		assertThatExceptionOfType(NoClassDefFoundError.class).isThrownBy(() -> this.probe.ask(false));
		assertThat(this.server.openConnections()).isZero();
	}

}

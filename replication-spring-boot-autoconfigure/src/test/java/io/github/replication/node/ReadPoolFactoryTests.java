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

import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.util.Credentials;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import io.github.replication.NodeDefinition;
import io.github.replication.position.SampleClock;
import io.github.replication.stub.StubDriver;
import io.github.replication.stub.StubServer;

import static org.assertj.core.api.Assertions.assertThat;

class ReadPoolFactoryTests {

	private final StubServer server = StubServer.create();

	private final AtomicReference<HikariConfig> primary = new AtomicReference<>(config());

	private final ReadPoolFactory factory = new ReadPoolFactory(this.primary::get, null, List.of(), () -> null);

	@AfterEach
	void stop() {
		this.server.stop();
	}

	private HikariConfig config() {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(this.server.url());
		config.setDriverClassName(StubDriver.class.getName());
		config.setUsername("app");
		config.setPassword("old");
		return config;
	}

	@Test
	void readsFollowTheApplicationsPassword() throws SQLException {
		try (ReadPool reads = reads(node(null))) {
			assertThat(userOf(reads)).isEqualTo("app:old");
			this.primary.get().setPassword("new");
			assertThat(userOf(reads)).isEqualTo("app:new");
		}
	}

	@Test
	void readsOfAnotherUserKeepTheirPassword() throws SQLException {
		try (ReadPool reads = reads(node("reader"))) {
			assertThat(userOf(reads)).isEqualTo("reader:own");
			this.primary.get().setPassword("new");
			assertThat(userOf(reads)).isEqualTo("reader:own");
			this.primary.get().setCredentialsProvider(() -> Credentials.of("app", "provided"));
			assertThat(userOf(reads)).isEqualTo("reader:own");
		}
	}

	@Test
	void writesFollowTheApplicationsPasswordWhoeverReadsThere() throws SQLException {
		try (HikariDataSource writes = this.factory.writes(node("reader"))) {
			assertThat(userOf(writes)).isEqualTo("app:old");
			this.primary.get().setPassword("new");
			assertThat(userOf(writes)).isEqualTo("app:new");
		}
	}

	@Test
	void providerOfTheApplicationsNextPoolIsAsked() throws SQLException {
		this.primary.get().setCredentialsProvider(() -> Credentials.of("app", "first"));
		try (ReadPool reads = reads(node(null)); HikariDataSource writes = this.factory.writes(node("reader"))) {
			assertThat(userOf(reads)).isEqualTo("app:first");
			assertThat(userOf(writes)).isEqualTo("app:first");
			HikariConfig next = config();
			next.setCredentialsProvider(() -> Credentials.of("app", "second"));
			this.primary.set(next);
			assertThat(userOf(reads)).isEqualTo("app:second");
			assertThat(userOf(writes)).isEqualTo("app:second");
		}
	}

	/**
	 * HikariCP would ask the first one as well, which may be closed by now.
	 */
	@Test
	void providerIsAskedOnceForAConnectionOfAPool() throws SQLException {
		AtomicInteger asked = new AtomicInteger();
		this.primary.get().setCredentialsProvider(() -> Credentials.of("app", "lease-" + asked.incrementAndGet()));
		try (HikariDataSource writes = this.factory.writes(node(null))) {
			writes.getConnection().close();
			assertThat(asked).hasValue((int) this.server.openConnections());
			HikariConfig next = config();
			next.setCredentialsProvider(() -> Credentials.of("app", "second"));
			this.primary.get().setCredentialsProvider(() -> {
				throw new IllegalStateException("the vault's client is closed");
			});
			this.primary.set(next);
			writes.getHikariPoolMXBean().softEvictConnections();
			writes.getConnection().close();
			assertThat(lastUser()).isEqualTo("app:second");
		}
	}

	@Test
	void subclassOfAPoolKnowsItsCredentials() throws SQLException {
		AtomicInteger token = new AtomicInteger();
		try (HikariDataSource application = new HikariDataSource() {

			@Override
			public Credentials getCredentials() {
				return Credentials.of("app", "token-" + token.get());
			}

		}) {
			assertFollowsToken(application, token);
		}
	}

	@Test
	void subclassOfAPoolKnowsItsPassword() throws SQLException {
		AtomicInteger token = new AtomicInteger();
		try (HikariDataSource application = new HikariDataSource() {

			@Override
			public String getPassword() {
				return "token-" + token.get();
			}

		}) {
			System.setProperty("com.zaxxer.hikari.legacy.supportUserPassDataSourceOverride", "true");
			assertFollowsToken(application, token);
		}
		finally {
			System.clearProperty("com.zaxxer.hikari.legacy.supportUserPassDataSourceOverride");
		}
	}

	private void assertFollowsToken(HikariDataSource application, AtomicInteger token) throws SQLException {
		config().copyStateTo(application);
		this.primary.set(application);
		try (ReadPool reads = reads(node(null)); HikariDataSource writes = this.factory.writes(node(null))) {
			for (int i = 0; i < 2; i++) {
				token.set(i);
				assertThat(userOf(reads)).isEqualTo("app:token-" + i);
				assertThat(userOf(writes)).isEqualTo("app:token-" + i);
			}
		}
	}

	@Test
	void readsDoNotWaitForAReplicaAsLongAsWritersForThePrimary() throws SQLException {
		this.primary.get().addDataSourceProperty("connectTimeout", "30");
		this.primary.get().addDataSourceProperty("prepareThreshold", "1");
		try (ReadPool reads = reads(node(null)); HikariDataSource writes = this.factory.writes(node(null))) {
			userOf(reads);
			assertThat(lastProperties()).doesNotContainKey("connectTimeout").containsEntry("prepareThreshold", "1");
			userOf(writes);
			assertThat(lastProperties()).containsEntry("connectTimeout", "30").containsEntry("prepareThreshold", "1");
		}
	}

	@Test
	void nodeWithTheNameOfAnAddressMayHaveMbeans() throws SQLException {
		this.primary.get().setRegisterMbeans(true);
		NodeDefinition node = NodeDefinition.of("replicas-fd00:0:0:0:0:0:0:12", this.server.url());
		try (HikariDataSource writes = this.factory.writes(node)) {
			writes.getConnection().close();
			assertThat(writes.getPoolName()).isEqualTo("replicas-fd00_0_0_0_0_0_0_12-write");
		}
	}

	private NodeDefinition node(@Nullable String username) {
		return new NodeDefinition("pg-1", this.server.url(), username, (username != null) ? "own" : null, 1, null,
				null);
	}

	private ReadPool reads(NodeDefinition node) {
		NodeHealth health = new NodeHealth(
				new MonitorSettings(Duration.ofSeconds(1), null, Duration.ofSeconds(1), true), 0);
		Inspection inspection = new Inspection(new ServerStateQuery(), new SampleClock(System::nanoTime),
				(connection, sample) -> {
				});
		return this.factory.replica(node, health, inspection);
	}

	private String userOf(ReadPool reads) throws SQLException {
		reads.openBeside().close();
		return lastUser();
	}

	private String userOf(HikariDataSource writes) throws SQLException {
		((PhysicalDataSource) writes.getDataSource()).connect().close();
		return lastUser();
	}

	private String lastUser() {
		Properties properties = lastProperties();
		return properties.getProperty("user") + ":" + properties.getProperty("password");
	}

	private Properties lastProperties() {
		List<StubDriver.Opened> opened = StubDriver.opened(this.server);
		return opened.get(opened.size() - 1).properties();
	}

}

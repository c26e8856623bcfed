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

package io.github.replication.store;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.dao.DataAccessException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@EnabledIf(value = "io.github.replication.store.RedisServer#isInstalled",
		disabledReason = "there is no redis-server on the PATH")
class RedisPositionStoreTests extends PositionStoreContract {

	private static final Duration MINUTE = Duration.ofMinutes(1);

	@TempDir
	static Path folder;

	private static RedisServer server;

	private static LettuceConnectionFactory connections;

	private static StringRedisTemplate redis;

	private final RedisPositionStore store = new RedisPositionStore(connections);

	@BeforeAll
	static void startServer() throws Exception {
		server = RedisServer.start(folder);
		connections = connectionsTo(server.port());
		redis = new StringRedisTemplate(connections);
	}

	@AfterAll
	static void stopServer() {
		connections.destroy();
		server.close();
	}

	@BeforeEach
	void checkThatEmpty() {
		assertThat(redis.keys("*")).isEmpty();
	}

	@AfterEach
	void empty() {
		try (RedisConnection connection = connections.getConnection()) {
			connection.serverCommands().flushAll();
		}
	}

	@Override
	PositionStore store() {
		return this.store;
	}

	@Override
	void letPass(Duration duration) {
		long end = serverTime() + duration.toMillis();
		Awaitility.await().pollInterval(Duration.ofMillis(5)).until(() -> serverTime() >= end);
	}

	@Test
	void keyIsPrefixAndUser() {
		this.store.put("alice", "a", Set.of(), MINUTE);
		assertThat(redis.keys("*")).containsExactly("replication:position:alice");
	}

	@Test
	void storesWithOtherPrefixesAreApart() {
		RedisPositionStore other = new RedisPositionStore(connections, "other:");
		this.store.put("alice", "a", Set.of(), MINUTE);
		other.put("alice", "b", Set.of("a"), MINUTE);
		assertThat(this.store.find("alice")).containsExactly("a");
		assertThat(other.find("alice")).containsExactly("b");
		assertThat(redis.hasKey("other:alice")).isTrue();
	}

	@Test
	void instancesShareWhatTheyRemember() {
		LettuceConnectionFactory connectionsOfOther = connectionsTo(connections.getPort());
		try {
			RedisPositionStore other = new RedisPositionStore(connectionsOfOther);
			this.store.put("alice", "a", Set.of(), MINUTE);
			other.put("alice", "b", other.find("alice"), MINUTE);
			assertThat(this.store.find("alice")).containsExactly("b");
		}
		finally {
			connectionsOfOther.destroy();
		}
	}

	@Test
	void keyGoesWithTheLastOfItsTokens() {
		this.store.put("alice", "a", Set.of(), Duration.ofMillis(100));
		this.store.put("alice", "b", Set.of(), MINUTE);
		this.store.put("alice", "c", Set.of(), Duration.ofMillis(200));
		assertThat(redis.getExpire("replication:position:alice", TimeUnit.MILLISECONDS)).isBetween(1L,
				MINUTE.toMillis());
		this.store.put("alice", "c", Set.of("b"), Duration.ofMillis(200));
		letPass(Duration.ofMillis(400));
		assertThat(redis.keys("*")).isEmpty();
	}

	@Test
	void expiredTokensTakeNoSpaceAfterTheNextPut() {
		this.store.put("alice", "a", Set.of(), Duration.ofMillis(100));
		this.store.put("alice", "b", Set.of(), MINUTE);
		letPass(Duration.ofMillis(100));
		this.store.put("alice", "c", Set.of(), MINUTE);
		assertThat(redis.opsForZSet().zCard("replication:position:alice")).isEqualTo(2);
	}

	@Test
	void timeToLiveIsRoundedUpToMilliseconds() {
		long before = serverTime();
		this.store.put("alice", "a", Set.of(), MINUTE.plusNanos(1));
		long after = serverTime();
		assertThat(redis.opsForZSet().score("replication:position:alice", "a"))
			.isBetween(before + MINUTE.toMillis() + 1.0, after + MINUTE.toMillis() + 1.0);
	}

	@Test
	void serverThatForgotItsScriptsIsServed() {
		this.store.put("alice", "a", Set.of(), MINUTE);
		try (RedisConnection connection = connections.getConnection()) {
			connection.scriptingCommands().scriptFlush();
		}
		assertThat(this.store.find("alice")).containsExactly("a");
		this.store.put("alice", "b", Set.of("a"), MINUTE);
		assertThat(this.store.find("alice")).containsExactly("b");
	}

	@Test
	void redisTransactionOfTheThreadIsNotJoined() {
		StringRedisTemplate transactional = new StringRedisTemplate(connections);
		transactional.setEnableTransactionSupport(true);
		new TransactionTemplate(new NoResourceTransactionManager()).executeWithoutResult((status) -> {
			transactional.opsForValue().set("queued", "x");
			this.store.put("alice", "a", Set.of(), MINUTE);
			assertThat(this.store.find("alice")).containsExactly("a");
			assertThat(redis.hasKey("queued")).as("the transaction is one of Redis as well").isFalse();
			status.setRollbackOnly();
		});
		assertThat(redis.hasKey("queued")).isFalse();
		assertThat(this.store.find("alice")).containsExactly("a");
	}

	@Test
	void serverThatIsGoneIsReported() throws Exception {
		LettuceConnectionFactory nowhere = connectionsTo(RedisServer.freePort());
		try {
			RedisPositionStore failing = new RedisPositionStore(nowhere);
			assertThatExceptionOfType(RedisConnectionFailureException.class).isThrownBy(() -> failing.find("alice"));
			assertThatExceptionOfType(RedisConnectionFailureException.class)
				.isThrownBy(() -> failing.put("alice", "a", Set.of(), MINUTE));
		}
		finally {
			nowhere.destroy();
		}
	}

	@Test
	void keyThatIsSomethingElseIsReportedAndKept() {
		redis.opsForValue().set("replication:position:alice", "x");
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> this.store.find("alice"));
		assertThatExceptionOfType(DataAccessException.class)
			.isThrownBy(() -> this.store.put("alice", "a", List.of(), MINUTE));
		assertThat(redis.opsForValue().get("replication:position:alice")).isEqualTo("x");
	}

	private static LettuceConnectionFactory connectionsTo(int port) {
		LettuceConnectionFactory factory = new LettuceConnectionFactory("127.0.0.1", port);
		factory.afterPropertiesSet();
		factory.start();
		return factory;
	}

	private static long serverTime() {
		try (RedisConnection connection = connections.getConnection()) {
			Long time = connection.serverCommands().time(TimeUnit.MILLISECONDS);
			assertThat(time).isNotNull();
			return time;
		}
	}

	/**
	 * A transaction for Redis to take part in.
	 */
	@SuppressWarnings("serial")
	private static final class NoResourceTransactionManager extends AbstractPlatformTransactionManager {

		@Override
		protected Object doGetTransaction() {
			return new Object();
		}

		@Override
		protected void doBegin(Object transaction, TransactionDefinition definition) {
		}

		@Override
		protected void doCommit(DefaultTransactionStatus status) {
		}

		@Override
		protected void doRollback(DefaultTransactionStatus status) {
		}

	}

}

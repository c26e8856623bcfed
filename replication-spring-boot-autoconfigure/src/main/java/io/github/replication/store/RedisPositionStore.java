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

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.ReturnType;
import org.springframework.util.Assert;

/**
 * Keeps the tokens in Redis, for all instances of an application to share. Works with
 * Redis 6 and 7, alone, with Sentinel or as a cluster.
 *
 * <p>
 * The tokens of a user are a sorted set, the score of each is the time in milliseconds at
 * which its life ends. Each method is one script and one round trip. A script is atomic
 * in Redis, and it takes the time from the server, so that the clocks of the instances
 * need not agree. Finding is a script as well because drivers that are set to read from
 * replicas of Redis, which lag as others do, send scripts to the primary.
 *
 * <p>
 * A key is the prefix and the name of the user as it is, in UTF-8, and goes with the last
 * of its tokens. The commands to allow are {@code EVAL}, {@code TIME}, {@code ZADD},
 * {@code ZRANGE}, {@code ZRANGEBYSCORE}, {@code ZREM}, {@code ZREMRANGEBYSCORE},
 * {@code ZSCORE} and {@code PEXPIREAT}.
 *
 * <p>
 * Takes part in no transaction of Spring or of Redis. Methods fail with a
 * {@link org.springframework.dao.DataAccessException}. If Redis does not answer, they
 * fail as soon as the connection factory gives up, which with Lettuce is after a minute
 * unless its timeout is set. A token that Redis itself loses, when it restarts, evicts
 * keys or fails over to a replica that lags, counts as never put.
 *
 * @since 0.1.0
 */
public final class RedisPositionStore implements PositionStore {

	/**
	 * The default prefix of keys.
	 */
	public static final String DEFAULT_PREFIX = "replication:position:";

	private static final byte[] FIND = bytes("""
			local time = redis.call('TIME')
			local now = time[1] * 1000 + math.floor(time[2] / 1000)
			return redis.call('ZRANGEBYSCORE', KEYS[1], now + 1, '+inf')
			""");

	/**
	 * ARGV holds the time to live, the token, then the tokens it replaces. A token that
	 * is kept already is compared by hand since {@code ZADD GT} came with Redis 6.2 only.
	 */
	private static final byte[] PUT = bytes("""
			local key, token = KEYS[1], ARGV[2]
			local time = redis.call('TIME')
			local now = time[1] * 1000 + math.floor(time[2] / 1000)
			local expiry = now + ARGV[1]
			local present = redis.call('ZSCORE', key, token)
			if not present or tonumber(present) < expiry then
				redis.call('ZADD', key, expiry, token)
			end
			for i = 3, #ARGV do
				if ARGV[i] ~= token then
					redis.call('ZREM', key, ARGV[i])
				end
			end
			redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
			local last = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
			redis.call('PEXPIREAT', key, string.format('%.0f', last[2]))
			""");

	private final RedisConnectionFactory connections;

	private final String prefix;

	/**
	 * Creates a store whose keys have the default prefix.
	 * @param connections how to reach Redis
	 */
	public RedisPositionStore(RedisConnectionFactory connections) {
		this(connections, DEFAULT_PREFIX);
	}

	/**
	 * Creates a store.
	 * @param connections how to reach Redis
	 * @param prefix the prefix of all keys of the store, and of no other keys of that
	 * Redis; may be empty
	 */
	public RedisPositionStore(RedisConnectionFactory connections, String prefix) {
		this.connections = connections;
		this.prefix = prefix;
	}

	@Override
	public Collection<String> find(String user) {
		List<byte[]> found = run(FIND, ReturnType.MULTI, List.of(this.prefix + user));
		Assert.state(found != null, "Redis returned no set");
		return found.stream().map((token) -> new String(token, StandardCharsets.UTF_8)).toList();
	}

	@Override
	public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
		Assert.isTrue(timeToLive.compareTo(Duration.ZERO) > 0,
				() -> "timeToLive must be positive, but was " + timeToLive);
		List<String> arguments = new ArrayList<>(3 + replaced.size());
		arguments.add(this.prefix + user);
		arguments.add(Long.toString(timeToLive.plusNanos(999_999).toMillis()));
		arguments.add(token);
		arguments.addAll(replaced);
		run(PUT, ReturnType.VALUE, arguments);
	}

	/**
	 * Runs a script on a connection that no Spring transaction knows: a connection bound
	 * by a template with transaction support queues its commands, and answers nothing.
	 */
	private <T> @Nullable T run(byte[] script, ReturnType type, List<String> keyAndArguments) {
		byte[][] encoded = keyAndArguments.stream().map(RedisPositionStore::bytes).toArray(byte[][]::new);
		try (RedisConnection connection = this.connections.getConnection()) {
			return connection.scriptingCommands().eval(script, type, 1, encoded);
		}
	}

	private static byte[] bytes(String value) {
		return value.getBytes(StandardCharsets.UTF_8);
	}

	@Override
	public String toString() {
		return "RedisPositionStore[prefix=" + this.prefix + "]";
	}

}

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

package io.github.replication.cache;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;
import org.springframework.util.DigestUtils;

import io.github.replication.caller.CallerTokens;
import io.github.replication.position.WriteMark;
import io.github.replication.store.PositionNames;
import io.github.replication.store.PositionStore;

/**
 * The watermarks of the caches that instances share, in the store that they share as
 * well. Each eviction puts a token of its own: a position, then the name of the instance
 * and a number. So a load knows the evictions that happened while it went on by the
 * tokens that it had not found when it began.
 * <p>
 * A key is known to the store as its text. A key of a class without a text of its own is
 * covered by the watermark of the whole cache.
 */
final class SharedWatermarks {

	private static final char SEPARATOR = '~';

	/**
	 * The token of an eviction whose transaction goes on.
	 */
	private static final String PENDING = "p";

	/**
	 * The token that takes the place of one that is taken back.
	 */
	private static final String NOTHING = "0";

	private static final Duration AT_ONCE = Duration.ofMillis(1);

	private static final int LONGEST_KEY = 200;

	/**
	 * More names than this instance evicts within a window at most; beyond, their sets in
	 * the store hold a token for each eviction until it expires.
	 */
	private static final int MAXIMUM_NAMES = 4096;

	private final PositionStore store;

	private final CallerTokens tokens;

	private final String instance;

	private final AtomicLong number = new AtomicLong();

	private final ConcurrentMap<String, String> own = new ConcurrentHashMap<>();

	/**
	 * Creates watermarks.
	 * @param store keeps them, in bounded time
	 * @param tokens encodes and decodes positions
	 * @param instance a name that no other instance has, of letters and digits, 16 at
	 * most
	 */
	SharedWatermarks(PositionStore store, CallerTokens tokens, String instance) {
		this.store = store;
		this.tokens = tokens;
		this.instance = instance;
	}

	/**
	 * Finds the watermarks that other instances have raised.
	 * @param cache the name of the cache
	 * @param key the key
	 * @return the tokens of the key and of the whole cache
	 */
	Set<String> find(String cache, Object key) {
		Set<String> found = new HashSet<>();
		collect(this.store.find(name(cache, Watermarks.ALL)), found);
		String name = name(cache, key);
		if (!name.equals(name(cache, Watermarks.ALL))) {
			collect(this.store.find(name), found);
		}
		return found;
	}

	private void collect(Collection<String> tokens, Set<String> found) {
		for (String token : tokens) {
			int separator = token.indexOf(SEPARATOR);
			if (separator > 0 && !token.startsWith(this.instance, separator + 1)) {
				found.add(token);
			}
		}
	}

	/**
	 * Whether others have evicted while a load went on.
	 * @param cache the name of the cache
	 * @param load the load
	 */
	boolean isNewer(String cache, Load load) {
		for (String token : find(cache, load.key())) {
			if (!load.found().contains(token) || isPending(token)) {
				return true;
			}
		}
		return false;
	}

	private static boolean isPending(String token) {
		return token.startsWith(PENDING + SEPARATOR);
	}

	/**
	 * Returns the write that a load has to see.
	 * @param found the tokens that were found
	 * @return the write, {@code null} for none
	 */
	@Nullable WriteMark required(Set<String> found) {
		List<String> positions = new ArrayList<>(found.size());
		for (String token : found) {
			if (!isPending(token)) {
				positions.add(token.substring(0, token.indexOf(SEPARATOR)));
			}
		}
		return positions.isEmpty() ? null : this.tokens.decode(String.join(",", positions)).write();
	}

	/**
	 * Puts the watermark of an eviction whose transaction goes on.
	 * @param cache the name of the cache
	 * @param key the key, or {@link Watermarks#ALL}
	 * @return the token, to be replaced at the end of the transaction
	 */
	String raisePending(String cache, Object key) {
		String token = token(PENDING);
		this.store.put(name(cache, key), token, List.of(), this.tokens.window());
		return token;
	}

	/**
	 * Puts the watermark of an eviction.
	 * @param cache the name of the cache
	 * @param key the key, or {@link Watermarks#ALL}
	 * @param write the write that loads have to see, which covers the earlier ones of
	 * this instance
	 * @param pending the token to replace, {@code null} for none
	 */
	void raise(String cache, Object key, WriteMark write, @Nullable String pending) {
		String position = this.tokens.writeToken(write);
		if (position == null) {
			takeBack(cache, key, pending);
			return;
		}
		String name = name(cache, key);
		String token = token(position);
		List<String> replaced = new ArrayList<>(2);
		if (pending != null) {
			replaced.add(pending);
		}
		if (this.own.size() >= MAXIMUM_NAMES) {
			this.own.clear();
		}
		String before = this.own.put(name, token);
		if (before != null) {
			replaced.add(before);
		}
		this.store.put(name, token, replaced, this.tokens.window());
	}

	/**
	 * Takes back the watermark of an eviction whose transaction has written nothing.
	 * @param cache the name of the cache
	 * @param key the key, or {@link Watermarks#ALL}
	 * @param pending the token, {@code null} for none
	 */
	void takeBack(String cache, Object key, @Nullable String pending) {
		if (pending != null) {
			this.store.put(name(cache, key), NOTHING, List.of(pending), AT_ONCE);
		}
	}

	private String token(String position) {
		return position + SEPARATOR + this.instance + '-' + Long.toHexString(this.number.incrementAndGet());
	}

	private static String name(String cache, Object key) {
		if (key == Watermarks.ALL || !hasText(key)) {
			return PositionNames.ofCache(cache);
		}
		String text = key.toString();
		if (text.length() > LONGEST_KEY) {
			text = DigestUtils.md5DigestAsHex(text.getBytes(StandardCharsets.UTF_8));
		}
		return PositionNames.ofKey(cache, text);
	}

	private static boolean hasText(Object key) {
		Class<?> type = key.getClass();
		return !type.isArray() && !Object.class.equals(ClassUtils.getMethod(type, "toString").getDeclaringClass());
	}

}

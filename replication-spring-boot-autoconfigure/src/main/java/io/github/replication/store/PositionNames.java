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

/**
 * The names that positions have in a store. No user has the name of a cache or of its
 * keys, and no two keys have the same name.
 *
 * @since 0.1.0
 */
public final class PositionNames {

	/**
	 * The first character of a name that is not the name of a user as it is. Databases
	 * accept it in a text.
	 */
	private static final char MARK = '\u001F';

	private PositionNames() {
	}

	/**
	 * The name of a user.
	 * @param user the name that the application knows
	 * @return the same name, unless it begins with the mark
	 */
	public static String ofUser(String user) {
		return (!user.isEmpty() && user.charAt(0) == MARK) ? MARK + user : user;
	}

	/**
	 * The name of a whole cache.
	 * @param cache the name of the cache
	 * @return the name in the store
	 */
	public static String ofCache(String cache) {
		return MARK + "cache:" + cache;
	}

	/**
	 * The name of one key of a cache.
	 * @param cache the name of the cache
	 * @param key the text of the key
	 * @return the name in the store
	 */
	public static String ofKey(String cache, String key) {
		return MARK + "key:" + cache.length() + ':' + cache + ':' + key;
	}

}

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

import java.util.Map;

/**
 * Names and a number for each, found by a region of a text without copying it. Immutable.
 */
final class NameTable {

	/**
	 * The bytes of a name that PostgreSQL takes into account ({@code NAMEDATALEN} less
	 * one).
	 */
	static final int MAX_BYTES = 63;

	private final String[] names;

	private final int[] values;

	private final int size;

	private NameTable(int size) {
		int capacity = Integer.highestOneBit(Math.max(size, 4) * 2) * 2;
		this.names = new String[capacity];
		this.values = new int[capacity];
		this.size = size;
	}

	/**
	 * Creates a table.
	 * @param entries the names as PostgreSQL stores them, each with its number, which
	 * must not be 0
	 */
	static NameTable of(Map<String, Integer> entries) {
		NameTable table = new NameTable(entries.size());
		entries.forEach(table::put);
		return table;
	}

	private void put(String name, int value) {
		if (value == 0) {
			throw new IllegalArgumentException("The number of '" + name + "' is 0");
		}
		int i = slot(hash(name, 0, name.length(), false));
		while (this.names[i] != null) {
			i = (i + 1) & (this.names.length - 1);
		}
		this.names[i] = name;
		this.values[i] = value;
	}

	private int slot(int hash) {
		return (hash ^ (hash >>> 15)) & (this.names.length - 1);
	}

	/**
	 * The number of a name that is a region of a text.
	 * @param text the text
	 * @param start where the name begins
	 * @param end where it ends
	 * @param hash its {@linkplain #hash(String, int, int, boolean) hash}
	 * @param folded whether upper case means nothing
	 * @return the number, 0 if the name is not in the table
	 */
	int get(String text, int start, int end, int hash, boolean folded) {
		for (int i = slot(hash);; i = (i + 1) & (this.names.length - 1)) {
			String name = this.names[i];
			if (name == null) {
				return 0;
			}
			if (isSame(name, text, start, end, folded)) {
				return this.values[i];
			}
		}
	}

	int get(String name) {
		return get(name, 0, name.length(), hash(name, 0, name.length(), false), false);
	}

	private static boolean isSame(String name, String text, int start, int end, boolean folded) {
		if (name.length() != end - start) {
			return false;
		}
		for (int i = 0; i < name.length(); i++) {
			char c = text.charAt(start + i);
			if (name.charAt(i) != ((folded) ? SqlLexer.lower(c) : c)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Whether the table has exactly these entries.
	 */
	boolean hasEntries(Map<String, Integer> entries) {
		return this.size == entries.size()
				&& entries.entrySet().stream().allMatch((entry) -> get(entry.getKey()) == entry.getValue());
	}

	static int hash(int hash, char c) {
		return hash * 31 + c;
	}

	static int hash(String text, int start, int end, boolean folded) {
		int hash = 0;
		for (int i = start; i < end; i++) {
			char c = text.charAt(i);
			hash = hash(hash, (folded) ? SqlLexer.lower(c) : c);
		}
		return hash;
	}

	/**
	 * Finds the end of the part of a name that PostgreSQL takes into account, in a
	 * database whose encoding is UTF-8.
	 */
	static int limit(String text, int start, int end) {
		int bytes = 0;
		int i = start;
		while (i < end) {
			int codePoint = text.codePointAt(i);
			bytes += (codePoint < 0x80) ? 1 : (codePoint < 0x800) ? 2 : (codePoint < 0x10000) ? 3 : 4;
			if (bytes > MAX_BYTES) {
				return i;
			}
			i += Character.charCount(codePoint);
		}
		return end;
	}

}

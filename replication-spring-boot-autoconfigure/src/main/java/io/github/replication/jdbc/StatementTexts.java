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
import java.util.concurrent.atomic.AtomicReferenceArray;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ConcurrentLruCache;

/**
 * Keeps the facts that were found about the texts of a data source, the most recently
 * used ones. Safe for use by several threads; a text that is known is found without a
 * lock.
 */
final class StatementTexts {

	/**
	 * The number of texts that are kept.
	 */
	static final int CAPACITY = 1024;

	/**
	 * The characters of the longest text that is kept.
	 */
	static final int MAX_LENGTH = 32 * 1024;

	private static final int REFUSED_CAPACITY = 1024;

	/**
	 * The number of slots for texts that are found at once, a power of two.
	 */
	private static final int RECENT = 256;

	private final FunctionCatalog catalog;

	private final ConcurrentLruCache<String, StatementText> texts = new ConcurrentLruCache<>(CAPACITY, this::find);

	/**
	 * The text of each slot that was looked up last. The bounded cache notes each access,
	 * which costs several times as much.
	 */
	private final AtomicReferenceArray<@Nullable StatementText> recent = new AtomicReferenceArray<>(RECENT);

	/**
	 * The texts that the server has refused as reads, by their fingerprints. One that
	 * meets the fingerprint of another is taken for no plain read, which is safe.
	 */
	private final ConcurrentLruCache<Long, Boolean> refused = new ConcurrentLruCache<>(REFUSED_CAPACITY,
			(fingerprint) -> Boolean.TRUE);

	StatementTexts(FunctionCatalog catalog) {
		this.catalog = catalog;
	}

	/**
	 * The facts about a text.
	 * @param sql the text, {@code null} if it is not known
	 */
	StatementText of(@Nullable String sql) {
		if (sql == null) {
			return StatementText.UNKNOWN;
		}
		if (sql.length() > MAX_LENGTH) {
			return find(sql);
		}
		int slot = sql.hashCode() & (RECENT - 1);
		StatementText recent = this.recent.get(slot);
		if (recent != null && recent.sql().equals(sql)) {
			return recent;
		}
		StatementText text = this.texts.get(sql);
		this.recent.set(slot, text);
		return text;
	}

	/**
	 * The facts about a batch of statements. A fact of one of them is a fact of the
	 * batch, and the batch only reads if all of them do.
	 * @param batch the texts; none are a text that is not known
	 */
	StatementText merged(List<String> batch) {
		if (batch.size() <= 1) {
			return of((batch.isEmpty()) ? null : batch.get(0));
		}
		List<StatementText> parts = new ArrayList<>(batch.size());
		for (String sql : batch) {
			parts.add(of(sql));
		}
		return new StatementText(parts, this.catalog);
	}

	/**
	 * The server has refused a text as a read, although it looked like one. Nothing of it
	 * has happened. It is no plain read from now on.
	 * @param text the text
	 */
	void refusedAsRead(StatementText text) {
		if (text != StatementText.UNKNOWN) {
			text.refused();
			this.refused.get(fingerprint(text.sql()));
			this.catalog.contradicted();
		}
	}

	private StatementText find(String sql) {
		boolean refused = this.refused.size() > 0 && this.refused.contains(fingerprint(sql));
		StatementText text = new StatementText(sql, this.catalog, refused);
		this.catalog.used(text);
		return text;
	}

	private static long fingerprint(String sql) {
		return ((long) sql.hashCode() << 32) | (sql.length() & 0xFFFFFFFFL);
	}

}

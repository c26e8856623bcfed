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
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.function.LongSupplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Learns from the catalog which functions only read, and which relations, types and
 * operators lead to functions that do more. A list of PostgreSQL's most common functions
 * takes its place until the catalog has answered, and where it cannot be read.
 * <p>
 * The catalog is read when the data source begins, and again every five minutes. It is
 * read sooner when a text calls a function that is not known, changes the catalog or
 * turns out to write. At least ten seconds pass between two readings. An object that is
 * created meanwhile is not known: the server decides about it. Safe for use by several
 * threads.
 */
final class FunctionCatalog {

	/**
	 * A catalog that is never read.
	 */
	static final FunctionCatalog NONE = new FunctionCatalog(CatalogSnapshot.FALLBACK);

	static final Duration MAX_AGE = Duration.ofMinutes(5);

	static final Duration PAUSE = Duration.ofSeconds(10);

	private static final Log logger = LogFactory.getLog(FunctionCatalog.class);

	private final CatalogLoader loader;

	private final LongSupplier nanoTime;

	private volatile CatalogSnapshot current;

	/**
	 * Whether a text of this application has changed the catalog since it was read.
	 */
	private volatile boolean outdated;

	private long changes;

	private @Nullable String fingerprint;

	/**
	 * The last question that was given to the loader.
	 */
	private long question;

	/**
	 * Whether it has not been asked yet.
	 */
	private boolean pending;

	private long due;

	private long asked;

	private boolean reading;

	private boolean again;

	private volatile boolean failing;

	/**
	 * Creates a catalog.
	 * @param loader runs its questions
	 * @param nanoTime a monotonic clock in nanoseconds
	 */
	FunctionCatalog(CatalogLoader loader, LongSupplier nanoTime) {
		this(loader, nanoTime, CatalogSnapshot.FALLBACK);
	}

	/**
	 * Creates a catalog that is never read.
	 * @param fixed its knowledge
	 */
	FunctionCatalog(CatalogSnapshot fixed) {
		this((question, delay) -> {
		}, () -> 0, fixed);
	}

	private FunctionCatalog(CatalogLoader loader, LongSupplier nanoTime, CatalogSnapshot current) {
		this.loader = loader;
		this.nanoTime = nanoTime;
		this.current = current;
	}

	/**
	 * The present knowledge. It is the same object for as long as the knowledge is the
	 * same.
	 */
	CatalogSnapshot current() {
		return this.current;
	}

	/**
	 * Begins to read the catalog, so that it is known before the first text.
	 */
	void begin() {
		request(Duration.ZERO);
	}

	/**
	 * A text was classified for the first time.
	 */
	void used(StatementText text) {
		boolean soon = text.changesCatalog() || (this.current.isComplete() && text.callsUnknownFunction());
		request((soon) ? PAUSE : MAX_AGE);
	}

	/**
	 * A text has changed the catalog, or may have.
	 */
	void changed() {
		synchronized (this) {
			this.changes++;
			this.outdated = true;
		}
		request(PAUSE);
	}

	/**
	 * Whether the catalog has changed since it was read, so that no text is known for
	 * certain to be a plain read.
	 */
	boolean isOutdated() {
		return this.outdated;
	}

	/**
	 * Whether the catalog was read the last time, or is to be read first.
	 * @return {@code false} if it cannot be read
	 */
	boolean isReadable() {
		return !this.failing;
	}

	/**
	 * Whether any statement may change {@code synchronous_commit} for the commit of its
	 * transaction.
	 */
	boolean mayChangeDurability() {
		CatalogSnapshot current = this.current;
		return this.outdated || !current.isComplete() || current.setsSynchronousCommit();
	}

	/**
	 * A text that looked like a read has turned out to be none.
	 */
	void contradicted() {
		request(Duration.ZERO);
	}

	/**
	 * Makes sure that the catalog is read within a time, but for the pause after the last
	 * time.
	 */
	private void request(Duration delay) {
		long number;
		Duration remaining;
		synchronized (this) {
			long now = this.nanoTime.getAsLong();
			long wanted = wanted(now, delay);
			if (this.pending && this.due - wanted <= 0) {
				return;
			}
			this.pending = true;
			this.due = wanted;
			number = ++this.question;
			remaining = Duration.ofNanos(wanted - now);
		}
		this.loader.load((connection) -> ask(connection, number), remaining);
	}

	private long wanted(long now, Duration delay) {
		if (this.question == 0) {
			this.asked = now;
			return now;
		}
		return now + Math.max(delay.toNanos(), Math.max(0, this.asked + PAUSE.toNanos() - now));
	}

	private void ask(Connection connection, long number) throws SQLException {
		synchronized (this) {
			if (number != this.question) {
				return;
			}
			this.pending = false;
			this.asked = this.nanoTime.getAsLong();
			this.again = this.reading;
			if (this.reading) {
				return;
			}
			this.reading = true;
		}
		try {
			long changes = changes();
			read(connection);
			upToDate(changes);
		}
		finally {
			boolean soon;
			synchronized (this) {
				this.reading = false;
				soon = this.again;
			}
			request((soon) ? PAUSE : MAX_AGE);
		}
	}

	private long changes() {
		synchronized (this) {
			return this.changes;
		}
	}

	private void upToDate(long changes) {
		synchronized (this) {
			this.outdated = this.changes != changes;
		}
	}

	private void read(Connection connection) throws SQLException {
		try {
			String present = CatalogQuery.fingerprint(connection);
			if (!present.equals(this.fingerprint)) {
				Map<String, Integer> entries = CatalogQuery.entries(connection);
				if (!this.current.hasEntries(entries)) {
					this.current = CatalogSnapshot.of(entries);
				}
				this.fingerprint = present;
			}
			this.failing = false;
		}
		catch (SQLException ex) {
			if (!this.failing) {
				this.failing = true;
				logger.info("The catalog of functions cannot be read: " + ((this.current.isComplete())
						? "its last state counts" : "only the most common functions are taken for reads"), ex);
			}
			throw ex;
		}
	}

}

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

import java.util.List;

/**
 * Facts about the text of a statement, or of several, found in one pass. Each is decided
 * for the worse where the text does not say enough. Safe for use by several threads.
 * <p>
 * A fact that depends on functions is one of the catalog's present knowledge: it may
 * change after the catalog has been read again. Asking for one costs a comparison.
 */
final class StatementText {

	/**
	 * A text that is not known: everything may be in it.
	 */
	static final StatementText UNKNOWN = new StatementText();

	private final List<String> sql;

	private final FunctionCatalog catalog;

	/**
	 * The texts of a batch, none for a single text.
	 */
	private final List<StatementText> parts;

	private StatementFacts facts;

	private volatile boolean refused;

	private boolean updatable;

	private StatementText() {
		this.sql = List.of();
		this.parts = List.of();
		this.catalog = FunctionCatalog.NONE;
		this.facts = new StatementFacts(this.catalog.current(), StatementFacts.ANYTHING);
	}

	/**
	 * Creates the facts of a text.
	 * @param sql the text
	 * @param catalog the catalog of the data source
	 * @param refused whether the server has refused the text as a read
	 */
	StatementText(String sql, FunctionCatalog catalog, boolean refused) {
		this.sql = List.of(sql);
		this.parts = List.of();
		this.catalog = catalog;
		this.refused = refused;
		this.facts = StatementScanner.scan(sql, catalog.current());
	}

	/**
	 * Creates the facts of a batch.
	 * @param parts the texts of the batch, at least one
	 * @param catalog the catalog of the data source
	 */
	StatementText(List<StatementText> parts, FunctionCatalog catalog) {
		this.sql = parts.stream().map(StatementText::sql).toList();
		this.parts = parts;
		this.catalog = catalog;
		this.facts = union(catalog.current());
	}

	/**
	 * The text; for a batch all of them, empty for {@link #UNKNOWN}.
	 */
	String sql() {
		return (this.sql.size() == 1) ? this.sql.get(0) : String.join(";\n", this.sql);
	}

	/**
	 * Whether it only reads and leaves nothing behind in its session.
	 */
	boolean isPlainRead() {
		return facts().has(StatementFacts.PLAIN_READ) && !this.refused;
	}

	/**
	 * Whether it only reads as the catalog says, and not only a list of common functions.
	 */
	boolean isKnownRead() {
		StatementFacts facts = facts();
		return facts.has(StatementFacts.PLAIN_READ) && !this.refused && facts.basis().isComplete()
				&& !this.catalog.isOutdated();
	}

	/**
	 * Whether it looks like a read, and may write by an object that the catalog is yet to
	 * show, such as a view that was created just now.
	 */
	boolean isDoubtfulRead() {
		return facts().has(StatementFacts.FROM_RELATION) && isPlainRead() && !isKnownRead()
				&& this.catalog.isReadable();
	}

	/**
	 * Whether a session with {@code standard_conforming_strings} off may understand
	 * another text.
	 */
	boolean hasBackslash() {
		return facts().has(StatementFacts.BACKSLASH);
	}

	/**
	 * Whether its count, if above zero, is one of rows that were changed.
	 */
	boolean changesData() {
		return facts().has(StatementFacts.CHANGES_DATA);
	}

	/**
	 * Whether it may write where the check at the commit does not see it: a cursor
	 * {@code WITH HOLD} is carried out after the check, and dblink writes through another
	 * connection.
	 */
	boolean mayWriteUnseen() {
		return facts().has(StatementFacts.WRITES_UNSEEN);
	}

	/**
	 * Whether one of its statements begins, ends or prepares a transaction. Statements
	 * about savepoints {@linkplain #changesSession() change the session}.
	 */
	boolean controlsTransaction() {
		return facts().has(StatementFacts.CONTROLS_TRANSACTION);
	}

	/**
	 * Whether there is more than one statement. Empty ones do not count.
	 */
	boolean hasSeveralStatements() {
		return facts().has(StatementFacts.SEVERAL_STATEMENTS);
	}

	/**
	 * Whether the name of the setting {@code synchronous_commit} is in it, outside of
	 * comments. A parameter may be that name as well, which is not taken into account.
	 */
	boolean mentionsSynchronousCommit() {
		return facts().has(StatementFacts.SYNCHRONOUS_COMMIT);
	}

	/**
	 * Whether it may change {@code synchronous_commit} for longer than a transaction.
	 */
	boolean setsSynchronousCommitForSession() {
		return facts().has(StatementFacts.SYNCHRONOUS_COMMIT_OF_SESSION);
	}

	/**
	 * Whether it takes an advisory lock, or gives one back.
	 */
	boolean takesAdvisoryLock() {
		return facts().has(StatementFacts.ADVISORY_LOCK);
	}

	/**
	 * Whether it writes large objects, by means of a function of PostgreSQL's own.
	 */
	boolean writesLargeObjects() {
		return facts().has(StatementFacts.LARGE_OBJECT);
	}

	/**
	 * Whether it makes the transaction that begins with it a serializable one.
	 */
	boolean asksForSerializable() {
		return facts().has(StatementFacts.SERIALIZABLE);
	}

	/**
	 * Whether it leaves state in the session or the transaction that later statements
	 * depend on: a setting, a cursor, a savepoint, a temporary table, a lock that was
	 * asked for by name. The value that a sequence remembers for {@code currval} does not
	 * count, nor does a change of data.
	 */
	boolean changesSession() {
		return facts().has(StatementFacts.CHANGES_SESSION);
	}

	/**
	 * Whether it may make a read-only transaction or session a read-write one.
	 */
	boolean mayChangeAccessMode() {
		return facts().has(StatementFacts.CHANGES_ACCESS_MODE);
	}

	/**
	 * Whether it may change the catalog.
	 */
	boolean changesCatalog() {
		return facts().has(StatementFacts.CHANGES_CATALOG);
	}

	/**
	 * Whether it calls a function whose name the catalog does not have.
	 */
	boolean callsUnknownFunction() {
		return facts().has(StatementFacts.UNKNOWN_FUNCTION);
	}

	/**
	 * Whether a replica may execute it: it only reads, and its rows are not to be
	 * changed.
	 */
	boolean isReadForReplica() {
		return !this.updatable && isPlainRead();
	}

	/**
	 * These facts for a statement whose rows can be changed.
	 */
	StatementText asUpdatable() {
		StatementText text = new StatementText(sql(), this.catalog, this.refused);
		text.updatable = true;
		return text;
	}

	/**
	 * The server has refused it as a read: it is no plain read from now on.
	 */
	void refused() {
		this.refused = true;
		this.parts.forEach(StatementText::refused);
	}

	/**
	 * The facts as of the present catalog. Several threads may compute the same facts.
	 */
	private StatementFacts facts() {
		StatementFacts facts = this.facts;
		CatalogSnapshot present = this.catalog.current();
		if (facts.basis() != present) {
			facts = (this.parts.isEmpty()) ? StatementScanner.scan(sql(), present) : union(present);
			this.facts = facts;
		}
		return facts;
	}

	private StatementFacts union(CatalogSnapshot present) {
		int all = StatementFacts.PLAIN_READ;
		int any = (this.parts.size() > 1) ? StatementFacts.SEVERAL_STATEMENTS : 0;
		for (StatementText part : this.parts) {
			int flags = part.facts().flags();
			all &= (part.isPlainRead()) ? flags : 0;
			any |= flags & ~StatementFacts.PLAIN_READ;
		}
		StatementFacts facts = new StatementFacts(present, all | any);
		boolean mayEnd = facts.has(StatementFacts.SEVERAL_STATEMENTS) && facts.has(StatementFacts.CONTROLS_TRANSACTION);
		return (mayEnd) ? new StatementFacts(present, facts.flags() | StatementFacts.CHANGES_ACCESS_MODE) : facts;
	}

	@Override
	public String toString() {
		return sql();
	}

}

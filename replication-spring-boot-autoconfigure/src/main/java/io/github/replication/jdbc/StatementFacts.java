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

/**
 * The facts of a text as of one state of the catalog.
 *
 * @param basis the catalog
 * @param flags the facts, as a sum
 */
record StatementFacts(CatalogSnapshot basis, int flags) {

	static final int PLAIN_READ = 1;

	static final int WRITES_UNSEEN = 1 << 1;

	static final int CONTROLS_TRANSACTION = 1 << 2;

	static final int SEVERAL_STATEMENTS = 1 << 3;

	static final int SYNCHRONOUS_COMMIT = 1 << 4;

	static final int SYNCHRONOUS_COMMIT_OF_SESSION = 1 << 5;

	static final int ADVISORY_LOCK = 1 << 6;

	static final int CHANGES_SESSION = 1 << 7;

	static final int CHANGES_ACCESS_MODE = 1 << 8;

	/**
	 * The text calls a function whose name the catalog does not have.
	 */
	static final int UNKNOWN_FUNCTION = 1 << 9;

	/**
	 * The text may change the catalog.
	 */
	static final int CHANGES_CATALOG = 1 << 10;

	/**
	 * The text writes large objects.
	 */
	static final int LARGE_OBJECT = 1 << 11;

	/**
	 * The text asks for a serializable transaction, before the first query of one.
	 */
	static final int SERIALIZABLE = 1 << 12;

	/**
	 * The text inserts, updates, deletes or merges, and says how many rows.
	 */
	static final int CHANGES_DATA = 1 << 13;

	/**
	 * There is a backslash in a literal, which some sessions take for an escape.
	 */
	static final int BACKSLASH = 1 << 14;

	/**
	 * The text may name a relation to read from.
	 */
	static final int FROM_RELATION = 1 << 15;

	/**
	 * Every fact that makes a text something else than a plain read.
	 */
	static final int ANYTHING = WRITES_UNSEEN | CONTROLS_TRANSACTION | SEVERAL_STATEMENTS | SYNCHRONOUS_COMMIT
			| SYNCHRONOUS_COMMIT_OF_SESSION | ADVISORY_LOCK | CHANGES_SESSION | CHANGES_ACCESS_MODE | LARGE_OBJECT;

	boolean has(int fact) {
		return (this.flags & fact) != 0;
	}

}

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

import io.github.replication.jdbc.SqlLexer.Kind;

/**
 * The state of the scanner within one statement of a text, by the keywords read so far.
 */
final class StatementClassification {

	private int flags;

	private Stage stage = Stage.BEGINNING;

	private Keyword verb = Keyword.NONE;

	private Keyword second = Keyword.NONE;

	private int words;

	private boolean reads;

	private boolean writes;

	private boolean unclear;

	private boolean toSavepoint;

	private boolean settingsRelation;

	private boolean otherConnection;

	private int synchronousCommits;

	private int readOnlys;

	private int atomic;

	/**
	 * Follows a token.
	 * @param kind its kind
	 * @param mark its character if it is a single one, else 0
	 * @param keyword the keyword that it is
	 * @param last the token before
	 * @param depth the number of open parentheses
	 */
	void token(Kind kind, char mark, Keyword keyword, Token last, int depth) {
		begin(mark, keyword, depth);
		if (kind == Kind.WORD) {
			this.words++;
			if (this.words == 2) {
				this.second = keyword;
			}
			word(keyword, last);
		}
	}

	private void begin(char mark, Keyword keyword, int depth) {
		switch (this.stage) {
			case BEGINNING -> {
				if (mark != '(') {
					this.stage = Stage.BODY;
					this.verb = (mark == '{') ? Keyword.CALL : keyword;
					begin();
				}
			}
			case EXPLAIN -> {
				if (mark == '(') {
					this.stage = Stage.EXPLAIN_PARENTHESIS;
				}
				else if (keyword != Keyword.ANALYZE && keyword != Keyword.ANALYSE && keyword != Keyword.VERBOSE) {
					explained(keyword);
				}
			}
			case EXPLAIN_PARENTHESIS -> {
				if (isBeginningOfRead(keyword)) {
					explained(keyword);
				}
				else if (mark != '(') {
					this.stage = Stage.EXPLAIN_OPTIONS;
				}
			}
			case EXPLAIN_OPTIONS -> {
				if (depth == 0) {
					this.stage = Stage.EXPLAIN;
					begin(mark, keyword, depth);
				}
			}
			case BODY -> {
			}
		}
	}

	private void begin() {
		this.reads = isBeginningOfRead(this.verb) || this.verb == Keyword.SHOW;
		switch (this.verb) {
			case EXPLAIN -> this.stage = Stage.EXPLAIN;
			case BEGIN, START -> add(StatementFacts.CONTROLS_TRANSACTION | StatementFacts.CHANGES_ACCESS_MODE);
			case COMMIT, END, ABORT -> add(StatementFacts.CONTROLS_TRANSACTION);
			case SET, RESET, DISCARD, SAVEPOINT, RELEASE, DECLARE, CLOSE, FETCH, MOVE, LISTEN, UNLISTEN, DEALLOCATE,
					EXECUTE, LOAD, LOCK ->
				add(StatementFacts.CHANGES_SESSION);
			case DO, CALL -> add(StatementFacts.CHANGES_SESSION | StatementFacts.CHANGES_CATALOG);
			case CREATE, ALTER, DROP, IMPORT, REASSIGN -> add(StatementFacts.CHANGES_CATALOG);
			default -> {
			}
		}
	}

	private void explained(Keyword keyword) {
		this.stage = Stage.BODY;
		this.reads = isBeginningOfRead(keyword);
		if (!this.reads && !isChangeOfData(keyword)) {
			add(StatementFacts.CHANGES_SESSION);
		}
	}

	private static boolean isBeginningOfRead(Keyword keyword) {
		return switch (keyword) {
			case SELECT, WITH, VALUES, TABLE -> true;
			default -> false;
		};
	}

	private static boolean isChangeOfData(Keyword keyword) {
		return switch (keyword) {
			case INSERT, UPDATE, DELETE, MERGE -> true;
			default -> false;
		};
	}

	private void word(Keyword keyword, Token last) {
		switch (keyword) {
			case INSERT, UPDATE, DELETE, MERGE -> this.writes |= !last.isBeforeName();
			case SHARE -> this.writes |= last.is(Keyword.FOR) || last.is(Keyword.KEY);
			case INTO -> this.writes |= !last.is(Keyword.AS);
			case FROM, TABLE -> add(StatementFacts.FROM_RELATION);
			case TEMP, TEMPORARY -> temporary(last);
			case TO -> this.toSavepoint = true;
			case ALL -> all();
			case HOLD -> hold(last);
			case CHARACTERISTICS -> accessMode(this.verb == Keyword.SET);
			case SERIALIZABLE -> serializable();
			case WRITE -> accessMode(this.verb == Keyword.SET && last.is(Keyword.READ));
			case ATOMIC -> this.atomic += (this.verb == Keyword.CREATE && last.is(Keyword.BEGIN)) ? 1 : 0;
			case CASE -> this.atomic += (this.atomic > 0) ? 1 : 0;
			case END -> this.atomic -= (this.atomic > 0) ? 1 : 0;
			default -> {
			}
		}
	}

	private void serializable() {
		if (this.verb == Keyword.SET && (this.second == Keyword.TRANSACTION || this.second == Keyword.LOCAL)) {
			add(StatementFacts.SERIALIZABLE);
		}
	}

	private void temporary(Token last) {
		if (last.is(Keyword.CREATE) || last.is(Keyword.REPLACE) || last.is(Keyword.LOCAL) || last.is(Keyword.GLOBAL)
				|| last.is(Keyword.INTO)) {
			add(StatementFacts.CHANGES_SESSION);
		}
	}

	private void all() {
		accessMode(this.words == 2 && (this.verb == Keyword.RESET || this.verb == Keyword.DISCARD));
	}

	private void hold(Token last) {
		if (this.verb == Keyword.DECLARE && last.is(Keyword.WITH)) {
			add(StatementFacts.WRITES_UNSEEN);
		}
	}

	private void accessMode(boolean changes) {
		if (changes) {
			add(StatementFacts.CHANGES_ACCESS_MODE);
		}
	}

	void add(int facts) {
		this.flags |= facts;
	}

	/**
	 * Whether the scanner has come to the statement itself, past any prefix.
	 */
	boolean isInBody() {
		return this.stage == Stage.BODY;
	}

	Keyword verb() {
		return this.verb;
	}

	/**
	 * Whether a semicolon ends the statement, outside of parentheses.
	 */
	boolean endsWithSemicolon() {
		return this.atomic == 0;
	}

	/**
	 * Whether a function that is not known may be called: not in a definition, which
	 * names functions and tables in the same way.
	 */
	boolean isOnData() {
		return isBeginningOfRead(this.verb) || isChangeOfData(this.verb) || this.verb == Keyword.EXPLAIN;
	}

	/**
	 * Whether the statement runs code that is a literal.
	 */
	boolean runsLiteral() {
		return this.verb == Keyword.DO;
	}

	/**
	 * The statement may do more than read.
	 */
	void unclear() {
		this.unclear = true;
	}

	/**
	 * The statement names the relation through which settings can be changed.
	 */
	void namesSettings() {
		this.settingsRelation = true;
	}

	/**
	 * The statement mentions {@code synchronous_commit}, other than to change it for one
	 * transaction.
	 */
	void mentionsSynchronousCommit() {
		this.synchronousCommits++;
	}

	void changesSynchronousCommitLocally() {
		this.synchronousCommits--;
	}

	/**
	 * The statement mentions the settings that make a transaction read-only.
	 */
	void mentionsReadOnly() {
		this.readOnlys++;
	}

	/**
	 * The statement names a function of dblink, or anything with that in its name.
	 */
	void namesOtherConnection() {
		this.otherConnection = true;
	}

	/**
	 * The statement has a name that is not known, because its characters are written in
	 * another way.
	 */
	void namesUnknown() {
		this.unclear = true;
		accessMode(this.verb == Keyword.SET || this.verb == Keyword.RESET);
	}

	/**
	 * Whether anything but white space, comments and opening parentheses was seen.
	 */
	boolean isBegun() {
		return this.stage != Stage.BEGINNING;
	}

	/**
	 * Whether the statement only reads, at its end.
	 */
	boolean isPlainRead() {
		return this.reads && !this.writes && !this.unclear;
	}

	/**
	 * The facts of the statement, at its end.
	 * @param plainRead whether it only reads
	 */
	int facts(boolean plainRead) {
		if (isChangeOfData(this.verb)) {
			add(StatementFacts.CHANGES_DATA);
		}
		if (this.verb == Keyword.ROLLBACK) {
			add((this.toSavepoint) ? StatementFacts.CHANGES_SESSION : StatementFacts.CONTROLS_TRANSACTION);
		}
		else if (this.verb == Keyword.PREPARE) {
			add((this.second == Keyword.TRANSACTION) ? StatementFacts.CONTROLS_TRANSACTION
					: StatementFacts.CHANGES_SESSION);
		}
		if (this.settingsRelation && this.writes) {
			add(StatementFacts.CHANGES_SESSION | StatementFacts.CHANGES_ACCESS_MODE | StatementFacts.SYNCHRONOUS_COMMIT
					| StatementFacts.SYNCHRONOUS_COMMIT_OF_SESSION);
		}
		if (!plainRead) {
			boolean local = this.verb == Keyword.SET && this.second == Keyword.LOCAL;
			if (this.synchronousCommits > 0 && !local) {
				add(StatementFacts.SYNCHRONOUS_COMMIT_OF_SESSION);
			}
			accessMode(this.readOnlys > 0);
			if (this.otherConnection) {
				add(StatementFacts.WRITES_UNSEEN);
			}
		}
		return this.flags;
	}

	/**
	 * The parts of a statement whose words mean different things.
	 */
	private enum Stage {

		BEGINNING, EXPLAIN, EXPLAIN_PARENTHESIS, EXPLAIN_OPTIONS, BODY

	}

}

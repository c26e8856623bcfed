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

import io.github.replication.jdbc.Parentheses.Use;
import io.github.replication.jdbc.SqlLexer.Kind;

/**
 * Finds the facts of a text in one pass over its tokens. It knows the grammar only where
 * a decision depends on it, and decides for the worse where that is not enough. Good for
 * one text, and not for several threads.
 */
final class StatementScanner {

	private final SqlLexer lexer;

	private final CatalogSnapshot catalog;

	private final Parentheses parentheses = new Parentheses();

	private final SettingCall settingCall = new SettingCall();

	private final ScannedName name = new ScannedName();

	private StatementClassification statement = new StatementClassification();

	private Token last = Token.NONE;

	private Token beforeLast = Token.NONE;

	private int flags;

	private long visitedAgain;

	private int statements;

	private boolean onlyPlainReads = true;

	private StatementScanner(String sql, CatalogSnapshot catalog) {
		this.lexer = new SqlLexer(sql);
		this.catalog = catalog;
	}

	/**
	 * Finds the facts of a text.
	 * @param sql the text, of one or more statements
	 * @param catalog the knowledge about functions
	 */
	static StatementFacts scan(String sql, CatalogSnapshot catalog) {
		return new StatementScanner(sql, catalog).scan();
	}

	/**
	 * How many characters are visited to find the facts of a text.
	 */
	static long work(String sql, CatalogSnapshot catalog) {
		StatementScanner scanner = new StatementScanner(sql, catalog);
		scanner.scan();
		return scanner.lexer.visited() + scanner.visitedAgain;
	}

	private StatementFacts scan() {
		Kind kind;
		do {
			kind = this.lexer.next();
			if (kind == Kind.END || endsStatement()) {
				endStatement();
			}
			else {
				Token token = read(kind);
				this.beforeLast = this.last;
				this.last = token;
			}
		}
		while (kind != Kind.END);
		return new StatementFacts(this.catalog, this.flags | ofText());
	}

	private int ofText() {
		int found = 0;
		if (this.statements > 0 && this.onlyPlainReads && !this.lexer.isUnterminated()) {
			found |= StatementFacts.PLAIN_READ;
		}
		if (this.statements > 1) {
			found |= StatementFacts.SEVERAL_STATEMENTS;
			if ((this.flags & StatementFacts.CONTROLS_TRANSACTION) != 0) {
				found |= StatementFacts.CHANGES_ACCESS_MODE;
			}
		}
		return found;
	}

	private boolean endsStatement() {
		return this.lexer.isMark(';') && this.parentheses.depth() == 0 && this.statement.endsWithSemicolon();
	}

	private void endStatement() {
		if (this.statement.isBegun()) {
			this.statements++;
			boolean plainRead = this.statement.isPlainRead() && this.parentheses.depth() == 0
					&& !this.catalog.marksEverything();
			this.onlyPlainReads &= plainRead;
			this.flags |= this.statement.facts(plainRead);
			this.statement = new StatementClassification();
		}
		this.parentheses.reset();
		this.last = Token.NONE;
		this.beforeLast = Token.NONE;
	}

	private Token read(Kind kind) {
		Keyword keyword = (kind == Kind.WORD && !this.last.is('.')) ? Keyword.of(this.lexer) : Keyword.NONE;
		this.statement.token(kind, this.lexer.mark(), keyword, this.last, this.parentheses.depth());
		if (kind == Kind.LITERAL) {
			literal();
		}
		if (this.settingCall.isOpen()) {
			this.settingCall.token(this.lexer, this.parentheses.depth(), keyword);
		}
		return switch (kind) {
			case WORD, QUOTED_NAME -> name(kind, keyword);
			case MARK -> mark(this.lexer.mark());
			case OPERATOR -> other(kind, this.catalog.marksOperator(this.lexer));
			case PLACEHOLDER -> other(kind, this.catalog.marksQuestionMark());
			default -> other(kind, false);
		};
	}

	private Token other(Kind kind, boolean marked) {
		if (marked) {
			this.statement.unclear();
		}
		this.parentheses.other();
		return Token.of(kind);
	}

	private Token mark(char mark) {
		switch (mark) {
			case '(' -> open();
			case ')' -> {
				return close();
			}
			case ',' -> this.parentheses.comma();
			default -> this.parentheses.other();
		}
		return Token.of(mark);
	}

	// names

	private Token name(Kind kind, Keyword keyword) {
		int known = this.catalog.get(this.lexer);
		this.name.add(this.lexer, known, this.last, this.beforeLast);
		if (CatalogSnapshot.is(known, CatalogSnapshot.MARKED)
				|| (CatalogSnapshot.is(known, CatalogSnapshot.MARKED_ATTRIBUTE) && this.last.is('.'))) {
			this.statement.unclear();
		}
		if (keyword == Keyword.NONE) {
			specialName();
		}
		if (kind == Kind.QUOTED_NAME) {
			this.parentheses.name();
			return Token.of(kind);
		}
		this.parentheses.word(keyword);
		return Token.of(keyword);
	}

	private void specialName() {
		if (this.name.isEscaped()) {
			this.statement.namesUnknown();
		}
		else if (this.name.is("synchronous_commit")) {
			mentionsSynchronousCommit();
		}
		else if (this.name.is("transaction_read_only") || this.name.is("default_transaction_read_only")) {
			this.statement.mentionsReadOnly();
		}
		else if (this.name.is("pg_settings")) {
			this.statement.namesSettings();
		}
		else if (this.name.startsWith("pg_temp")) {
			this.statement.add(StatementFacts.CHANGES_SESSION);
			this.statement.unclear();
		}
		else if (this.name.contains("dblink")) {
			this.statement.namesOtherConnection();
		}
	}

	private void mentionsSynchronousCommit() {
		this.statement.add(StatementFacts.SYNCHRONOUS_COMMIT);
		this.statement.mentionsSynchronousCommit();
	}

	// literals

	/**
	 * Looks for the names of settings, and also for the relevant words of code if the
	 * literal is run as code.
	 */
	private void literal() {
		boolean code = this.statement.runsLiteral();
		this.visitedAgain += this.lexer.contentEnd() - this.lexer.contentStart();
		for (int i = this.lexer.contentStart(); i < this.lexer.contentEnd(); i++) {
			switch (this.lexer.text().charAt(i)) {
				case 's', 'S' -> {
					if (isInLiteral("synchronous_commit", i)) {
						mentionsSynchronousCommit();
						this.settingCall.mentionsSynchronousCommit();
					}
				}
				case 't', 'T' -> {
					if (isInLiteral("transaction_read_only", i)) {
						this.statement.mentionsReadOnly();
					}
				}
				case '\\' -> this.statement.add(StatementFacts.BACKSLASH);
				case 'a', 'A' -> addIf(StatementFacts.ADVISORY_LOCK, code && isInLiteral("advisory_", i));
				case 'd', 'D' -> addIf(StatementFacts.WRITES_UNSEEN, code && isInLiteral("dblink", i));
				case 'l', 'L' -> addIf(StatementFacts.LARGE_OBJECT, code && writesLargeObjects(i));
				case 'h', 'H' -> addIf(StatementFacts.WRITES_UNSEEN, code && isInLiteral("hold", i));
				default -> {
				}
			}
		}
	}

	private boolean writesLargeObjects(int start) {
		return BuiltInFunctions.WRITING_LARGE_OBJECTS.stream().anyMatch((name) -> isInLiteral(name, start));
	}

	private boolean isInLiteral(String word, int start) {
		return start + word.length() <= this.lexer.contentEnd()
				&& this.lexer.text().regionMatches(true, start, word, 0, word.length());
	}

	private void addIf(int fact, boolean condition) {
		if (condition) {
			this.statement.add(fact);
		}
	}

	// parentheses and calls

	private void open() {
		Use use = Use.OTHER;
		boolean called = false;
		boolean columns = this.parentheses.beginsColumns();
		if (!columns && this.last.isName() && this.statement.isInBody()) {
			if (this.last.is(Keyword.OPERATOR)) {
				use = Use.OPERATOR;
			}
			else if (this.last.is(Keyword.ON) && this.beforeLast.is(Keyword.DISTINCT)) {
				use = Use.DISTINCT;
			}
			else {
				called = this.name.isCalled(this.last.keyword(), this.statement.verb());
			}
		}
		this.parentheses.open(use);
		if (called) {
			call();
		}
	}

	private Token close() {
		if (this.settingCall.isOpen() && this.settingCall.close(this.parentheses.depth())) {
			setting();
		}
		Use use = this.parentheses.close();
		if (use == Use.OPERATOR && !isOperatorName()) {
			callUnknown();
		}
		return (use == Use.OTHER) ? Token.of(')') : Token.CLOSED_PREFIX;
	}

	/**
	 * Whether the parenthesis that is closed holds the name of an operator, and not the
	 * arguments of a function called {@code operator}.
	 */
	private boolean isOperatorName() {
		return this.last.is(Kind.OPERATOR) && (this.beforeLast.is('.') || this.beforeLast.is('('));
	}

	private void call() {
		if (this.name.isEscaped()) {
			this.statement
				.add(StatementFacts.ADVISORY_LOCK | StatementFacts.WRITES_UNSEEN | StatementFacts.CHANGES_SESSION
						| StatementFacts.CHANGES_ACCESS_MODE | StatementFacts.LARGE_OBJECT);
			return;
		}
		String replacement = (this.name.isOfJdbc()) ? BuiltInFunctions.OF_JDBC.get(this.name.value()) : null;
		if (replacement != null) {
			callInstead(replacement);
			return;
		}
		if (!this.name.isHarmless()) {
			this.statement.unclear();
			callHarmful();
		}
	}

	private void callInstead(String replacement) {
		if (!replacement.isEmpty() && !CatalogSnapshot.isHarmless(this.catalog.get(replacement))) {
			this.statement.unclear();
		}
	}

	private void callHarmful() {
		addIf(StatementFacts.LARGE_OBJECT, BuiltInFunctions.WRITING_LARGE_OBJECTS.contains(this.name.value()));
		if (this.name.startsWith("pg_advisory_") || this.name.startsWith("pg_try_advisory_")) {
			this.statement.add(StatementFacts.ADVISORY_LOCK | StatementFacts.CHANGES_SESSION);
		}
		else if (this.name.is("set_config")) {
			this.statement.add(StatementFacts.CHANGES_SESSION);
			addIf(StatementFacts.CHANGES_ACCESS_MODE, this.settingCall.isOpen());
			this.settingCall.open(this.parentheses.depth());
		}
		else if (BuiltInFunctions.CHANGING_SESSION.contains(this.name.value())) {
			this.statement.add(StatementFacts.CHANGES_SESSION);
		}
		else if (this.statement.isOnData() && (this.name.isUnknown() || this.name.isVolatileElsewhere())) {
			callUnknown();
		}
	}

	private void callUnknown() {
		this.statement.unclear();
		this.statement.add(StatementFacts.CHANGES_SESSION);
		addIf(StatementFacts.UNKNOWN_FUNCTION, this.name.isUnknown());
	}

	/**
	 * Judges a call of {@code set_config} at its end.
	 */
	private void setting() {
		addIf(StatementFacts.CHANGES_ACCESS_MODE, !this.settingCall.isNameKnown());
		if (this.settingCall.isSynchronousCommit() && this.settingCall.isLocal()) {
			this.statement.changesSynchronousCommitLocally();
		}
	}

}

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
 * Cuts the text of a statement into tokens as PostgreSQL does, with
 * {@code standard_conforming_strings} on, and with the driver's placeholders. The tokens
 * are regions of the text: nothing is copied. Each character is visited a bounded number
 * of times in any text. Not safe for use by several threads.
 *
 * @see <a href="https://www.postgresql.org/docs/current/sql-syntax-lexical.html">Lexical
 * structure</a>
 */
final class SqlLexer {

	private static final int ASCII = 0x80;

	private static final byte LETTER = 1;

	private static final byte DIGIT = 2;

	private static final byte SPACE = 3;

	private static final byte OPERATOR = 4;

	private static final byte[] CLASSES = classes();

	private final String text;

	private int position;

	private Kind kind = Kind.END;

	private int start;

	private int contentStart;

	private int contentEnd;

	private int hash;

	private boolean escaped;

	private boolean doubled;

	private boolean unterminated;

	private long visited;

	SqlLexer(String text) {
		this.text = text;
	}

	private static byte[] classes() {
		byte[] classes = new byte[ASCII];
		fill(classes, LETTER, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
		fill(classes, DIGIT, "0123456789");
		fill(classes, SPACE, " \t\n\u000B\f\r");
		fill(classes, OPERATOR, "+-*/<>=~!@#%^&|`?");
		return classes;
	}

	private static void fill(byte[] classes, byte value, String characters) {
		characters.chars().forEach((c) -> classes[c] = value);
	}

	/**
	 * Moves on to the next token.
	 * @return its kind, {@link Kind#END} after the last
	 */
	Kind next() {
		skipIgnored();
		this.start = this.position;
		this.escaped = false;
		this.doubled = false;
		this.kind = (this.position < this.text.length()) ? read(this.text.charAt(this.position)) : Kind.END;
		return this.kind;
	}

	private Kind read(char c) {
		if (isWordStart(c)) {
			return readWord(c);
		}
		if (c == '\'') {
			return readLiteral(0, false);
		}
		if (c == '"') {
			return readQuotedName(0);
		}
		if (c == '$') {
			return readDollar();
		}
		if (isDigit(c) || (c == '.' && isDigit(at(1)))) {
			return readNumber();
		}
		if (c == '?' && at(1) != '?') {
			return token(Kind.PLACEHOLDER, 1);
		}
		if (isOperator(c)) {
			return readOperator();
		}
		if (c == ':' && at(1) == ':') {
			return token(Kind.CAST, 2);
		}
		return token(Kind.MARK, 1);
	}

	private Kind token(Kind kind, int length) {
		this.position += length;
		this.visited += length;
		return region(kind, this.start, this.position);
	}

	private Kind region(Kind kind, int from, int to) {
		this.contentStart = from;
		this.contentEnd = to;
		return kind;
	}

	private Kind readWord(char c) {
		char next = at(1);
		if (next == '\'') {
			char prefix = lower(c);
			if (prefix == 'e' || prefix == 'b' || prefix == 'x' || prefix == 'n') {
				return readLiteral(1, prefix == 'e');
			}
		}
		else if (next == '&' && lower(c) == 'u') {
			if (at(2) == '\'') {
				Kind literal = readLiteral(2, false);
				this.escaped = true;
				return literal;
			}
			if (at(2) == '"') {
				Kind name = readQuotedName(2);
				this.escaped = true;
				return name;
			}
		}
		int hash = 0;
		int end = this.position;
		while (end < this.text.length() && isWordPart(this.text.charAt(end))) {
			hash = NameTable.hash(hash, lower(this.text.charAt(end++)));
		}
		this.visited += end - this.position;
		this.position = end;
		this.hash = hash;
		region(Kind.WORD, this.start, end);
		limitName(true);
		return Kind.WORD;
	}

	private Kind readQuotedName(int prefix) {
		int i = this.position + prefix + 1;
		int from = i;
		int hash = 0;
		while (i < this.text.length()) {
			char c = this.text.charAt(i++);
			if (c == '"') {
				if (i >= this.text.length() || this.text.charAt(i) != '"') {
					finish(i);
					region(Kind.QUOTED_NAME, from, i - 1);
					this.hash = hash;
					limitName(false);
					return Kind.QUOTED_NAME;
				}
				this.doubled = true;
				i++;
			}
			hash = NameTable.hash(hash, c);
		}
		return unterminated(Kind.QUOTED_NAME, from);
	}

	private Kind readLiteral(int prefix, boolean escapes) {
		int i = this.position + prefix + 1;
		int from = i;
		while (i < this.text.length()) {
			char c = this.text.charAt(i++);
			if (c == '\\' && escapes) {
				this.escaped = true;
				i++;
			}
			else if (c == '\'') {
				if (i < this.text.length() && this.text.charAt(i) == '\'') {
					i++;
				}
				else {
					int continued = (escapes) ? continuation(i) : -1;
					if (continued < 0) {
						finish(i);
						return region(Kind.LITERAL, from, i - 1);
					}
					i = continued;
				}
			}
		}
		return unterminated(Kind.LITERAL, from);
	}

	/**
	 * Finds where a literal goes on that another line continues: with its escapes, though
	 * no letter stands before the second quote.
	 * @return the position after that quote, or -1
	 */
	private int continuation(int from) {
		boolean newline = false;
		int i = from;
		while (i < this.text.length()) {
			char c = this.text.charAt(i);
			if (isSpace(c)) {
				newline |= isNewline(c);
				i++;
			}
			else if (c == '-' && i + 1 < this.text.length() && this.text.charAt(i + 1) == '-') {
				i = endOfLine(i);
			}
			else {
				break;
			}
		}
		this.visited += i - from;
		return (newline && i < this.text.length() && this.text.charAt(i) == '\'') ? i + 1 : -1;
	}

	private Kind readDollar() {
		int i = this.position + 1;
		if (isDigit(at(1))) {
			while (i < this.text.length() && isDigit(this.text.charAt(i))) {
				i++;
			}
			return token(Kind.PLACEHOLDER, i - this.position);
		}
		if (isWordStart(at(1))) {
			while (i < this.text.length() && isWordPart(this.text.charAt(i)) && this.text.charAt(i) != '$') {
				i++;
			}
		}
		this.visited += i - this.position;
		if (i >= this.text.length() || this.text.charAt(i) != '$') {
			return token(Kind.MARK, 1);
		}
		int from = i + 1;
		String tag = this.text.substring(this.position, from);
		int end = this.text.indexOf(tag, from);
		if (end < 0) {
			return unterminated(Kind.LITERAL, from);
		}
		finish(end + tag.length());
		return region(Kind.LITERAL, from, end);
	}

	private Kind readNumber() {
		int i = this.position;
		while (i < this.text.length() && isNumberPart(this.text.charAt(i))) {
			i++;
		}
		if (i + 1 < this.text.length() && lower(this.text.charAt(i)) == 'e') {
			char next = this.text.charAt(i + 1);
			boolean signed = next == '+' || next == '-';
			if (isDigit((signed) ? at(i + 2 - this.position) : next)) {
				i += (signed) ? 2 : 1;
				while (i < this.text.length() && isNumberPart(this.text.charAt(i))) {
					i++;
				}
			}
		}
		return token(Kind.NUMBER, i - this.position);
	}

	/**
	 * Reads the longest run of operator characters, which may be more than one operator.
	 * A doubled question mark is the driver's way to write a single one.
	 */
	private Kind readOperator() {
		int i = this.position;
		while (i < this.text.length()) {
			char c = this.text.charAt(i);
			char next = (i + 1 < this.text.length()) ? this.text.charAt(i + 1) : 0;
			if (!isOperator(c) || (c == '?' && next != '?') || isCommentStart(c, next)) {
				break;
			}
			i += (c == '?') ? 2 : 1;
		}
		return token(Kind.OPERATOR, i - this.position);
	}

	/**
	 * Skips white space and comments, which may contain others.
	 */
	private void skipIgnored() {
		int i = this.position;
		while (i < this.text.length()) {
			char c = this.text.charAt(i);
			char next = (i + 1 < this.text.length()) ? this.text.charAt(i + 1) : 0;
			if (isSpace(c)) {
				i++;
			}
			else if (isCommentStart(c, next)) {
				i = (c == '-') ? endOfLine(i) : endOfComment(i);
			}
			else {
				break;
			}
		}
		finish(i);
	}

	private int endOfLine(int from) {
		int i = from;
		while (i < this.text.length() && !isNewline(this.text.charAt(i))) {
			i++;
		}
		return i;
	}

	private int endOfComment(int from) {
		int depth = 0;
		int i = from;
		while (i + 1 < this.text.length()) {
			char c = this.text.charAt(i);
			char next = this.text.charAt(i + 1);
			if (c == '/' && next == '*') {
				depth++;
				i += 2;
			}
			else if (c == '*' && next == '/') {
				depth--;
				i += 2;
				if (depth == 0) {
					return i;
				}
			}
			else {
				i++;
			}
		}
		this.unterminated = true;
		return this.text.length();
	}

	private void finish(int end) {
		int bounded = Math.min(end, this.text.length());
		this.visited += bounded - this.position;
		this.position = bounded;
	}

	private Kind unterminated(Kind kind, int from) {
		this.unterminated = true;
		this.escaped = true;
		finish(this.text.length());
		return region(kind, Math.min(from, this.position), this.position);
	}

	/**
	 * Shortens a name to the 63 bytes that the server takes into account.
	 */
	private void limitName(boolean folded) {
		int length = this.contentEnd - this.contentStart;
		if (length > NameTable.MAX_BYTES / 3 && !this.doubled) {
			int end = NameTable.limit(this.text, this.contentStart, this.contentEnd);
			if (end < this.contentEnd) {
				this.contentEnd = end;
				this.hash = NameTable.hash(this.text, this.contentStart, end, folded);
			}
		}
	}

	private char at(int offset) {
		int i = this.position + offset;
		return (i < this.text.length()) ? this.text.charAt(i) : 0;
	}

	/**
	 * The kind of the current token.
	 */
	Kind kind() {
		return this.kind;
	}

	/**
	 * Whether the current token is this single character.
	 */
	boolean isMark(char mark) {
		return this.kind == Kind.MARK && this.text.charAt(this.start) == mark;
	}

	/**
	 * The character of a {@link Kind#MARK}, 0 for another token.
	 */
	char mark() {
		return (this.kind == Kind.MARK) ? this.text.charAt(this.start) : 0;
	}

	/**
	 * The beginning of the token.
	 */
	int start() {
		return this.start;
	}

	/**
	 * The end of the token.
	 */
	int end() {
		return this.position;
	}

	/**
	 * The beginning of the token's content, which is a name or a literal without its
	 * quotes.
	 */
	int contentStart() {
		return this.contentStart;
	}

	/**
	 * The end of the token's content.
	 */
	int contentEnd() {
		return this.contentEnd;
	}

	/**
	 * The hash of a name for {@link NameTable}.
	 */
	int hash() {
		return this.hash;
	}

	/**
	 * Whether characters of the name or literal are written in another way, or may be, so
	 * that the region of the text is not its content.
	 */
	boolean isEscaped() {
		return this.escaped;
	}

	/**
	 * Whether quotes in the name are written twice.
	 */
	boolean isDoubled() {
		return this.doubled;
	}

	/**
	 * The content of the token, as a copy.
	 */
	String content() {
		String content = this.text.substring(this.contentStart, this.contentEnd);
		return (this.doubled) ? content.replace("\"\"", "\"") : content;
	}

	/**
	 * Whether the text ended inside of a literal, a name or a comment, which the server
	 * refuses.
	 */
	boolean isUnterminated() {
		return this.unterminated;
	}

	/**
	 * Returns the number of characters visited so far. A character visited twice counts
	 * twice.
	 */
	long visited() {
		return this.visited;
	}

	String text() {
		return this.text;
	}

	static char lower(char c) {
		return (c >= 'A' && c <= 'Z') ? (char) (c + ('a' - 'A')) : c;
	}

	/**
	 * Every character beyond ASCII belongs to a name, also spaces and quotes of other
	 * scripts.
	 */
	private static boolean isWordStart(char c) {
		return c >= ASCII || CLASSES[c] == LETTER;
	}

	private static boolean isWordPart(char c) {
		return c >= ASCII || CLASSES[c] == LETTER || CLASSES[c] == DIGIT || c == '$';
	}

	private static boolean isDigit(char c) {
		return c < ASCII && CLASSES[c] == DIGIT;
	}

	private static boolean isNumberPart(char c) {
		return isDigit(c) || c == '.' || c == '_';
	}

	private static boolean isSpace(char c) {
		return c < ASCII && CLASSES[c] == SPACE;
	}

	private static boolean isNewline(char c) {
		return c == '\n' || c == '\r';
	}

	private static boolean isOperator(char c) {
		return c < ASCII && CLASSES[c] == OPERATOR;
	}

	private static boolean isCommentStart(char c, char next) {
		return (c == '-' && next == '-') || (c == '/' && next == '*');
	}

	/**
	 * The kinds of tokens.
	 */
	enum Kind {

		/**
		 * The end of the text.
		 */
		END,

		/**
		 * A keyword or a name without quotes, whose upper case means nothing.
		 */
		WORD,

		/**
		 * A name in quotes.
		 */
		QUOTED_NAME,

		/**
		 * A string or bit string of any form.
		 */
		LITERAL,

		/**
		 * A number.
		 */
		NUMBER,

		/**
		 * A parameter: a question mark or a dollar with digits. In a statement without
		 * parameters a question mark is an operator.
		 */
		PLACEHOLDER,

		/**
		 * One or more operators.
		 */
		OPERATOR,

		/**
		 * Two colons.
		 */
		CAST,

		/**
		 * Any other single character.
		 */
		MARK

	}

}

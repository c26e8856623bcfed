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
 * Follows the arguments of one call of {@code set_config(name, value, is_local)}.
 */
final class SettingCall {

	private int depth;

	private int argument;

	private int tokens;

	private boolean nameKnown;

	private boolean local;

	private boolean synchronousCommit;

	/**
	 * Whether a call is being read.
	 */
	boolean isOpen() {
		return this.depth > 0;
	}

	/**
	 * Begins with a call.
	 * @param depth the depth of parentheses within it
	 */
	void open(int depth) {
		this.depth = depth;
		this.argument = 0;
		this.tokens = 0;
		this.nameKnown = false;
		this.local = false;
		this.synchronousCommit = false;
	}

	/**
	 * The literal that is about to be followed mentions {@code synchronous_commit}.
	 */
	void mentionsSynchronousCommit() {
		this.synchronousCommit |= isOpen() && this.argument == 0 && this.tokens == 0;
	}

	/**
	 * Follows a token within the call.
	 * @param lexer the lexer, at the token
	 * @param depth the depth of parentheses
	 * @param keyword the keyword that the token is
	 */
	void token(SqlLexer lexer, int depth, Keyword keyword) {
		if (depth == this.depth && lexer.mark() == ')') {
			return;
		}
		if (depth == this.depth && lexer.mark() == ',') {
			this.argument++;
			this.tokens = 0;
			return;
		}
		boolean only = this.tokens++ == 0;
		if (this.argument == 0) {
			this.nameKnown = only && lexer.kind() == Kind.LITERAL && !lexer.isEscaped();
		}
		else if (this.argument == 2) {
			this.local = only && (keyword == Keyword.TRUE);
		}
	}

	/**
	 * Ends if this closes the call.
	 * @param depth the depth of parentheses that is closed
	 * @return whether the call has ended
	 */
	boolean close(int depth) {
		if (depth != this.depth) {
			return false;
		}
		this.depth = 0;
		return true;
	}

	/**
	 * Whether the name is in the text.
	 */
	boolean isNameKnown() {
		return this.nameKnown;
	}

	/**
	 * Whether the setting is certain to end with the transaction.
	 */
	boolean isLocal() {
		return this.local;
	}

	/**
	 * Whether the setting is {@code synchronous_commit}.
	 */
	boolean isSynchronousCommit() {
		return this.nameKnown && this.synchronousCommit;
	}

}

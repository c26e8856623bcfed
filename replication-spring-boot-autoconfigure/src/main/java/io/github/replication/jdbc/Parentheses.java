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

import java.util.Arrays;

/**
 * Follows the parentheses of a statement: the use of each one, and the places of the
 * names of {@code WITH} lists, which may have columns.
 */
final class Parentheses {

	private Use[] uses = new Use[16];

	private List[] lists = new List[16];

	private int depth;

	Parentheses() {
		reset();
	}

	/**
	 * Forgets everything, for the next statement.
	 */
	void reset() {
		this.depth = 0;
		this.lists[0] = List.NONE;
	}

	int depth() {
		return this.depth;
	}

	void open(Use use) {
		if (++this.depth == this.uses.length) {
			this.uses = Arrays.copyOf(this.uses, 2 * this.depth);
			this.lists = Arrays.copyOf(this.lists, 2 * this.depth);
		}
		this.uses[this.depth] = use;
		this.lists[this.depth] = List.NONE;
	}

	/**
	 * Closes a parenthesis.
	 * @return its use, {@link Use#OTHER} if there was none
	 */
	Use close() {
		if (this.depth == 0) {
			return Use.OTHER;
		}
		Use use = this.uses[this.depth--];
		List list = this.lists[this.depth];
		this.lists[this.depth] = switch (list) {
			case COLUMNS -> List.NAME;
			case BODY -> List.COMPLETE;
			default -> List.NONE;
		};
		return use;
	}

	/**
	 * Returns the use of the innermost open parenthesis.
	 */
	Use use() {
		return (this.depth > 0) ? this.uses[this.depth] : Use.OTHER;
	}

	/**
	 * A parenthesis is about to be opened.
	 * @return whether it is for the columns of a name in a {@code WITH} list
	 */
	boolean beginsColumns() {
		List list = this.lists[this.depth];
		this.lists[this.depth] = switch (list) {
			case NAME -> List.COLUMNS;
			case AS -> List.BODY;
			default -> List.NONE;
		};
		return list == List.NAME;
	}

	/**
	 * Follows a word.
	 * @param keyword which one
	 */
	void word(Keyword keyword) {
		List list = this.lists[this.depth];
		this.lists[this.depth] = switch (keyword) {
			case WITH -> List.BEGUN;
			case ORDINALITY -> List.NONE;
			case RECURSIVE, NOT, MATERIALIZED -> (list == List.BEGUN || list == List.AS) ? list : name(list);
			case AS -> (list == List.NAME) ? List.AS : List.NONE;
			default -> name(list);
		};
	}

	/**
	 * Follows a name.
	 */
	void name() {
		this.lists[this.depth] = name(this.lists[this.depth]);
	}

	private static List name(List list) {
		return (list == List.BEGUN) ? List.NAME : List.NONE;
	}

	void comma() {
		this.lists[this.depth] = (this.lists[this.depth] == List.COMPLETE) ? List.BEGUN : List.NONE;
	}

	/**
	 * Follows any other token.
	 */
	void other() {
		this.lists[this.depth] = List.NONE;
	}

	/**
	 * The uses of a parenthesis.
	 */
	enum Use {

		/**
		 * Around the name of an operator: an expression begins after it.
		 */
		OPERATOR,

		/**
		 * Around the expressions of {@code DISTINCT ON}: the first column begins after
		 * it.
		 */
		DISTINCT,

		/**
		 * Any other.
		 */
		OTHER

	}

	/**
	 * The progress in the {@code WITH} list of a level.
	 */
	private enum List {

		NONE, BEGUN, NAME, COLUMNS, AS, BODY, COMPLETE

	}

}

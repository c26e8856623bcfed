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

import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Recognises statements of a read-write transaction whose writes the check at its commit
 * does not see: they end the transaction themselves, are carried out after the check, or
 * write through another connection. Nearly every statement is dismissed after one look at
 * its text.
 */
final class HiddenWrites {

	private static final Pattern ENDS_TRANSACTION = Pattern
		.compile("(?:^|;)\\s*(?:commit|end|prepare\\s+transaction)\\b", Pattern.CASE_INSENSITIVE);

	private static final Pattern COMMENT = Pattern.compile("/\\*.*?\\*/|--[^\\n]*", Pattern.DOTALL);

	/**
	 * The setting, unless it is that of one transaction.
	 */
	private static final Pattern ASYNCHRONOUS_SESSION = Pattern.compile("(?<!\\blocal\\s{1,8})synchronous_commit",
			Pattern.CASE_INSENSITIVE);

	private static final Pattern WRITES_LATER = Pattern.compile("\\bwith\\s+hold\\b|dblink", Pattern.CASE_INSENSITIVE);

	private HiddenWrites() {
	}

	/**
	 * Whether a statement may write where the check does not see it.
	 * @param sql its text, {@code null} if it is not known, as that of a batch
	 */
	static boolean mayContain(@Nullable String sql) {
		if (sql == null) {
			return true;
		}
		return (containsIgnoringCase(sql, "hold") || containsIgnoringCase(sql, "dblink"))
				&& WRITES_LATER.matcher(sql).find() || mayEndTransaction(sql) && endsTransaction(sql);
	}

	/**
	 * Looks at the text as it is as well, where what is taken for a comment stands in a
	 * literal.
	 */
	private static boolean endsTransaction(String sql) {
		return ENDS_TRANSACTION.matcher(sql).find()
				|| ENDS_TRANSACTION.matcher(COMMENT.matcher(sql).replaceAll(" ")).find();
	}

	/**
	 * Whether a statement mentions the setting that lets a commit return before the log
	 * is flushed.
	 * @param sql its text, {@code null} if it is not known
	 */
	static boolean isAsynchronous(@Nullable String sql) {
		return sql != null && containsIgnoringCase(sql, "synchronous_commit");
	}

	/**
	 * Whether a statement may let the commits of its session, or of more than that,
	 * return before the log is flushed.
	 * @param sql its text, {@code null} if it is not known
	 */
	static boolean isAsynchronousFromNowOn(@Nullable String sql) {
		return sql != null && isAsynchronous(sql) && ASYNCHRONOUS_SESSION.matcher(sql).find();
	}

	private static boolean mayEndTransaction(String sql) {
		return containsIgnoringCase(sql, "commit") || containsIgnoringCase(sql, "prepare")
				|| (containsIgnoringCase(sql, "end") && (sql.indexOf(';') >= 0 || startsWithEnd(sql)));
	}

	private static boolean startsWithEnd(String sql) {
		return COMMENT.matcher(sql).replaceAll(" ").strip().toLowerCase(Locale.ROOT).startsWith("end");
	}

	static boolean containsIgnoringCase(String text, String word) {
		char lower = word.charAt(0);
		char upper = Character.toUpperCase(lower);
		int last = text.length() - word.length();
		for (int i = 0; i <= last; i++) {
			char c = text.charAt(i);
			if ((c == lower || c == upper) && text.regionMatches(true, i, word, 0, word.length())) {
				return true;
			}
		}
		return false;
	}

}

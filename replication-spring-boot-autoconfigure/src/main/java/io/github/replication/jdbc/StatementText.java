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

/**
 * STUB
 */
final class StatementText {

	static final StatementText UNKNOWN = new StatementText("", false);

	private final String sql;

	private final boolean plainRead;

	volatile boolean refused;

	StatementText(String sql, boolean plainRead) {
		this.sql = sql;
		this.plainRead = plainRead;
	}

	String sql() {
		return this.sql;
	}

	boolean isPlainRead() {
		return this.plainRead && !this.refused;
	}

	boolean mayWriteUnseen() {
		return HiddenWrites.mayContain(this.sql);
	}

	boolean controlsTransaction() {
		String s = this.sql.strip().toLowerCase(Locale.ROOT);
		return s.startsWith("commit") || s.startsWith("rollback") && !s.startsWith("rollback to")
				|| s.startsWith("begin") || s.startsWith("start tran");
	}

	boolean mentionsSynchronousCommit() {
		return HiddenWrites.isAsynchronous(this.sql);
	}

	boolean setsSynchronousCommitForSession() {
		return HiddenWrites.isAsynchronousFromNowOn(this.sql);
	}

	boolean takesAdvisoryLock() {
		return this.sql.toLowerCase(Locale.ROOT).contains("_advisory_");
	}

	boolean changesSession() {
		return this.sql.toLowerCase(Locale.ROOT).startsWith("set ");
	}

	boolean mayChangeAccessMode() {
		String s = this.sql.toLowerCase(Locale.ROOT);
		return s.contains("read write") || s.contains("transaction_read_only");
	}

	StatementText asUpdatable() {
		return new StatementText(this.sql, false);
	}

}

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

package io.github.replication.twin;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.DataSourceUtils;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.Consistency;
import io.github.replication.Replication;

/**
 * The code around a sequence.
 */
enum Scope {

	/**
	 * No other code.
	 */
	NONE {

		@Override
		String runOurs(Side side, Action action) throws SQLException {
			action.run();
			return "";
		}

	},

	/**
	 * A scope of the library on the primary.
	 */
	PRIMARY {

		@Override
		String runOurs(Side side, Action action) throws SQLException {
			Replication.onPrimary(action::run);
			return "";
		}

	},

	/**
	 * A read-only scope of the library, while each connection is read-only anyway.
	 */
	READ_ONLY {

		@Override
		Sequence around(Sequence sequence) {
			List<Call> calls = new ArrayList<>();
			for (Call call : sequence.calls()) {
				if (!call.method().equals("setReadOnly")) {
					calls.add(call);
				}
				if (call.target().equals(Call.DATA_SOURCE) && call.result() != null) {
					calls.add(Call.of(call.result(), "setReadOnly", true));
				}
			}
			return new Sequence(calls);
		}

		@Override
		String runOurs(Side side, Action action) throws SQLException {
			Replication.readOnly(Consistency.SESSION, action::run);
			return "";
		}

	},

	/**
	 * A read-write transaction that was begun inside a read-only one, which goes on
	 * afterwards.
	 */
	NEW_TRANSACTION {

		@Override
		boolean fits(Sequence sequence) {
			// the outer transaction has locks and a session of its own
			return sequence.calls()
				.stream()
				.noneMatch((call) -> call.method().matches("terminate|aborted|abort")
						|| EXCLUSIVE.matcher(call.text()).find());
		}

		@Override
		String runPlain(Side side, Action action) throws SQLException {
			return inNewTransaction(side.dataSource(), action);
		}

		@Override
		String runOurs(Side side, Action action) throws SQLException {
			return inNewTransaction(side.dataSource(), action);
		}

	};

	private static final Pattern EXCLUSIVE = Pattern.compile("(?i)truncate|drop|vacuum|analyze|lock|create");

	private static final String ROWS = "SELECT (SELECT string_agg(t::text, ' ' ORDER BY id) FROM a.item t)"
			+ " || coalesce((SELECT string_agg(t::text, ' ' ORDER BY id) FROM a.entry t), '')"
			+ " || ', ' || current_setting('transaction_isolation') /* around */";

	/**
	 * Whether a sequence can be run within this scope.
	 */
	boolean fits(Sequence sequence) {
		return true;
	}

	/**
	 * Returns a sequence as it is run within this scope.
	 */
	Sequence around(Sequence sequence) {
		return sequence;
	}

	/**
	 * Runs a sequence without the library.
	 * @return what the code around has seen
	 */
	String runPlain(Side side, Action action) throws SQLException {
		action.run();
		return "";
	}

	/**
	 * Runs a sequence with the library.
	 * @return what the code around has seen
	 */
	abstract String runOurs(Side side, Action action) throws SQLException;

	private static String inNewTransaction(DataSource dataSource, Action action) {
		DataSourceTransactionManager transactions = new DataSourceTransactionManager(dataSource);
		TransactionTemplate outer = new TransactionTemplate(transactions);
		outer.setReadOnly(true);
		TransactionTemplate inner = new TransactionTemplate(transactions);
		inner.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		String seen = outer.execute((status) -> {
			String before = rows(dataSource);
			inner.executeWithoutResult((unused) -> run(action));
			return "; seen around: " + before + " / " + rows(dataSource);
		});
		return String.valueOf((Object) seen);
	}

	private static void run(Action action) {
		try {
			action.run();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static String rows(DataSource dataSource) {
		Connection connection = DataSourceUtils.getConnection(dataSource);
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(ROWS)) {
			rows.next();
			return rows.getString(1);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		finally {
			DataSourceUtils.releaseConnection(connection, dataSource);
		}
	}

	/**
	 * Runs a sequence.
	 */
	@FunctionalInterface
	interface Action {

		void run() throws SQLException;

	}

}

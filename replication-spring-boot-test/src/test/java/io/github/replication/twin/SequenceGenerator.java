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
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

import static io.github.replication.twin.Literals.slot;

/**
 * Makes random sequences. Each sequence uses some features only, so that long chains of
 * calls of one kind occur as well as mixtures.
 */
final class SequenceGenerator {

	private static final String[] SELECTS = { "SELECT id, name, amount FROM item ORDER BY id",
			"SELECT name FROM item WHERE id = 1", "SELECT count(*) FROM entry", "SELECT * FROM rich ORDER BY id",
			"SELECT id, item, note FROM entry ORDER BY id",
			"SELECT i.id, e.note FROM item i LEFT JOIN entry e ON e.item = i.id ORDER BY 1, 2",
			"VALUES (1, 'x'), (2, 'y')", "WITH t AS (SELECT 1 AS x) SELECT x FROM t", "SELECT add_one(1)",
			"TABLE counter", "/* note */ SELECT 1 AS one",
			"SELECT lower('A') || upper('b') AS t, now() IS NOT NULL AS n" };

	private static final String[] WRITES = { "INSERT INTO item VALUES (10, 'ten', 1)",
			"INSERT INTO item VALUES (11, 'eleven', 2)", "UPDATE item SET amount = amount + 1 WHERE id = 1",
			"UPDATE item SET amount = amount - 15 WHERE id = 1", "UPDATE item SET name = 'x' WHERE id > 3",
			"DELETE FROM item WHERE id = 5", "DELETE FROM entry", "INSERT INTO entry (item, note) VALUES (1, 'one')",
			"INSERT INTO entry (item, note) VALUES (99, 'orphan')",
			"INSERT INTO entry (note) SELECT name FROM item WHERE id < 3 ORDER BY id",
			"INSERT INTO item VALUES (12, 'x', 0) ON CONFLICT (id) DO UPDATE SET amount = item.amount + 1" };

	private static final String[] HIDDEN_WRITES = { "SELECT nextval('counter')",
			"SELECT id FROM item ORDER BY id FOR UPDATE", "SELECT setval('counter', 7)", "SELECT log('hidden')",
			"SELECT plus_and_log(1, 2)", "SELECT * FROM logging",
			"WITH n AS (INSERT INTO entry (note) VALUES ('cte') RETURNING id) SELECT * FROM n",
			"INSERT INTO entry (note) VALUES ('r') RETURNING id, note", "SELECT lo_creat(-1) > 0",
			"CALL record('called')", "DO $$ BEGIN INSERT INTO entry (note) VALUES ('do'); END $$",
			"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF, BUFFERS OFF) INSERT INTO entry (note) VALUES ('e')" };

	private static final String[] ERRORS = { "SELEC 1", "SELECT * FROM nowhere", "SELECT 1 / 0",
			"INSERT INTO item VALUES (1, 'one', 1)", "INSERT INTO item VALUES (20, NULL, 1)",
			"UPDATE item SET amount = -1 WHERE id = 1", "SELECT 'x'::int", "" };

	private static final String[] SESSION = { "SET app.tenant = 'one'", "SET app.tenant = 'two'",
			"SET LOCAL app.tenant = 'local'", "SELECT set_config('app.tenant', 'three', false)",
			"SELECT set_config('app.tenant', 'four', true)", "SELECT current_setting('app.tenant', true)",
			"SET search_path = b", "SET LOCAL search_path = b", "SHOW search_path", "SHOW transaction_isolation",
			"SHOW transaction_read_only", "RESET app.tenant", "RESET search_path", "SET application_name = 'mine'",
			"SHOW application_name", "SET statement_timeout = '2s'", "SHOW statement_timeout",
			"SET ROLE pg_read_all_data", "RESET ROLE", "SELECT current_user",
			"SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
			"SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
			"SET default_transaction_isolation = 'repeatable read'", "SHOW default_transaction_read_only",
			"SET TRANSACTION READ ONLY", "SET TRANSACTION READ WRITE", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
			"SET CONSTRAINTS ALL IMMEDIATE", "SET default_transaction_read_only = on", "DISCARD ALL", "DISCARD PLANS",
			"SET synchronous_commit = off" };

	private static final String[] TEMPORARY = { "CREATE TEMP TABLE IF NOT EXISTS scratch (id int)",
			"INSERT INTO scratch VALUES (1)", "SELECT count(*) FROM scratch", "DROP TABLE IF EXISTS scratch",
			"CREATE TEMP TABLE gone (id int) ON COMMIT DROP", "SELECT count(*) FROM gone" };

	private static final String[] ADVISORY = { "SELECT pg_advisory_lock(1)", "SELECT pg_advisory_unlock(1)",
			"SELECT pg_try_advisory_lock(2)", "SELECT pg_advisory_xact_lock(3)", "SELECT pg_try_advisory_xact_lock(4)",
			"SELECT pg_advisory_unlock_all()" };

	private static final String[] TEXT_TRANSACTIONS = { "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT text",
			"ROLLBACK TO SAVEPOINT text", "RELEASE SAVEPOINT text", "BEGIN READ ONLY",
			"START TRANSACTION ISOLATION LEVEL REPEATABLE READ", "COMMIT AND CHAIN", "END", "ABORT",
			"BEGIN; INSERT INTO entry (note) VALUES ('b')", "COMMIT; INSERT INTO entry (note) VALUES ('c')",
			"PREPARE TRANSACTION 'x'" };

	private static final String[] SEVERAL = { "SELECT 1; SELECT 2",
			"INSERT INTO entry (note) VALUES ('1'); SELECT count(*) FROM entry",
			"UPDATE item SET amount = 1 WHERE id = 1; UPDATE item SET amount = 2 WHERE id = 2; SELECT name FROM item ORDER BY id",
			"SELECT 1; INSERT INTO item VALUES (1, 'x', 1)", "INSERT INTO entry (note) VALUES ('2'); SELECT 1 / 0", ";",
			"SELECT 1;" };

	private static final String[] DDL = { "CREATE TABLE IF NOT EXISTS extra (id int)", "DROP TABLE IF EXISTS extra",
			"INSERT INTO extra VALUES (1)", "SELECT count(*) FROM extra", "TRUNCATE entry",
			"CREATE TABLE extra2 AS SELECT id FROM item", "SELECT 1 AS x INTO extra3", "ANALYZE entry",
			"VACUUM entry" };

	private static final String[] CURSORS = { "DECLARE cur CURSOR FOR SELECT id FROM item ORDER BY id",
			"FETCH 2 FROM cur", "CLOSE cur", "DECLARE hold CURSOR WITH HOLD FOR SELECT id FROM item ORDER BY id",
			"FETCH 2 FROM hold", "CLOSE hold", "CLOSE ALL" };

	private static final String[] CHANNELS = { "LISTEN news", "NOTIFY news, 'hello'", "UNLISTEN news",
			"SELECT pg_notify('news', 'f')" };

	private static final String[] PREPARE_TEXTS = { "PREPARE q AS SELECT id, name FROM item ORDER BY id", "EXECUTE q",
			"PREPARE w (int) AS UPDATE item SET amount = amount + $1 WHERE id = 2", "EXECUTE w (3)", "EXECUTE w (-99)",
			"DEALLOCATE q", "DEALLOCATE w", "SELECT count(*) FROM pg_prepared_statements WHERE from_sql" };

	private static final String[] PREPARABLE = { "SELECT name, amount FROM item WHERE id = ?",
			"INSERT INTO item VALUES (?, 'p', 1)", "UPDATE item SET amount = amount + 1 WHERE id = ?",
			"DELETE FROM item WHERE id = ?", "INSERT INTO entry (item, note) VALUES (?, 'p')",
			"SELECT id FROM item WHERE id >= ? ORDER BY id", "SELECT id FROM item WHERE id = ? FOR UPDATE",
			"SELECT nextval('counter') + ?", "SELECT plus_and_log(?, 1)",
			"INSERT INTO entry (item, note) VALUES (?, 'r') RETURNING id", "SELECT add_one(?)" };

	private static final String[] CALLS = { "{? = call add_one(?)}", "{? = call plus_and_log(1, ?)}" };

	private final Random random;

	private final boolean several;

	private final Set<Feature> features = EnumSet.noneOf(Feature.class);

	private final List<Call> calls = new ArrayList<>();

	private final List<String> objects = new ArrayList<>();

	private final Map<String, Integer> numbers = new HashMap<>();

	private final Map<String, String> texts = new HashMap<>();

	private SequenceGenerator(long seed, boolean several) {
		this.random = new Random(seed);
		this.several = several;
	}

	/**
	 * Makes the sequence of a seed.
	 * @param seed the seed
	 * @param several whether more than one connection may be open at a time
	 */
	static Sequence generate(long seed, boolean several) {
		return new SequenceGenerator(seed, several).generate();
	}

	private Sequence generate() {
		for (Feature feature : Feature.values()) {
			if (this.random.nextInt(100) < feature.percent) {
				this.features.add(feature);
			}
		}
		int length = 5 + this.random.nextInt((this.random.nextInt(4) == 0) ? 55 : 25);
		while (this.calls.size() < length) {
			if (all(SlotType.CONNECTION).isEmpty()) {
				connect();
			}
			else {
				step();
			}
		}
		return new Sequence(this.calls);
	}

	private void connect() {
		add(Call.of(Call.DATA_SOURCE, "getConnection"), "c");
		if (has(Feature.TRANSACTIONS) && chance(60)) {
			add(Call.of(last(SlotType.CONNECTION), "setAutoCommit", false));
		}
	}

	private void step() {
		List<Runnable> steps = new ArrayList<>();
		String c = any(SlotType.CONNECTION);
		steps.add(() -> statement(c));
		steps.add(() -> statement(c));
		steps.add(() -> execute(c));
		steps.add(() -> execute(c));
		steps.add(() -> execute(c));
		steps.add(() -> execute(c));
		add(steps, Feature.TRANSACTIONS, 3, () -> transaction(c));
		add(steps, Feature.SAVEPOINTS, 2, () -> savepoint(c));
		add(steps, Feature.READ_ONLY, 2, () -> readOnly(c));
		add(steps, Feature.SETTINGS, 3, () -> setting(c));
		add(steps, Feature.SCHEMA, 2, () -> schema(c));
		add(steps, Feature.GETTERS, 2, () -> getter(c));
		add(steps, Feature.PREPARED, 5, () -> prepared(c));
		add(steps, Feature.BATCHES, 3, () -> batch(c));
		add(steps, Feature.KEYS, 2, () -> keys(c));
		add(steps, Feature.STATEMENT_SETTINGS, 2, () -> statementSetting(c));
		add(steps, Feature.RESULTS, 4, () -> result(c));
		add(steps, Feature.UPDATABLE, 4, () -> updatable(c));
		add(steps, Feature.META_DATA, 2, () -> metaData(c));
		add(steps, Feature.CREATE, 1, () -> create(c));
		add(steps, Feature.CALLS, 2, () -> callable(c));
		add(steps, Feature.COPY, 3, () -> copy(c));
		add(steps, Feature.LARGE_OBJECTS, 3, () -> largeObject(c));
		add(steps, Feature.CHANNELS, 1, () -> add(Call.steps("notifications", slot(c))));
		add(steps, Feature.CANCEL, 1, () -> cancel(c));
		add(steps, Feature.TERMINATE, 1, () -> terminate());
		add(steps, Feature.CLOSE, 2, () -> close(c));
		if (this.several) {
			steps.add(() -> another());
		}
		steps.get(this.random.nextInt(steps.size())).run();
	}

	private void add(List<Runnable> steps, Feature feature, int weight, Runnable step) {
		if (has(feature)) {
			for (int i = 0; i < weight; i++) {
				steps.add(step);
			}
		}
	}

	private void another() {
		if (all(SlotType.CONNECTION).size() < 3) {
			connect();
		}
	}

	private void transaction(String c) {
		switch (this.random.nextInt(5)) {
			case 0 -> add(Call.of(c, "setAutoCommit", true));
			case 1 -> add(Call.of(c, "setAutoCommit", false));
			case 2 -> add(Call.of(c, "rollback"));
			default -> add(Call.of(c, "commit"));
		}
	}

	private void savepoint(String c) {
		String v = of(c, SlotType.SAVEPOINT);
		switch (this.random.nextInt(4)) {
			case 0 -> addFor(c, Call.of(c, "setSavepoint"), "v");
			case 1 -> addFor(c, Call.of(c, "setSavepoint", "named"), "v");
			case 2 -> addIf(v, () -> add(Call.of(c, "rollback", slot(v))));
			default -> addIf(v, () -> add(Call.of(c, "releaseSavepoint", slot(v))));
		}
	}

	private void readOnly(String c) {
		if (chance(25) && has(Feature.TRANSACTIONS)) {
			add(Call.of(c, "setAutoCommit", false));
			add(Call.of(c, "setReadOnly", true));
			execute(c);
			add(Call.of(c, chance(50) ? "commit" : "rollback"));
			add(Call.of(c, "setReadOnly", false));
		}
		else {
			add(Call.of(c, "setReadOnly", chance(50)));
		}
	}

	private void setting(String c) {
		switch (this.random.nextInt(8)) {
			case 0 -> add(Call.of(c, "setTransactionIsolation", pick(1, 2, 4, 8, 8)));
			case 1 -> add(Call.of(c, "setCatalog", "other"));
			case 2 -> add(Call.of(c, "setHoldability",
					pick(ResultSet.HOLD_CURSORS_OVER_COMMIT, ResultSet.CLOSE_CURSORS_AT_COMMIT)));
			case 3 -> add(Call.of(c, "setClientInfo", "ApplicationName", pick("one", "two", "")));
			case 4 -> {
				if (chance(30)) {
					unsupported(c, Call.of(c, "setTransactionIsolation", 3));
				}
				else {
					add(Call.of(c, "setClientInfo", "Unknown", "x"));
				}
			}
			case 5 -> add(Call.of(c, "setNetworkTimeout", Literals.DIRECT, pick(20000, 30000, -1)));
			case 6 -> add(Call.of(c, "clearWarnings"));
			default -> add(Call.of(c, "setTransactionIsolation", pick(1, 2, 4, 8)));
		}
	}

	private void schema(String c) {
		if (chance(60)) {
			add(Call.of(c, "setSchema", pick("a", "b", "b", "nowhere")));
		}
		else {
			add(Call.of(c, "getSchema"));
		}
	}

	private void getter(String c) {
		add(Call.of(c, pick("getAutoCommit", "isReadOnly", "getTransactionIsolation", "getSchema", "getCatalog",
				"getHoldability", "getNetworkTimeout", "getWarnings", "isClosed", "getTypeMap")));
		if (chance(20)) {
			add(Call.of(c, "isValid", pick(1, 0, -1)));
		}
		if (chance(20)) {
			add(Call.of(c, "getClientInfo", "ApplicationName"));
		}
		if (chance(10)) {
			add(Call.of(c, "nativeSQL", "SELECT {fn upper('x')}"));
		}
		String s = of(c, SlotType.STATEMENT);
		if (s != null && chance(30)) {
			add(Call.of(s,
					pick("getFetchSize", "getMaxRows", "getQueryTimeout", "getResultSetType", "getResultSetConcurrency",
							"getResultSetHoldability", "isPoolable", "isClosed", "getWarnings", "getUpdateCount",
							"getLargeUpdateCount", "getMoreResults", "getConnection", "getFetchDirection",
							"isCloseOnCompletion", "getMaxFieldSize", "clearWarnings")));
		}
	}

	private void statement(String c) {
		if (has(Feature.RESULTS) && chance(30)) {
			addFor(c, Call.of(c, "createStatement",
					pick(ResultSet.TYPE_FORWARD_ONLY, ResultSet.TYPE_SCROLL_INSENSITIVE), ResultSet.CONCUR_READ_ONLY),
					"s");
		}
		else if (has(Feature.RESULTS) && chance(10)) {
			addFor(c, Call.of(c, "createStatement", ResultSet.TYPE_FORWARD_ONLY, ResultSet.CONCUR_READ_ONLY,
					pick(ResultSet.HOLD_CURSORS_OVER_COMMIT, ResultSet.CLOSE_CURSORS_AT_COMMIT)), "s");
		}
		else {
			addFor(c, Call.of(c, "createStatement"), "s");
		}
	}

	private String sql() {
		List<String[]> choices = new ArrayList<>();
		choices.add(SELECTS);
		choices.add(SELECTS);
		if (has(Feature.WRITES)) {
			choices.add(WRITES);
			choices.add(WRITES);
			choices.add(WRITES);
		}
		addSql(choices, Feature.HIDDEN_WRITES, HIDDEN_WRITES);
		addSql(choices, Feature.ERRORS, ERRORS);
		addSql(choices, Feature.SESSION, SESSION);
		addSql(choices, Feature.TEMPORARY, TEMPORARY);
		addSql(choices, Feature.ADVISORY, ADVISORY);
		addSql(choices, Feature.TEXT_TRANSACTIONS, TEXT_TRANSACTIONS);
		addSql(choices, Feature.SEVERAL, SEVERAL);
		addSql(choices, Feature.DDL, DDL);
		addSql(choices, Feature.CURSORS, CURSORS);
		addSql(choices, Feature.CHANNELS, CHANNELS);
		addSql(choices, Feature.PREPARE_TEXTS, PREPARE_TEXTS);
		return pick(choices.get(this.random.nextInt(choices.size())));
	}

	private void addSql(List<String[]> choices, Feature feature, String[] texts) {
		if (has(feature)) {
			choices.add(texts);
		}
	}

	private void execute(String c) {
		String s = of(c, SlotType.STATEMENT);
		if (s == null || chance(15)) {
			statement(c);
			s = of(c, SlotType.STATEMENT);
		}
		execute(c, String.valueOf(s), sql());
	}

	private void execute(String c, String s, String sql) {
		boolean query = sql.matches("(?is)(/\\*.*|select|values|with|table|show|fetch|explain|execute q|.*returning).*")
				&& !sql.contains(";") && !sql.contains("INTO");
		switch (this.random.nextInt(10)) {
			case 0 -> add(Call.of(s, "executeQuery", sql));
			case 1 -> add(Call.of(s, "executeUpdate", sql));
			case 2 -> add(Call.of(s, "executeLargeUpdate", sql));
			case 3, 4 -> {
				add(Call.of(s, "execute", sql));
				if (chance(40)) {
					add(Call.of(s, "getUpdateCount"));
				}
				if (chance(40)) {
					addFor(c, Call.of(s, "getResultSet"), "r");
				}
				if (chance(30)) {
					add(Call.of(s, "getMoreResults"));
				}
			}
			default -> {
				if (query) {
					String r = addFor(c, Call.of(s, "executeQuery", sql), "r");
					if (chance(60)) {
						add(Call.steps("rows", slot(r)));
					}
				}
				else {
					add(Call.of(s, "executeUpdate", sql));
				}
			}
		}
	}

	private void prepared(String c) {
		String p = of(c, SlotType.PREPARED);
		if (p == null || chance(25)) {
			String sql = pick(PREPARABLE);
			if (chance(15) && sql.startsWith("INSERT")) {
				p = addFor(c, Call.of(c, "prepareStatement", sql, Statement.RETURN_GENERATED_KEYS), "p");
			}
			else if (chance(15)) {
				p = addFor(c, Call.of(c, "prepareStatement", sql, ResultSet.TYPE_SCROLL_INSENSITIVE,
						ResultSet.CONCUR_READ_ONLY), "p");
			}
			else {
				p = addFor(c, Call.of(c, "prepareStatement", sql), "p");
			}
			this.texts.put(p, sql);
		}
		String sql = String.valueOf(this.texts.get(p));
		if (chance(85)) {
			add(Call.of(p, "setInt", 1, pick(1, 2, 3, 5, 10, 11, 12, 99)));
		}
		switch (this.random.nextInt(12)) {
			case 0 -> add(Call.of(p, "execute"));
			case 1 -> add(Call.of(p, "executeUpdate"));
			case 2 -> add(Call.of(p, "executeQuery"));
			case 3 -> add(Call.of(p, "clearParameters"));
			case 4 -> addFor(c, Call.of(p, "getMetaData"), "n");
			case 5 -> addFor(c, Call.of(p, "getParameterMetaData"), "k");
			case 6 -> add(Call.of(p, "executeQuery", "SELECT 1"));
			default -> {
				if (sql.startsWith("SELECT") || sql.contains("RETURNING")) {
					String r = addFor(c, Call.of(p, "executeQuery"), "r");
					if (chance(60)) {
						add(Call.steps("rows", slot(r)));
					}
				}
				else {
					add(Call.of(p, "executeUpdate"));
				}
			}
		}
		String n = of(c, SlotType.RESULT_SET_META_DATA);
		if (n != null && chance(20)) {
			add(Call.of(n, pick("getColumnCount")));
			add(Call.of(n, pick("getColumnLabel", "getColumnName", "getTableName", "isNullable", "isAutoIncrement",
					"getColumnTypeName", "getPrecision"), 1));
		}
		String k = of(c, SlotType.PARAMETER_META_DATA);
		if (k != null && chance(20)) {
			add(Call.of(k, "getParameterTypeName", 1));
		}
	}

	private void batch(String c) {
		if (chance(50)) {
			String s = of(c, SlotType.STATEMENT);
			if (s == null) {
				statement(c);
				return;
			}
			for (int i = this.random.nextInt(3); i >= 0; i--) {
				add(Call.of(s, "addBatch", chance(15) ? sql() : pick(WRITES)));
			}
			add(Call.of(s, pick("executeBatch", "executeBatch", "executeLargeBatch", "clearBatch")));
		}
		else {
			String p = of(c, SlotType.PREPARED);
			if (p == null) {
				prepared(c);
				return;
			}
			for (int i = this.random.nextInt(3); i >= 0; i--) {
				add(Call.of(p, "setInt", 1, pick(1, 2, 11, 12, 13)));
				add(Call.of(p, "addBatch"));
			}
			add(Call.of(p, pick("executeBatch", "executeBatch", "executeLargeBatch")));
			if (has(Feature.KEYS) && chance(40)) {
				String r = addFor(c, Call.of(p, "getGeneratedKeys"), "r");
				add(Call.steps("rows", slot(r)));
			}
		}
	}

	private void keys(String c) {
		String s = of(c, SlotType.STATEMENT);
		if (s == null) {
			statement(c);
			return;
		}
		String sql = pick("INSERT INTO entry (note) VALUES ('k')",
				"INSERT INTO entry (note) SELECT name FROM item ORDER BY id",
				"UPDATE item SET amount = 7 WHERE id = 2");
		String method = pick("executeUpdate", "execute", "executeLargeUpdate");
		switch (this.random.nextInt(3)) {
			case 0 -> add(Call.of(s, method, sql, Statement.RETURN_GENERATED_KEYS));
			case 1 -> add(Call.of(s, method, sql, new String[] { pick("id", "nope") }));
			default -> {
				if (chance(10)) {
					unsupported(c, Call.of(s, method, sql, new int[] { 1 }));
					return;
				}
				add(Call.of(s, method, sql, new String[] { "id", "note" }));
			}
		}
		String r = addFor(c, Call.of(s, "getGeneratedKeys"), "r");
		add(Call.steps("rows", slot(r)));
	}

	private void statementSetting(String c) {
		String s = chance(60) ? of(c, SlotType.STATEMENT) : of(c, SlotType.PREPARED);
		if (s == null) {
			statement(c);
			return;
		}
		switch (this.random.nextInt(10)) {
			case 0, 1 -> add(Call.of(s, "setFetchSize", pick(1, 2, 0, -1)));
			case 2 -> add(Call.of(s, "setMaxRows", pick(1, 3, 0)));
			case 3 -> add(Call.of(s, "setQueryTimeout", pick(1, 5, 0)));
			case 4 -> add(Call.of(s, "closeOnCompletion"));
			case 5 -> add(Call.of(s, "setEscapeProcessing", chance(50)));
			case 6 -> add(Call.of(s, "setPoolable", chance(50)));
			case 7 -> add(Call.of(s, "setFetchDirection", pick(ResultSet.FETCH_FORWARD, ResultSet.FETCH_REVERSE)));
			case 8 -> add(Call.of(s, "setMaxFieldSize", pick(2, 0)));
			default -> add(Call.of(s,
					pick("isClosed", "getFetchSize", "getMaxRows", "getQueryTimeout", "isCloseOnCompletion")));
		}
	}

	private void result(String c) {
		String r = of(c, SlotType.RESULT_SET);
		if (r == null) {
			execute(c);
			return;
		}
		switch (this.random.nextInt(12)) {
			case 0, 1, 2 -> add(Call.of(r, "next"));
			case 3, 4 -> add(Call.of(r, pick("getInt", "getString", "getObject", "getLong"), 1));
			case 5 -> add(Call.of(r, pick("previous", "first", "last", "beforeFirst", "afterLast")));
			case 6 -> add(Call.of(r, "absolute", pick(1, 2, -1, 9)));
			case 7 -> add(Call.of(r,
					pick("getRow", "wasNull", "isAfterLast", "isBeforeFirst", "isFirst", "isLast", "getType",
							"getConcurrency", "getHoldability", "getFetchSize", "isClosed", "getWarnings",
							"getStatement", "getCursorName")));
			case 8 -> add(Call.of(r, "findColumn", pick("id", "name", "nope")));
			case 9 -> addFor(c, Call.of(r, "getMetaData"), "n");
			case 10 -> add(Call.of(r, "close"));
			default -> add(Call.steps("rows", slot(r)));
		}
	}

	private void updatable(String c) {
		String r = of(c, SlotType.RESULT_SET);
		if (r == null || chance(25)) {
			String s = addFor(c,
					Call.of(c, "createStatement", ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE), "s");
			r = addFor(c, Call.of(s, "executeQuery", "SELECT id, name, amount FROM item ORDER BY id"), "r");
			add(Call.of(r, "next"));
			return;
		}
		switch (this.random.nextInt(9)) {
			case 0, 1, 2 -> {
				add(Call.of(r, "updateString", 2, "changed"));
				add(Call.of(r, "updateRow"));
				if (chance(40)) {
					add(Call.of(c, "commit"));
				}
				if (chance(60)) {
					add(Call.of(r, "next"));
				}
			}
			case 3 -> {
				add(Call.of(r, "moveToInsertRow"));
				add(Call.of(r, "updateInt", 1, pick(21, 22, 1)));
				add(Call.of(r, "updateString", 2, "inserted"));
				add(Call.of(r, "insertRow"));
				add(Call.of(r, "moveToCurrentRow"));
			}
			case 4 -> add(Call.of(r, "deleteRow"));
			case 5 -> add(Call.of(r, "refreshRow"));
			case 6 -> {
				add(Call.of(r, "updateInt", 3, 77));
				add(Call.of(r, "cancelRowUpdates"));
			}
			case 7 -> add(Call.of(r, pick("rowUpdated", "rowInserted", "rowDeleted")));
			default -> add(Call.of(r, "next"));
		}
	}

	private void metaData(String c) {
		if (chance(30)) {
			add(Call.steps("columnsOfTables", slot(c), pick("a", "b")));
			return;
		}
		String m = of(c, SlotType.META_DATA);
		if (m == null) {
			m = addFor(c, Call.of(c, "getMetaData"), "m");
		}
		switch (this.random.nextInt(8)) {
			case 0 -> addFor(c, Call.of(m, "getTables", null, pick("a", "b"), "%", null), "r");
			case 1 -> addFor(c, Call.of(m, "getColumns", null, "a", pick("item", "entry"), "%"), "r");
			case 2 -> addFor(c, Call.of(m, "getPrimaryKeys", null, "a", "item"), "r");
			case 3 -> addFor(c, Call.of(m, "getSchemas"), "r");
			case 4 -> add(Call.of(m,
					pick("getDatabaseProductName", "getDatabaseProductVersion", "getDriverName", "supportsBatchUpdates",
							"getUserName", "getDefaultTransactionIsolation", "isReadOnly", "getConnection",
							"getMaxConnections", "getSQLKeywords", "getIdentifierQuoteString")));
			case 5 -> add(Call.of(m, "supportsResultSetType", ResultSet.TYPE_SCROLL_SENSITIVE));
			case 6 -> addFor(c, Call.of(m, "getTypeInfo"), "r");
			default -> {
				String r = of(c, SlotType.RESULT_SET);
				addIf(r, () -> add(Call.steps("rows", slot(r))));
			}
		}
	}

	private void create(String c) {
		switch (this.random.nextInt(7)) {
			case 0, 1 -> {
				String a = addFor(c, Call.of(c, "createArrayOf", "int4", new Object[] { 1, 2 }), "a");
				if (chance(70)) {
					String p = addFor(c,
							Call.of(c, "prepareStatement", "SELECT name FROM item WHERE id = ANY (?) ORDER BY id"),
							"p");
					this.texts.put(p, "SELECT");
					add(Call.of(p, "setArray", 1, slot(a)));
					String r = addFor(c, Call.of(p, "executeQuery"), "r");
					add(Call.steps("rows", slot(r)));
				}
				if (chance(20)) {
					add(Call.of(a, pick("free", "getArray", "getBaseTypeName")));
				}
			}
			case 2 -> addFor(c, Call.of(c, "createSQLXML"), "x");
			case 3 -> unsupported(c, Call.of(c, "createClob"));
			case 4 -> unsupported(c, Call.of(c, "createBlob"));
			case 5 -> unsupported(c, Call.of(c, "createStruct", "item", new Object[] { 1 }));
			default -> unsupported(c, Call.of(c, "createNClob"));
		}
	}

	/**
	 * Adds a call that fails with SQLSTATE 0A000, after which HikariCP closes the
	 * connection.
	 */
	private void unsupported(String c, Call call) {
		add(call);
		add(Call.of(c, "close"));
		afterClose(c);
	}

	private void callable(String c) {
		String q = of(c, SlotType.CALLABLE);
		if (q == null || chance(20)) {
			q = addFor(c, Call.of(c, "prepareCall", pick(CALLS)), "q");
		}
		if (chance(90)) {
			add(Call.of(q, "registerOutParameter", 1, Types.INTEGER));
		}
		add(Call.of(q, "setInt", 2, pick(1, 2)));
		add(Call.of(q, pick("execute", "execute", "executeUpdate", "executeQuery")));
		if (chance(80)) {
			add(Call.of(q, pick("getInt", "getObject", "getString"), 1));
		}
		if (chance(10)) {
			add(Call.of(q, pick("wasNull", "isClosed", "close")));
		}
	}

	private String driver(String c) {
		String g = of(c, SlotType.DRIVER);
		return (g == null || chance(20)) ? addFor(c, Call.of(c, "unwrap", PGConnection.class), "g") : g;
	}

	private void copy(String c) {
		String w = of(c, SlotType.COPY);
		if (w == null || chance(20)) {
			w = addFor(c, Call.of(driver(c), "getCopyAPI"), "w");
		}
		if (chance(70)) {
			add(Call.steps("copyIn", slot(w), "COPY item FROM STDIN",
					pick("30\tcopied\t1\n31\tcopied\t2\n", "32\tcopied\t3\n", "1\tcopied\t1\n", "33\tnonsense\n")));
			if (chance(50)) {
				add(Call.of(c, pick("commit", "commit", "rollback")));
			}
		}
		else if (chance(80)) {
			add(Call.steps("copyOut", slot(w), "COPY (SELECT id, name FROM item ORDER BY id) TO STDOUT"));
		}
		else {
			add(Call.steps("copyByHand", slot(w), "COPY item FROM STDIN", chance(50)));
		}
	}

	private void largeObject(String c) {
		String l = of(c, SlotType.LARGE_OBJECTS);
		if (l == null || chance(20)) {
			l = addFor(c, Call.of(driver(c), "getLargeObjectAPI"), "l");
		}
		String o = of(c, SlotType.OID);
		String f = of(c, SlotType.LARGE_OBJECT);
		if (o == null) {
			addFor(c, Call.of(l, "createLO"), "o");
		}
		else if (f == null || chance(30)) {
			addFor(c, Call.of(l, "open", slot(o)), "f");
		}
		else {
			switch (this.random.nextInt(5)) {
				case 0, 1 -> add(Call.of(f, "write", new byte[] { 65, 66 }));
				case 2 -> add(Call.of(f, "read", 4));
				case 3 -> add(Call.of(f, "close"));
				default -> add(Call.of(l, "delete", slot(o)));
			}
		}
	}

	private void cancel(String c) {
		String s = of(c, SlotType.STATEMENT);
		switch (this.random.nextInt(3)) {
			case 0 -> addIf(s, () -> add(Call.steps("cancelled", slot(s))));
			case 1 -> addIf(s, () -> add(Call.of(s, "cancel")));
			default -> {
				if (s != null && chance(40)) {
					add(Call.steps("aborted", slot(c), slot(s)));
				}
				else {
					add(Call.of(c, "abort", Literals.DIRECT));
					afterClose(c);
				}
			}
		}
	}

	private void terminate() {
		add(Call.steps("terminate"));
	}

	private void close(String c) {
		switch (this.random.nextInt(6)) {
			case 0 -> {
				String s = of(c, SlotType.STATEMENT);
				addIf(s, () -> add(Call.of(s, "close")));
			}
			case 1 -> {
				String p = of(c, SlotType.PREPARED);
				addIf(p, () -> add(Call.of(p, "close")));
			}
			default -> {
				add(Call.of(c, "close"));
				afterClose(c);
			}
		}
	}

	/**
	 * Uses what is closed once or twice more, and forgets it.
	 */
	private void afterClose(String c) {
		if (chance(30)) {
			add(Call.of(c,
					pick("commit", "close", "isClosed", "getAutoCommit", "createStatement", "rollback", "isReadOnly",
							"getMetaData", "getSchema", "clearWarnings", "getWarnings", "getHoldability", "getTypeMap",
							"getClientInfo")));
		}
		if (chance(10)) {
			add(Call.of(c, "isValid", 1));
		}
		String s = of(c, SlotType.STATEMENT);
		if (s != null && chance(20)) {
			add(Call.of(s, "executeQuery", "SELECT 1"));
		}
		String r = of(c, SlotType.RESULT_SET);
		if (r != null && chance(20)) {
			add(Call.of(r, "next"));
		}
		this.objects.removeIf((object) -> object.equals(c) || object.endsWith("@" + c));
	}

	private boolean has(Feature feature) {
		return this.features.contains(feature);
	}

	private boolean chance(int percent) {
		return this.random.nextInt(100) < percent;
	}

	@SafeVarargs
	private <T> T pick(T... choices) {
		return choices[this.random.nextInt(choices.length)];
	}

	private void add(Call call) {
		this.calls.add(call);
	}

	private void addIf(@Nullable String name, Runnable step) {
		if (name != null) {
			step.run();
		}
	}

	private void add(Call call, String prefix) {
		String name = prefix + this.numbers.merge(prefix, 1, Integer::sum);
		this.calls.add(call.into(name));
		this.objects.add(name);
	}

	private String addFor(String connection, Call call, String prefix) {
		String name = prefix + this.numbers.merge(prefix, 1, Integer::sum);
		this.calls.add(call.into(name));
		this.objects.add(name + "@" + connection);
		return name;
	}

	private List<String> all(SlotType type) {
		return this.objects.stream().filter((object) -> !object.contains("@") && SlotType.of(object) == type).toList();
	}

	private String last(SlotType type) {
		List<String> all = all(type);
		return all.get(all.size() - 1);
	}

	private String any(SlotType type) {
		List<String> all = all(type);
		return all.get(this.random.nextInt(all.size()));
	}

	/**
	 * Returns one of the objects of a connection, mostly a late one.
	 */
	private @Nullable String of(String connection, SlotType type) {
		List<String> all = new ArrayList<>();
		for (String object : this.objects) {
			if (object.endsWith("@" + connection)) {
				String name = object.substring(0, object.indexOf('@'));
				if (SlotType.of(name) == type) {
					all.add(name);
				}
			}
		}
		if (all.isEmpty()) {
			return null;
		}
		return chance(70) ? all.get(all.size() - 1) : all.get(this.random.nextInt(all.size()));
	}

	/**
	 * What sequences may use beside plain statements.
	 */
	enum Feature {

		TRANSACTIONS(75), WRITES(75), HIDDEN_WRITES(25), ERRORS(25), SESSION(20), TEMPORARY(10), ADVISORY(12),
		TEXT_TRANSACTIONS(12), SEVERAL(15), DDL(10), CURSORS(10), CHANNELS(10), SAVEPOINTS(20), READ_ONLY(35),
		SETTINGS(20), SCHEMA(25), GETTERS(25), PREPARED(50), BATCHES(25), KEYS(20), STATEMENT_SETTINGS(25), RESULTS(35),
		UPDATABLE(20), META_DATA(20), CREATE(12), CALLS(15), COPY(20), LARGE_OBJECTS(12), CANCEL(8), TERMINATE(8),
		CLOSE(50), PREPARE_TEXTS(10);

		private final int percent;

		Feature(int percent) {
			this.percent = percent;
		}

	}

}

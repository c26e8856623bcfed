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

package io.github.replication.benchmarks;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A unit of work with the statements that applications send, on servers that answer at
 * once. All threads share the data source.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = { "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC" })
public class StatementBenchmark {

	/**
	 * Whose data source, or this library with {@code without-transaction: by-statement}.
	 */
	@Param({ "HIKARI", "LAZY_PROXY", "REPLICATION" })
	public String contender = "";

	/**
	 * The unit of work.
	 */
	@Param
	public Shape shape = Shape.USUAL;

	@SuppressWarnings("NullAway.Init")
	private Application application;

	@SuppressWarnings("NullAway.Init")
	private List<String> statements;

	/**
	 * Opens the connections.
	 */
	@Setup(Level.Trial)
	public void open() throws SQLException {
		StubDriver.install();
		this.application = this.contender.equals("BY_STATEMENT")
				? Application.replication(Servers.STUB, Map.of("replication.without-transaction", "by-statement"))
				: Application.of(Contender.valueOf(this.contender), Servers.STUB);
		this.statements = IntStream.range(0, this.shape.statements)
			.mapToObj((number) -> select(this.shape.rows, this.shape.characters, number))
			.toList();
	}

	@TearDown(Level.Trial)
	public void close() {
		this.application.close();
	}

	/**
	 * Executes the unit.
	 * @return the sum of the values that were read
	 */
	@Benchmark
	public long unit() {
		return switch (this.shape) {
			case BATCH_1000 -> this.application.inTransaction(false, this::update);
			case AUTO_COMMIT -> read();
			default -> this.application.inTransaction(true, this::read);
		};
	}

	private long read() {
		long sum = 0;
		for (String sql : this.statements) {
			Long read = this.application.jdbc.query(sql, this::sum, 1L);
			sum += (read != null) ? read : 0;
		}
		return sum;
	}

	private long sum(ResultSet rows) throws SQLException {
		long sum = 0;
		while (rows.next()) {
			for (int column = 1; column <= Shape.COLUMNS; column++) {
				sum += rows.getLong(column);
			}
		}
		return sum;
	}

	private long update() {
		return this.application.jdbc.batchUpdate("UPDATE item SET value = ?", Shape.ENTRIES).length;
	}

	/**
	 * A text as a mapper makes it: names, conditions and a literal.
	 * @param rows how many rows the stub returns
	 * @param characters the length, of which it may lack a few
	 * @param number makes a text of its own
	 */
	static String select(int rows, int characters, int number) {
		StringBuilder sql = new StringBuilder("SELECT ? + ").append(rows).append(" AS c").append(number);
		for (int column = 0; sql.length() < characters - 40; column++) {
			sql.append(", t1_0.c").append(column).append('_').append(number);
		}
		return (characters < 100) ? sql.append(" FROM item t1_0 LIMIT 1").toString()
				: sql.append(" FROM item t1_0 WHERE t1_0.text = 'x'").toString();
	}

	/**
	 * The units of work. Each differs from the usual one in one respect.
	 */
	public enum Shape {

		/**
		 * A read-only transaction of one statement that reads one row of 20 columns.
		 */
		USUAL("one statement of 400 characters, one row of 20 columns", 400, 1, 1),

		/**
		 * A short text.
		 */
		CHARACTERS_40("40 characters", 40, 1, 1),

		/**
		 * A text of Hibernate.
		 */
		CHARACTERS_1500("1,500 characters", 1_500, 1, 1),

		/**
		 * A long text.
		 */
		CHARACTERS_10000("10,000 characters", 10_000, 1, 1),

		/**
		 * Some statements.
		 */
		STATEMENTS_10("10 statements", 400, 10, 1),

		/**
		 * Many statements.
		 */
		STATEMENTS_50("50 statements", 400, 50, 1),

		/**
		 * Some rows.
		 */
		ROWS_100("100 rows", 400, 1, 100),

		/**
		 * Many rows.
		 */
		ROWS_10000("10,000 rows", 400, 1, 10_000),

		/**
		 * A read-write transaction of one batch.
		 */
		BATCH_1000("a batch of 1,000 updates", 0, 0, 0),

		/**
		 * No transaction.
		 */
		AUTO_COMMIT("in auto-commit", 400, 1, 1);

		private static final int COLUMNS = 20;

		private static final List<Object[]> ENTRIES = Collections.nCopies(1000, new Object[] { 1L });

		private final String label;

		private final int characters;

		private final int statements;

		private final int rows;

		Shape(String label, int characters, int statements, int rows) {
			this.label = label;
			this.characters = characters;
			this.statements = statements;
			this.rows = rows;
		}

		String label() {
			return this.label;
		}

	}

}

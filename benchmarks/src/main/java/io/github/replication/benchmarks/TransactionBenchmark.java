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

import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.TimeUnit;

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

import io.github.replication.Replication;

/**
 * One transaction with one statement, on servers that answer at once.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = { "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC" })
public class TransactionBenchmark {

	private static final String QUERY = "SELECT ? + 1";

	private static final Object ID = 1L;

	/**
	 * Whose data source, and for this library whether its caller has written.
	 */
	@Param({ "HIKARI", "LAZY_PROXY", "REPLICATION", "REPLICATION_AFTER_WRITE", "AWS", "SHARDINGSPHERE", "DYNAMIC" })
	public String contender = "";

	@SuppressWarnings("NullAway.Init")
	private Application application;

	/**
	 * Opens the connections, and lets a caller write whose position the replicas have
	 * reached.
	 */
	@Setup(Level.Trial)
	public void open() throws SQLException {
		StubDriver.install();
		boolean afterWrite = this.contender.endsWith("_AFTER_WRITE");
		this.application = afterWrite
				? Application.replication(Servers.STUB, Map.of("replication.read-your-writes.window", "1h"))
				: Application.of(Contender.valueOf(this.contender), Servers.STUB);
		if (afterWrite) {
			this.application.write("UPDATE item SET id = 1");
			readOnly();
			if (Replication.position() == null) {
				throw new IllegalStateException("The caller has no position");
			}
		}
	}

	@TearDown(Level.Trial)
	public void close() {
		this.application.close();
	}

	/**
	 * A read-only transaction.
	 * @return the value read
	 */
	@Benchmark
	public long readOnly() {
		return this.application.read(QUERY, ID);
	}

	/**
	 * A read-write transaction that only reads.
	 * @return the value read
	 */
	@Benchmark
	public long readWrite() {
		return this.application.readOnPrimary(QUERY, ID);
	}

}

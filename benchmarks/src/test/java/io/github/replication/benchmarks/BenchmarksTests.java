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

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.cache.Cache;
import org.springframework.cache.caffeine.CaffeineCache;

import io.github.replication.WriteRecord;
import io.github.replication.benchmarks.StatementBenchmark.Shape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

class BenchmarksTests {

	@BeforeAll
	static void install() throws SQLException {
		StubDriver.install();
	}

	@ParameterizedTest
	@EnumSource
	void contenderReadsAndWrites(Contender contender) {
		try (Application application = Application.of(contender, Servers.STUB)) {
			assertThat(application.read("SELECT ? + 1", 1)).isEqualTo(1);
			assertThat(application.readOnPrimary("SELECT ? + 1", 1)).isEqualTo(1);
		}
	}

	@Test
	void stubKeepsPositionOfWriteAndLetsReplicasServeIt() throws SQLException {
		TransactionBenchmark benchmark = new TransactionBenchmark();
		benchmark.contender = "REPLICATION_AFTER_WRITE";
		benchmark.open();
		try {
			assertThat(benchmark.readOnly()).isEqualTo(1);
			assertThat(benchmark.readWrite()).isEqualTo(1);
		}
		finally {
			benchmark.close();
		}
	}

	@Test
	void stubLetsReadsBeKnownAndWritesBeNoted() {
		try (Application application = Application.of(Contender.REPLICATION, Servers.STUB)) {
			WriteRecord record = application.bean(WriteRecord.class);
			await().untilAsserted(() -> {
				application.newCaller();
				application.readOnPrimary("SELECT ? + 1", 1);
				assertThat(record.hasWritten()).isFalse();
			});
			application.write("UPDATE item SET id = 1");
			assertThat(record.hasWritten()).isTrue();
		}
	}

	@ParameterizedTest
	@CsvSource({ "HIKARI, USUAL", "LAZY_PROXY, ROWS_100", "REPLICATION, STATEMENTS_10", "REPLICATION, BATCH_1000",
			"BY_STATEMENT, AUTO_COMMIT" })
	void unitReadsAllRowsOrUpdatesAllEntries(String contender, Shape shape) throws SQLException {
		StatementBenchmark benchmark = new StatementBenchmark();
		benchmark.contender = contender;
		benchmark.shape = shape;
		benchmark.open();
		try {
			long expected = switch (shape) {
				case ROWS_100 -> 100 * 20;
				case STATEMENTS_10 -> 10 * 20;
				case BATCH_1000 -> 1000;
				default -> 20;
			};
			assertThat(benchmark.unit()).isEqualTo(expected);
		}
		finally {
			benchmark.close();
		}
	}

	@ParameterizedTest
	@ValueSource(ints = { 40, 400, 1500, 10_000 })
	void textHasItsLength(int characters) {
		assertThat(StatementBenchmark.select(1, characters, 7)).startsWith("SELECT ? + 1 AS")
			.hasSizeBetween(characters - 5, characters + 20);
	}

	@Test
	void slicesAreComparedToThoseOfTheFirst() throws Exception {
		Map<String, PairedSlices.Unit> units = new LinkedHashMap<>();
		AtomicInteger executed = new AtomicInteger();
		units.put("some work", () -> spin(200_000));
		units.put("more work", () -> {
			executed.incrementAndGet();
			spin(2_000_000);
		});
		Map<String, PairedSlices> slices = PairedSlices.measure(units, Duration.ZERO, 3, 5);
		assertThat(slices.get("some work").ratio()).isEqualTo(1);
		assertThat(slices.get("more work").ratio()).isGreaterThan(2);
		assertThat(executed).hasValue(20);
	}

	private static void spin(long nanos) {
		long end = System.nanoTime() + nanos;
		while (System.nanoTime() < end) {
			Thread.onSpinWait();
		}
	}

	@Test
	void jdkWithVirtualThreadsHasTheCommandToRunThem() throws Exception {
		Path java = VirtualThreads.java();
		assertThat(java == null || Files.isExecutable(java)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cacheIsHitAndProtectedOnDemand(boolean isProtected) throws Exception {
		CacheHitBenchmark benchmark = new CacheHitBenchmark();
		benchmark.cache = "CaffeineCache";
		benchmark.isProtected = isProtected;
		benchmark.open();
		try {
			assertThat(benchmark.get()).isNotNull().extracting(Cache.ValueWrapper::get).isEqualTo("value");
			assertThat(benchmark.getOrLoad()).isEqualTo("value");
			assertThat(benchmark.annotated()).isEqualTo("value");
			assertThat(benchmark.cacheClass().equals(CaffeineCache.class)).isEqualTo(!isProtected);
		}
		finally {
			benchmark.close();
		}
	}

	@ParameterizedTest
	@CsvSource({ "NOT_OBSERVED, false", "OBSERVED, false", "POSITIONS, true" })
	void recordOfKafkaHasItsPositionOnDemand(String handlers, boolean hasPosition) throws Exception {
		KafkaRecordBenchmark benchmark = new KafkaRecordBenchmark();
		benchmark.handlers = handlers;
		benchmark.open();
		try {
			assertThat(benchmark.sendAndHandle() != null).isEqualTo(hasPosition);
		}
		finally {
			benchmark.close();
		}
	}

	@Test
	void reportHasTablesAndCharts(@TempDir Path folder) throws Exception {
		Report report = new Report(folder, "command");
		report.target("Half of it", "0.5 at most", 0.25, true);
		report.section("Section");
		report.target("More of it", "9 at least", 8, false);
		report.table("table", List.of("what", "value"), List.of(List.of("a", 1.5), List.of("b", 1234.5)));
		report.chart("bars", "Bars", Chart.bars("Bars", Map.of("a & b", 2.0)));
		report.chart("lines", "Lines", Chart.lines("Lines", "s", Map.of("c", List.of(new double[] { 1, 2 }))));
		report.write();
		assertThat(folder.resolve("benchmarks.md")).content()
			.containsSubsequence("## Targets", "| Half of it | 0.5 at most | 0.25 | met |\n",
					"| More of it | 9 at least | 8 | **missed** |\n", "## Section")
			.contains("| what | value |\n| --- | --- |\n| a | 1.50 |\n| b | 1,235 |", "![Bars](benchmarks/bars.svg)");
		assertThat(folder.resolve("benchmarks/table.csv")).hasContent("what,value\na,1.5\nb,1234.5");
		assertThat(Files.readString(folder.resolve("benchmarks/bars.svg"))).contains("a &amp; b").endsWith("</svg>\n");
		assertThat(folder.resolve("benchmarks/lines.svg")).content().contains("<polyline");
	}

	@Test
	void medianIsInTheMiddle() {
		assertThat(Report.median(3, 1, 2)).isEqualTo(2);
		assertThat(Report.median(4, 1, 2, 3)).isEqualTo(2.5);
	}

}

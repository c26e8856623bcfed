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

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.SpringBootVersion;

/**
 * The report of one run: a page of Markdown, and beside it each table as CSV and each
 * chart as SVG.
 */
final class Report {

	private final Path page;

	private final Path folder;

	private final StringBuilder text = new StringBuilder();

	private final List<List<Object>> targets = new ArrayList<>();

	/**
	 * Where in the text the targets go, which are known at the end.
	 */
	private final int head;

	/**
	 * Begins a report.
	 * @param folder where the page goes
	 * @param command the command that was called
	 */
	Report(Path folder, String command) throws IOException {
		this.page = folder.resolve("benchmarks.md");
		this.folder = Files.createDirectories(folder.resolve("benchmarks"));
		this.text.append("# Benchmarks\n");
		paragraph("Written by `" + command + "`. Figures of one machine compare what ran beside each other in this one"
				+ " run; they do not carry over to another. A value is the median of the rounds, and the spread behind"
				+ " it goes from the lowest to the highest. Each table is in [benchmarks](benchmarks) as CSV too.");
		table("machine", List.of("what", "version"), List.of(List.of("processor", processor()),
				List.of("cores", Runtime.getRuntime().availableProcessors()),
				List.of("load when the run began", load()),
				List.of("system", System.getProperty("os.name") + " " + System.getProperty("os.version").split("-")[0]),
				List.of("Java", Runtime.version()), List.of("Spring Boot", version(SpringBootVersion.getVersion())),
				List.of("PostgreSQL driver", org.postgresql.Driver.class.getPackage().getImplementationVersion()),
				List.of("when", Instant.now().truncatedTo(ChronoUnit.MINUTES))));
		this.head = this.text.length();
	}

	private static String version(@Nullable String version) {
		return (version != null) ? version : "unknown";
	}

	private static String processor() throws IOException {
		return lines("/proc/cpuinfo").stream()
			.filter((line) -> line.startsWith("model name"))
			.map((line) -> line.substring(line.indexOf(':') + 2))
			.findFirst()
			.orElse(System.getProperty("os.arch"));
	}

	private static String load() throws IOException {
		return lines("/proc/loadavg").stream().findFirst().orElse("unknown");
	}

	private static List<String> lines(String file) throws IOException {
		return Files.exists(Path.of(file)) ? Files.readAllLines(Path.of(file)) : List.of();
	}

	void section(String title) {
		this.text.append("\n## ").append(title).append("\n");
	}

	void paragraph(String text) {
		this.text.append("\n").append(text).append("\n");
	}

	/**
	 * Adds a table, and writes it as a file of comma-separated values.
	 */
	void table(String name, List<String> columns, List<? extends List<?>> rows) throws IOException {
		this.text.append(markdown(columns, rows));
		raw(name, columns, rows);
	}

	private static String markdown(List<String> columns, List<? extends List<?>> rows) {
		StringBuilder table = new StringBuilder("\n").append(row(columns))
			.append(row(columns.stream().map((column) -> "---").toList()));
		rows.forEach((cells) -> table.append(row(cells)));
		return table.toString();
	}

	private static String row(List<?> cells) {
		return cells.stream().map(Report::format).collect(Collectors.joining(" | ", "| ", " |\n"));
	}

	/**
	 * Adds one of our targets and its result.
	 * @param name the target's name
	 * @param target the figure to be reached
	 * @param measured the figure that was
	 * @param met whether that is as good
	 */
	void target(String name, String target, Object measured, boolean met) {
		this.targets.add(List.of(name, target, measured, met ? "met" : "**missed**"));
	}

	/**
	 * Writes figures that are too many for the page.
	 */
	void raw(String name, List<String> columns, List<? extends List<?>> rows) throws IOException {
		List<String> lines = new ArrayList<>(List.of(String.join(",", columns)));
		rows.forEach((row) -> lines
			.add(row.stream().map((cell) -> String.valueOf(cell).replace(',', ';')).collect(Collectors.joining(","))));
		Files.write(this.folder.resolve(name + ".csv"), lines);
	}

	void chart(String name, String title, String svg) throws IOException {
		Files.writeString(this.folder.resolve(name + ".svg"), svg);
		paragraph("![" + title + "](benchmarks/" + name + ".svg)");
	}

	void write() throws IOException {
		Files.writeString(this.page, content());
	}

	private String content() {
		if (this.targets.isEmpty()) {
			return this.text.toString();
		}
		return new StringBuilder(this.text)
			.insert(this.head,
					"\n## Targets\n\nWhat this library was to reach. [What it costs, and why](performance.md)"
							+ " says what is behind those that it misses.\n"
							+ markdown(List.of("what", "target", "measured", ""), this.targets))
			.toString();
	}

	void print() {
		System.out.println(content());
		System.out.println(this.page);
	}

	static double median(double... values) {
		double[] sorted = values.clone();
		Arrays.sort(sorted);
		int middle = sorted.length / 2;
		return (sorted.length % 2 == 1) ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
	}

	static double median(List<Double> values) {
		return median(values.stream().mapToDouble(Double::doubleValue).toArray());
	}

	/**
	 * From the lowest to the highest.
	 */
	static String spread(List<Double> values) {
		return format(values.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN)) + " to "
				+ format(values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN));
	}

	static String percent(double part, double all) {
		return (all > 0) ? String.format(Locale.ROOT, "%.1f %%", 100 * part / all) : "-";
	}

	private static String format(@Nullable Object cell) {
		if (cell instanceof Double number) {
			return (Math.abs(number) >= 100) ? String.format(Locale.ROOT, "%,.0f", number)
					: String.format(Locale.ROOT, "%.2f", number);
		}
		return String.valueOf(cell);
	}

}

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

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * The time that the starter adds to the start of the sample, on a database that is there
 * already: as it is, and from an archive of class data sharing.
 */
final class StartUp implements Part {

	private static final Pattern STARTED = Pattern.compile("Started NewsroomApplication in ([0-9.]+) seconds");

	private static final String PLAIN = "plain";

	/**
	 * The folder of the sample's build.
	 */
	private final Path sample = Path.of(System.getProperty("benchmarks.sample", "sample-app/target"));

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Start-up");
		report.paragraph("The newsroom (web, JPA, Flyway, validation) in a process of its own, with two replicas and"
				+ " without (`replication.enabled`), in turn; the time that Spring Boot reports of its start, and the"
				+ " time of the process on a processor until then, in ms.");
		Path folder = Files.createTempDirectory("start-up");
		List<List<Object>> rows = new ArrayList<>();
		try (PostgresCluster cluster = PostgresCluster.builder().replicas(2).start()) {
			start(cluster, true, List.of(), classPath());
			Map<String, Start> starts = starts(cluster, folder);
			Map<String, Times> times = new LinkedHashMap<>();
			for (int round = 0; round < (quick ? 1 : 4); round++) {
				for (Map.Entry<String, Start> start : starts.entrySet()) {
					boolean first = round % 2 == 0;
					Started one = start.getValue().run(cluster, first);
					Started other = start.getValue().run(cluster, !first);
					times.computeIfAbsent(start.getKey(), (key) -> new Times())
						.add(first ? other : one, first ? one : other);
				}
			}
			times.forEach((label, time) -> rows.add(time.row(label)));
			Times plain = times.getOrDefault(PLAIN, new Times());
			double more = Report.median(plain.more);
			report.target("Start of the sample, ms more than without", "200 at most", more, more <= 200);
			report.table("start-up", List.of("start", "ms without", "ms with", "ms more in one round", "spread",
					"CPU ms without", "CPU ms with"), rows);
			classes(report, cluster, folder);
		}
	}

	/**
	 * The ways to start that this build offers.
	 */
	private Map<String, Start> starts(PostgresCluster cluster, Path folder) throws Exception {
		Map<String, Start> starts = new LinkedHashMap<>();
		String classPath = classPath();
		starts.put(PLAIN, (servers, enabled) -> start(servers, enabled, List.of(), classPath));
		Path archive = folder.resolve("newsroom.jsa");
		exit(cluster, List.of("-XX:ArchiveClassesAtExit=" + archive, "-Dspring.context.exit=onRefresh"), classPath);
		if (Files.exists(archive)) {
			starts.put("class data sharing", (servers, enabled) -> start(servers, enabled,
					List.of("-XX:SharedArchiveFile=" + archive), classPath));
		}
		return starts;
	}

	/**
	 * Counts the classes that the starter adds.
	 */
	private void classes(Report report, PostgresCluster cluster, Path folder) throws Exception {
		Path with = folder.resolve("with");
		Path without = folder.resolve("without");
		start(cluster, true, List.of("-Xlog:class+load:file=" + with), classPath());
		start(cluster, false, List.of("-Xlog:class+load:file=" + without), classPath());
		long own = Files.readAllLines(with).stream().filter((line) -> line.contains(" io.github.replication.")).count();
		long all = Files.readAllLines(with).size();
		report.paragraph("With replicas " + all + " classes are loaded, " + own + " of them the library's and the"
				+ " sample's, without " + Files.readAllLines(without).size() + ".");
	}

	private static Started start(PostgresCluster cluster, boolean enabled, List<String> options, String classPath)
			throws IOException, InterruptedException {
		Process process = new ProcessBuilder(command(cluster, enabled, options, classPath)).redirectErrorStream(true)
			.start();
		StringBuilder output = new StringBuilder();
		try (BufferedReader lines = new BufferedReader(
				new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				Matcher matcher = STARTED.matcher(line);
				if (matcher.find()) {
					Duration cpu = process.info().totalCpuDuration().orElse(Duration.ZERO);
					return new Started(1000 * Double.parseDouble(matcher.group(1)), cpu.toMillis());
				}
				output.append(line).append('\n');
			}
		}
		finally {
			process.destroy();
			process.waitFor();
		}
		throw new IllegalStateException("The sample did not start:\n" + output);
	}

	/**
	 * Starts the sample with options that end it at once.
	 */
	private static void exit(PostgresCluster cluster, List<String> options, String classPath)
			throws IOException, InterruptedException {
		new ProcessBuilder(command(cluster, true, options, classPath)).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start()
			.waitFor();
	}

	private static List<String> command(PostgresCluster cluster, boolean enabled, List<String> options,
			String classPath) {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
		command.addAll(options);
		command.addAll(List.of("-cp", classPath, "io.github.replication.sample.NewsroomApplication", "--server.port=0",
				"--embedded-cluster.enabled=false", "--replication.enabled=" + enabled,
				"--spring.datasource.url=" + cluster.primary().directUrl(),
				"--spring.datasource.username=" + cluster.username(),
				"--spring.datasource.password=" + cluster.password()));
		for (PostgresNode replica : cluster.replicas()) {
			command.add("--replication.replicas." + replica.name() + ".url=" + replica.directUrl());
		}
		return command;
	}

	/**
	 * The sample's own class path: ours would slow it down. An archive of classes wants
	 * jars.
	 */
	private String classPath() throws IOException {
		try (Stream<Path> files = Files.list(this.sample)) {
			Path jar = files.filter((file) -> file.getFileName().toString().endsWith("SNAPSHOT.jar"))
				.findFirst()
				.orElse(this.sample.resolve("classes"));
			return jar + File.pathSeparator + Files.readString(this.sample.resolve("classpath"));
		}
	}

	/**
	 * A way to start the sample.
	 */
	@FunctionalInterface
	private interface Start {

		Started run(PostgresCluster cluster, boolean enabled) throws IOException, InterruptedException;

	}

	/**
	 * One start.
	 *
	 * @param millis the time that Spring Boot reports
	 * @param cpu the time of the process on a processor, in milliseconds
	 */
	private record Started(double millis, double cpu) {

	}

	/**
	 * The starts of one way.
	 */
	private static final class Times {

		private final List<Double> without = new ArrayList<>();

		private final List<Double> with = new ArrayList<>();

		private final List<Double> more = new ArrayList<>();

		private final List<Double> cpuWithout = new ArrayList<>();

		private final List<Double> cpuWith = new ArrayList<>();

		void add(Started without, Started with) {
			this.without.add(without.millis);
			this.with.add(with.millis);
			this.more.add(with.millis - without.millis);
			this.cpuWithout.add(without.cpu);
			this.cpuWith.add(with.cpu);
		}

		List<Object> row(String label) {
			return List.of(label, Report.median(this.without), Report.median(this.with), Report.median(this.more),
					Report.spread(this.more), Report.median(this.cpuWithout), Report.median(this.cpuWith));
		}

	}

}

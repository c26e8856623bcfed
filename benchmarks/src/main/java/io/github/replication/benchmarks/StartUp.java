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
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * What the starter adds to the start of the sample, on a database that is there already.
 */
final class StartUp implements Part {

	private static final Pattern STARTED = Pattern.compile("Started NewsroomApplication in ([0-9.]+) seconds");

	@Override
	public void run(Report report, boolean quick) throws Exception {
		report.section("Start-up");
		report.paragraph("The newsroom (web, JPA, Flyway, validation) in a process of its own, with and without"
				+ " `replication.enabled`, in turn; what Spring Boot tells of its start, in ms.");
		List<Double> without = new ArrayList<>();
		List<Double> with = new ArrayList<>();
		List<Double> difference = new ArrayList<>();
		try (PostgresCluster cluster = PostgresCluster.builder().replicas(2).start()) {
			start(cluster, true);
			for (int round = 0; round < (quick ? 2 : 9); round++) {
				boolean first = round % 2 == 0;
				double one = start(cluster, first);
				double other = start(cluster, !first);
				with.add(first ? one : other);
				without.add(first ? other : one);
				difference.add(with.get(round) - without.get(round));
			}
		}
		report.table("start-up", List.of("start", "median ms", "spread"),
				List.of(List.of("without", Report.median(without), Report.spread(without)),
						List.of("with two replicas", Report.median(with), Report.spread(with)),
						List.of("difference in one round", Report.median(difference), Report.spread(difference))));
	}

	private static double start(PostgresCluster cluster, boolean enabled) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath(),
						"io.github.replication.sample.NewsroomApplication", "--server.port=0",
						"--embedded-cluster.enabled=false", "--replication.enabled=" + enabled,
						"--spring.datasource.url=" + cluster.primary().directUrl(),
						"--spring.datasource.username=" + cluster.username(),
						"--spring.datasource.password=" + cluster.password()));
		for (PostgresNode replica : cluster.replicas()) {
			command.add("--replication.replicas." + replica.name() + ".url=" + replica.directUrl());
		}
		Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
		StringBuilder output = new StringBuilder();
		try (BufferedReader lines = new BufferedReader(
				new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
			for (String line = lines.readLine(); line != null; line = lines.readLine()) {
				Matcher matcher = STARTED.matcher(line);
				if (matcher.find()) {
					return 1000 * Double.parseDouble(matcher.group(1));
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
	 * The sample's own class path: what is on ours would slow it down.
	 */
	private static String classPath() throws IOException {
		Path target = Path.of(System.getProperty("benchmarks.sample", "sample-app/target"));
		return target.resolve("classes") + File.pathSeparator + Files.readString(target.resolve("classpath"));
	}

}

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

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Runs the benchmarks and writes the report. The one of a complete run goes to the
 * documentation, all others to the folder of the build.
 */
public final class Benchmarks {

	private static final Map<String, Part> PARTS = new LinkedHashMap<>();
	static {
		PARTS.put("cost", new RoutingCost());
		PARTS.put("statements", new StatementCost());
		PARTS.put("applications", new ApplicationCost());
		PARTS.put("beyond", new BeyondCost());
		PARTS.put("offload", new Offload());
		PARTS.put("scale-out", new ScaleOut());
		PARTS.put("faults", new Faults());
		PARTS.put("servers", new ServerCost());
		PARTS.put("growth", new Growth());
		PARTS.put("start-up", new StartUp());
	}

	private Benchmarks() {
	}

	/**
	 * Runs the chosen parts.
	 * @param args the parts or {@code all}, whether it is a trial, the project's folder
	 */
	public static void main(String[] args) throws Exception {
		boolean all = args[0].equals("all");
		boolean quick = !args[1].equals("false");
		Collection<String> names = all ? PARTS.keySet() : List.of(args[0].split(","));
		if (!PARTS.keySet().containsAll(names)) {
			throw new IllegalArgumentException("-Dbenchmarks=" + args[0] + ": there are " + PARTS.keySet());
		}
		Path project = Path.of(args[2]);
		Report report = new Report((all && !quick) ? project.resolve("docs") : project.resolve("benchmarks/target"),
				"./mvnw -q -B -pl benchmarks -am verify -Pbenchmarks" + (all ? "" : " -Dbenchmarks=" + args[0])
						+ (quick ? " -Dbenchmarks.quick" : ""));
		for (String name : names) {
			System.out.println("Measuring: " + name);
			part(name).run(report, quick);
			report.write();
		}
		report.print();
		System.exit(0);
	}

	private static Part part(String name) {
		return Objects.requireNonNull(PARTS.get(name));
	}

}

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

import java.util.Collection;
import java.util.Objects;
import java.util.function.UnaryOperator;

import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures with JMH in one fork, in slices of 100 ms. Forks take turns where benchmarks
 * are compared.
 */
final class JmhFork {

	private JmhFork() {
	}

	/**
	 * The number of forks of each benchmark.
	 */
	static int rounds(boolean quick) {
		return quick ? 1 : 3;
	}

	/**
	 * The time on a processor for each operation, in nanoseconds.
	 */
	static double cpuNanos(RunResult result) {
		return score(result, CpuProfiler.CPU);
	}

	/**
	 * The bytes allocated for each operation.
	 */
	static double bytes(RunResult result) {
		return score(result, "gc.alloc.rate.norm");
	}

	private static double score(RunResult result, String name) {
		return Objects.requireNonNull(result.getSecondaryResults().get(name)).getScore();
	}

	/**
	 * Runs the methods of a benchmark, each in a fork of its own. Measures the time on a
	 * processor and the allocation besides.
	 * @param warmUp how long it runs before it is measured, in seconds
	 * @param quick whether a rough measurement is enough
	 */
	static Collection<RunResult> run(Class<?> benchmark, int warmUp, boolean quick) throws RunnerException {
		return run(benchmark, warmUp, quick, (options) -> options);
	}

	/**
	 * Runs the methods of a benchmark with other settings.
	 * @param warmUp how long it runs before it is measured, in seconds
	 * @param quick whether a rough measurement is enough
	 * @param settings changes the settings of the fork
	 */
	static Collection<RunResult> run(Class<?> benchmark, int warmUp, boolean quick,
			UnaryOperator<ChainedOptionsBuilder> settings) throws RunnerException {
		ChainedOptionsBuilder options = new OptionsBuilder().include(benchmark.getName())
			.forks(1)
			.warmupIterations(quick ? 1 : warmUp)
			.warmupTime(TimeValue.milliseconds(1000))
			.measurementIterations(quick ? 5 : 30)
			.measurementTime(TimeValue.milliseconds(100))
			.shouldFailOnError(true)
			.verbosity(VerboseMode.SILENT)
			.addProfiler(GCProfiler.class)
			.addProfiler(CpuProfiler.class);
		return new Runner(settings.apply(options).build()).run();
	}

}

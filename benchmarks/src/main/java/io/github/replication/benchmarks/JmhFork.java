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

import org.openjdk.jmh.profile.Profiler;
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
	 * Runs the methods of a benchmark, each in a fork of its own.
	 * @param warmUp how long it runs before it is measured, in seconds
	 * @param quick whether a rough measurement is enough
	 * @param profilers measure besides
	 */
	@SafeVarargs
	static Collection<RunResult> run(Class<?> benchmark, int warmUp, boolean quick,
			Class<? extends Profiler>... profilers) throws RunnerException {
		ChainedOptionsBuilder options = new OptionsBuilder().include(benchmark.getName())
			.forks(1)
			.warmupIterations(quick ? 1 : warmUp)
			.warmupTime(TimeValue.milliseconds(1000))
			.measurementIterations(quick ? 5 : 30)
			.measurementTime(TimeValue.milliseconds(100))
			.shouldFailOnError(true)
			.verbosity(VerboseMode.SILENT);
		for (Class<? extends Profiler> profiler : profilers) {
			options = options.addProfiler(profiler);
		}
		return new Runner(options.build()).run();
	}

}

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

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;

/**
 * Measures units of work in one process, in slices that take turns, so that a disturbance
 * of one disturbs the others as well. Only the ratio counts of slices next to each other
 * in time.
 */
final class PairedSlices {

	private static final OperatingSystemMXBean PROCESS = (OperatingSystemMXBean) ManagementFactory
		.getOperatingSystemMXBean();

	private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	private final List<Double> micros = new ArrayList<>();

	private final List<Double> ratios = new ArrayList<>();

	private final List<Double> cpu = new ArrayList<>();

	private final List<Double> bytes = new ArrayList<>();

	private PairedSlices() {
	}

	/**
	 * Measures.
	 * @param units the units to compare, the first one being the base of the ratios
	 * @param warmUp how long each runs before, so that its code is compiled
	 * @param rounds how many slices of each
	 * @param size how many units a slice has
	 * @param <K> the names of the units
	 */
	static <K> Map<K, PairedSlices> measure(Map<K, Unit> units, Duration warmUp, int rounds, int size)
			throws Exception {
		for (Unit unit : units.values()) {
			long end = System.nanoTime() + warmUp.toNanos();
			while (System.nanoTime() < end) {
				unit.run();
			}
		}
		K base = units.keySet().iterator().next();
		Map<K, PairedSlices> results = new LinkedHashMap<>();
		units.keySet().forEach((name) -> results.put(name, new PairedSlices()));
		List<Map.Entry<K, Unit>> order = new ArrayList<>(units.entrySet());
		for (int round = -rounds / 3; round < rounds; round++) {
			Collections.shuffle(order);
			Map<K, Slice> slices = new LinkedHashMap<>();
			for (Map.Entry<K, Unit> unit : order) {
				slices.put(unit.getKey(), Slice.of(unit.getValue(), size));
			}
			Slice reference = slices.get(base);
			if (round >= 0 && reference != null) {
				slices.forEach((name, slice) -> results.getOrDefault(name, new PairedSlices()).add(slice, reference));
			}
		}
		return results;
	}

	private void add(Slice slice, Slice base) {
		this.micros.add(slice.micros);
		this.ratios.add(slice.micros / base.micros);
		this.cpu.add(slice.cpu);
		this.bytes.add(slice.bytes);
	}

	/**
	 * The time of one unit.
	 */
	double micros() {
		return Report.median(this.micros);
	}

	/**
	 * The median of the ratios to the slices of the base.
	 */
	double ratio() {
		return Report.median(this.ratios);
	}

	/**
	 * Where half of the ratios are.
	 */
	String middleHalf() {
		List<Double> sorted = this.ratios.stream().sorted().toList();
		return Report.spread(sorted.subList(sorted.size() / 4, sorted.size() - sorted.size() / 4));
	}

	/**
	 * The time of the whole process on a processor for one unit, on average: the system
	 * counts it in steps of milliseconds.
	 */
	double cpu() {
		return this.cpu.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
	}

	/**
	 * The bytes that the calling thread allocates for one unit.
	 */
	double bytes() {
		return Report.median(this.bytes);
	}

	/**
	 * A unit of work.
	 */
	@FunctionalInterface
	interface Unit {

		void run() throws Exception;

	}

	/**
	 * Some units in a row.
	 *
	 * @param micros the median time of a unit, since a machine that others use makes some
	 * of them long
	 * @param cpu the time on a processor for a unit in microseconds
	 * @param bytes the bytes that the thread has allocated for a unit
	 */
	private record Slice(double micros, double cpu, double bytes) {

		static Slice of(Unit unit, int size) throws Exception {
			double[] times = new double[size];
			long cpu = PROCESS.getProcessCpuTime();
			long bytes = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId());
			for (int i = 0; i < size; i++) {
				long start = System.nanoTime();
				unit.run();
				times[i] = (System.nanoTime() - start) / 1e3;
			}
			bytes = THREADS.getThreadAllocatedBytes(Thread.currentThread().getId()) - bytes;
			cpu = PROCESS.getProcessCpuTime() - cpu;
			return new Slice(Report.median(times), cpu / 1e3 / size, (double) bytes / size);
		}

	}

}

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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Many virtual threads that read at once, in a process of its own since the other parts
 * run on a JDK without them.
 */
final class ReadingThreads {

	/**
	 * Begins the line of the result.
	 */
	static final String RESULT = "Threads, failures, ms, platform threads: ";

	private ReadingThreads() {
	}

	/**
	 * Reads.
	 * @param args the number of threads, the URLs of the primary and two replicas, user
	 * and password
	 */
	public static void main(String[] args) throws Exception {
		int count = Integer.parseInt(args[0]);
		Servers servers = new Servers(args[1], List.of(args[2], args[3]), args[4], args[5]);
		try (Application application = Application.replication(servers,
				Map.of("spring.datasource.hikari.maximum-pool-size", 10))) {
			read(application, Math.min(count, 1000));
			long start = System.nanoTime();
			int failed = read(application, count);
			long millis = (System.nanoTime() - start) / 1_000_000;
			System.out.println(RESULT + count + " " + failed + " " + millis + " "
					+ ManagementFactory.getThreadMXBean().getPeakThreadCount());
		}
	}

	private static int read(Application application, int count) throws Exception {
		// of JDK 21, and this is compiled for 17
		ExecutorService threads = (ExecutorService) Executors.class.getMethod("newVirtualThreadPerTaskExecutor")
			.invoke(null);
		List<Future<Long>> reads = new ArrayList<>();
		for (int i = 0; i < count; i++) {
			int id = i % 1000;
			reads.add(threads.submit(() -> application.read("SELECT value FROM item WHERE id = ?", id)));
		}
		int failed = 0;
		for (Future<Long> read : reads) {
			try {
				read.get();
			}
			catch (ExecutionException ex) {
				failed++;
			}
		}
		threads.shutdown();
		return failed;
	}

}

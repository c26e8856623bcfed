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
import java.sql.SQLException;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * Gives the clients, which are this process, the first core and the servers the others,
 * by {@code taskset}. Otherwise chance decides for each connection whether its server
 * process shares the core of the client, which makes a round trip three times as fast or
 * as slow for as long as it lasts.
 */
final class SeparateCores implements AutoCloseable {

	private final int cores = Runtime.getRuntime().availableProcessors();

	private final boolean separate;

	/**
	 * Separates the servers of a cluster. Their later processes are where those are that
	 * start them.
	 */
	SeparateCores(PostgresCluster cluster) throws SQLException, IOException {
		boolean separate = this.cores > 1;
		for (PostgresNode node : cluster.nodes()) {
			long postmaster = CpuLimits.postmaster(node);
			separate = separate && move(postmaster, servers());
			// those that it starts from now on are there by themselves
			ProcessHandle.of(postmaster).orElseThrow().children().forEach((child) -> move(child.pid(), servers()));
		}
		this.separate = separate && move(ProcessHandle.current().pid(), "0");
	}

	/**
	 * Whether they are separate, in words for the report.
	 */
	String describe() {
		return this.separate ? "The clients have one core, and the servers the rest."
				: "The clients and the servers have the same cores, where chance decides which share one.";
	}

	private String servers() {
		return "1-" + (this.cores - 1);
	}

	private static boolean move(long process, String cores) {
		try {
			return new ProcessBuilder("taskset", "-a", "-c", "-p", cores, String.valueOf(process))
				.redirectErrorStream(true)
				.redirectOutput(ProcessBuilder.Redirect.DISCARD)
				.start()
				.waitFor() == 0;
		}
		catch (IOException ex) {
			return false;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	@Override
	public void close() {
		if (this.separate) {
			move(ProcessHandle.current().pid(), "0-" + (this.cores - 1));
		}
	}

}

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
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * Holds each server of a cluster to the same share of a core, by a control group of its
 * own.
 */
final class CpuLimits implements AutoCloseable {

	private static final Path V1 = Path.of("/sys/fs/cgroup/cpu");

	private static final Path V2 = Path.of("/sys/fs/cgroup");

	/**
	 * In microseconds. Long beside the 5 milliseconds that a core takes of a share at
	 * once, since time that one core has taken and does not use is lost to the other
	 * ones.
	 */
	private static final int PERIOD = 100_000;

	private final List<Path> groups = new ArrayList<>();

	private final int quota;

	private CpuLimits(int quota) {
		this.quota = quota;
	}

	/**
	 * Makes all servers ready to be limited.
	 * @param percent of one core
	 * @return the limits, {@code null} where this machine does not let us
	 */
	static @Nullable CpuLimits of(PostgresCluster cluster, int percent) {
		CpuLimits limits = new CpuLimits(PERIOD * percent / 100);
		try {
			for (PostgresNode node : cluster.nodes()) {
				limits.limit(postmaster(node));
			}
			return limits;
		}
		catch (IOException | SQLException ex) {
			System.err.println("No limits: " + ex);
			limits.close();
			return null;
		}
	}

	/**
	 * The process of a server that starts the others.
	 */
	static long postmaster(PostgresNode node) throws SQLException, IOException {
		try (Connection connection = node.adminConnection();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery("SHOW data_directory")) {
			row.next();
			return Long.parseLong(Files.readAllLines(Path.of(row.getString(1), "postmaster.pid")).get(0).trim());
		}
	}

	private void limit(long postmaster) throws IOException {
		Path group = (isFirstVersion() ? V1 : V2).resolve("benchmarks-" + postmaster);
		Files.createDirectory(group);
		this.groups.add(group);
		if (isFirstVersion()) {
			Files.writeString(group.resolve("cpu.cfs_period_us"), String.valueOf(PERIOD));
		}
		move(postmaster, group);
		for (ProcessHandle child : ProcessHandle.of(postmaster).orElseThrow().children().toList()) {
			move(child.pid(), group);
		}
	}

	private static boolean isFirstVersion() {
		return Files.exists(V1.resolve("cpu.cfs_quota_us"));
	}

	/**
	 * Holds the servers to their share from now on.
	 */
	void impose() throws IOException {
		set(String.valueOf(this.quota));
	}

	/**
	 * Lets the servers have all cores, to open connections for instance.
	 */
	void lift() throws IOException {
		set(isFirstVersion() ? "-1" : "max");
	}

	private void set(String quota) throws IOException {
		for (Path group : this.groups) {
			if (isFirstVersion()) {
				Files.writeString(group.resolve("cpu.cfs_quota_us"), quota);
			}
			else {
				Files.writeString(group.resolve("cpu.max"), quota + " " + PERIOD);
			}
		}
	}

	/**
	 * Moves a process, unless it has ended: servers have some that come and go.
	 */
	private static void move(long process, Path group) throws IOException {
		try {
			Files.writeString(group.resolve("cgroup.procs"), String.valueOf(process));
		}
		catch (IOException ex) {
			if (ProcessHandle.of(process).isPresent()) {
				throw ex;
			}
		}
	}

	@Override
	public String toString() {
		return "control groups of version " + (isFirstVersion() ? 1 : 2) + " (" + this.quota + " of " + PERIOD
				+ " microseconds)";
	}

	/**
	 * Removes the groups, after the servers are gone.
	 */
	@Override
	public void close() {
		for (Path group : this.groups) {
			try {
				Files.readAllLines(group.resolve("cgroup.procs"))
					.forEach((process) -> release(process, group.resolveSibling("cgroup.procs")));
				Files.delete(group);
			}
			catch (IOException ex) {
				System.err.println("Remains: " + ex);
			}
		}
	}

	private static void release(String process, Path parent) {
		try {
			Files.writeString(parent, process);
		}
		catch (IOException ex) {
			System.err.println("Process " + process + " remains in its group: " + ex);
		}
	}

}

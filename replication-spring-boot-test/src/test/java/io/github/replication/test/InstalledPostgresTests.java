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

package io.github.replication.test;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The cluster on an installation of PostgreSQL that did not come from Maven Central.
 * Where it is there, the build runs the tests of routing, positions and failover on it as
 * well.
 */
@EnabledIf(value = "isInstalled", disabledReason = "there is no PostgreSQL in /usr/lib/postgresql/15;"
		+ " nothing is tested on that version (apt-get install postgresql-15)")
class InstalledPostgresTests {

	private static final Path INSTALLATION = Path.of("/usr/lib/postgresql/15");

	static boolean isInstalled() {
		return Files.isExecutable(INSTALLATION.resolve("bin/postgres"));
	}

	@Test
	void nodesAreOfTheVersionThatIsInstalled() throws SQLException {
		try (PostgresCluster cluster = PostgresCluster.builder().binaries(INSTALLATION).replicas(1).start()) {
			List<String> answers = new ArrayList<>();
			for (PostgresNode node : cluster.nodes()) {
				answers.add(ask(node));
			}
			assertThat(answers).containsExactly("15 false", "15 true");
		}
	}

	@Test
	void nodesAreOfTheVersionThatTheBuildAsksFor() throws SQLException {
		String folder = System.getProperty(PostgresCluster.BINARIES_PROPERTY);
		String version = (folder != null) ? Path.of(folder).getFileName().toString() : "18";
		try (PostgresCluster cluster = PostgresCluster.builder().replicas(0).start()) {
			assertThat(ask(cluster.primary())).isEqualTo(version + " false");
		}
	}

	private static String ask(PostgresNode node) throws SQLException {
		try (Connection connection = node.adminConnection();
				Statement statement = connection.createStatement();
				ResultSet row = statement.executeQuery(
						"SELECT current_setting('server_version_num')::int / 10000, pg_is_in_recovery()::text")) {
			row.next();
			return row.getString(1) + " " + row.getString(2);
		}
	}

}

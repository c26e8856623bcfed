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

package io.github.replication.jdbc;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;

import org.jspecify.annotations.Nullable;

import org.springframework.core.io.ClassPathResource;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

/**
 * A database with the schema of {@code statements.sql}, on every node of a cluster.
 */
final class TextDatabase {

	private static final String[] EXTENSIONS = { "citext", "dblink" };

	private final PostgresCluster cluster;

	private final String name;

	private TextDatabase(PostgresCluster cluster, String name) {
		this.cluster = cluster;
		this.name = name;
	}

	/**
	 * Makes the database.
	 */
	static TextDatabase create(PostgresCluster cluster, String name) throws SQLException, IOException {
		TextDatabase database = new TextDatabase(cluster, name);
		try (Connection connection = cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("CREATE DATABASE " + name + " OWNER " + cluster.username());
		}
		try (Connection connection = database.admin(); Statement statement = connection.createStatement()) {
			for (String extension : EXTENSIONS) {
				statement.execute("CREATE EXTENSION " + extension);
			}
			statement.execute("GRANT CREATE ON SCHEMA public TO " + cluster.username());
		}
		try (Connection connection = database.connect(cluster.primary());
				Statement statement = connection.createStatement()) {
			statement.execute(resource("statements.sql"));
		}
		cluster.awaitReplication();
		return database;
	}

	private static String resource(String file) throws IOException {
		return new ClassPathResource(file, TextDatabase.class).getContentAsString(StandardCharsets.UTF_8);
	}

	void drop() throws SQLException {
		try (Connection connection = this.cluster.primary().adminConnection();
				Statement statement = connection.createStatement()) {
			statement.execute("DROP DATABASE " + this.name + " WITH (FORCE)");
		}
	}

	/**
	 * Connects as the application's user, who is no superuser. The driver prepares
	 * nothing on its own.
	 */
	Connection connect(PostgresNode node) throws SQLException {
		Properties properties = new Properties();
		properties.setProperty("user", this.cluster.username());
		properties.setProperty("password", this.cluster.password());
		properties.setProperty("prepareThreshold", "0");
		return DriverManager.getConnection(url(node), properties);
	}

	/**
	 * Connects to the primary as the superuser.
	 */
	Connection admin() throws SQLException {
		return DriverManager.getConnection(url(this.cluster.primary()), this.cluster.adminUsername(),
				this.cluster.adminPassword());
	}

	Connection primary() throws SQLException {
		return connect(this.cluster.primary());
	}

	Connection replica() throws SQLException {
		return connect(this.cluster.replicas().get(0));
	}

	private String url(PostgresNode node) {
		return node.directUrl().replaceFirst("/[^/?]*(\\?|$)", "/" + this.name + "$1");
	}

	/**
	 * Reads the catalog of the database.
	 */
	FunctionCatalog catalog() throws SQLException {
		try (Connection connection = primary()) {
			return new FunctionCatalog(CatalogSnapshot.of(CatalogQuery.entries(connection)));
		}
	}

	static @Nullable String single(Connection connection, String sql) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(sql)) {
			row.next();
			return row.getString(1);
		}
	}

}

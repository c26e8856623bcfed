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

package io.github.replication.compatibility.integrations;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

import io.github.replication.ReplicationCluster;
import io.github.replication.autoconfigure.SslBundleSocketFactory;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Connections are encrypted with an SSL bundle, to all nodes or to the primary alone.
 */
@Tag("long")
class SslTests {

	private static final String PASSWORD = "changeit";

	@TempDir
	private static Path folder;

	private static Path certificate;

	private static Path key;

	@BeforeAll
	static void createCertificate() throws Exception {
		Path store = folder.resolve("server.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-alias", "server", "-keyalg", "RSA", "-validity", "2", "-storetype", "PKCS12",
				"-keystore", store.toString(), "-storepass", PASSWORD, "-dname", "CN=localhost", "-ext",
				"san=ip:127.0.0.1")
			.inheritIO()
			.start();
		assertThat(keytool.waitFor()).isZero();
		KeyStore keys = KeyStore.getInstance(store.toFile(), PASSWORD.toCharArray());
		certificate = pem("CERTIFICATE", keys.getCertificate("server").getEncoded());
		key = pem("PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
		Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
	}

	private static Path pem(String type, byte[] content) throws Exception {
		String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
		return Files.writeString(folder.resolve(type.replace(' ', '-') + ".pem"),
				"-----BEGIN " + type + "-----\n" + text + "\n-----END " + type + "-----\n");
	}

	@Test
	void bundleOfThePrimaryServesAllNodes() throws Exception {
		try (PostgresCluster cluster = encrypted(); Application application = withBundle(cluster).start()) {
			assertThat(application.serverOf(true)).startsWith("replica-");
			assertThat(application.serverOf(false)).isEqualTo("primary");
			assertThat(application.bean(ReplicationCluster.class).nodes())
				.allMatch((node) -> node.state().isInRotation());
			for (PostgresNode node : List.of(cluster.primary(), cluster.node("replica-1"))) {
				assertEncrypted(node, cluster.username());
			}
		}
	}

	@Test
	void bundleServesThePrimaryAlone() throws Exception {
		try (PostgresCluster cluster = encrypted();
				Application application = withBundle(cluster).with("replication.enabled", "false").start()) {
			assertThat(application.serverOf(true)).isEqualTo("primary");
			assertEncrypted(cluster.primary(), cluster.username());
		}
	}

	private static PostgresCluster encrypted() {
		return PostgresCluster.builder()
			.replicas(1)
			.setting("ssl", "on")
			.setting("ssl_cert_file", certificate.toString())
			.setting("ssl_key_file", key.toString())
			.start();
	}

	private static Application.Builder withBundle(PostgresCluster cluster) {
		return Application.on(cluster)
			.with("spring.ssl.bundle.pem.nodes.truststore.certificate", certificate.toUri().toString())
			.with("spring.datasource.hikari.data-source-properties.sslmode", "verify-full")
			.with("spring.datasource.hikari.data-source-properties.sslfactory", SslBundleSocketFactory.class.getName())
			.with("spring.datasource.hikari.data-source-properties.sslfactoryarg", "nodes");
	}

	private static void assertEncrypted(PostgresNode node, String username) throws Exception {
		try (SingleConnectionDataSource admin = new SingleConnectionDataSource(node.adminConnection(), true)) {
			assertThat(new JdbcTemplate(admin).queryForList(
					"SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = ?",
					Boolean.class, username))
				.as(node.name())
				.containsExactly(true);
		}
	}

}

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

package io.github.replication.autoconfigure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import com.zaxxer.hikari.HikariConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.env.SystemEnvironmentPropertySource;
import org.springframework.core.io.ByteArrayResource;

import io.github.replication.autoconfigure.ReplicationProperties.Replica;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every way to write the properties of a replica, alone and together.
 */
class ReplicaBindingTests {

	private static final String YAML = """
			replication:
			  replicas:
			    replica-1:
			      url: jdbc:postgresql://pg-2/app
			      username: reader
			      password: of-yaml
			      hikari:
			        maximum-pool-size: 5
			        data-source-properties:
			          prepareThreshold: 1
			    replica-2:
			      url: jdbc:postgresql://pg-3/app
			      weight: 2
			""";

	private final Map<String, Object> variables = new LinkedHashMap<>();

	private @Nullable String yaml;

	@Test
	void yamlAlone() {
		this.yaml = YAML;
		Map<String, Replica> replicas = replicas();
		assertThat(replicas).containsOnlyKeys("replica-1", "replica-2");
		assertThat(replicas.get("replica-1").getUrl()).isEqualTo("jdbc:postgresql://pg-2/app");
		assertThat(replicas.get("replica-1").getHikari()).containsExactlyInAnyOrderEntriesOf(
				Map.of("maximum-pool-size", "5", "data-source-properties.prepareThreshold", "1"));
		assertThat(replicas.get("replica-2").getWeight()).isEqualTo(2);
	}

	@ParameterizedTest
	@CsvSource({ "REPLICATION_REPLICAS_REPLICA1_,replica1", "REPLICATION_REPLICAS_REPLICA_1_,replica-1",
			"REPLICATION_REPLICAS_EU_WEST_1_,eu-west-1", "REPLICATION_REPLICAS_STANDBY_,standby",
			"REPLICATION_REPLICAS_URL_,url", "REPLICATION_REPLICAS_1_,1" })
	void variablesAlone(String prefix, String name) {
		this.variables.put(prefix + "URL", "jdbc:postgresql://pg-2/app");
		this.variables.put(prefix + "PASSWORD", "of-variable");
		this.variables.put(prefix + "HIKARI_MAXIMUMPOOLSIZE", "7");
		this.variables.put(prefix + "HIKARI_CONNECTION_TIMEOUT", "300");
		Map<String, Replica> replicas = replicas();
		assertThat(replicas).containsOnlyKeys(name);
		Replica replica = replicas.get(name);
		assertThat(replica.getUrl()).isEqualTo("jdbc:postgresql://pg-2/app");
		assertThat(replica.getPassword()).isEqualTo("of-variable");
		assertThat(pool(replica)).extracting("maximumPoolSize", "connectionTimeout").containsExactly(7, 300L);
	}

	@ParameterizedTest
	@ValueSource(strings = { "REPLICATION_REPLICAS_REPLICA1_", "REPLICATION_REPLICAS_REPLICA_1_" })
	void variablesReplacePropertiesOfYaml(String prefix) {
		this.yaml = YAML;
		this.variables.put(prefix + "PASSWORD", "of-variable");
		this.variables.put(prefix + "HIKARI_MAXIMUMPOOLSIZE", "7");
		this.variables.put(prefix + "HIKARI_DATASOURCEPROPERTIES_PREPARETHRESHOLD", "3");
		Map<String, Replica> replicas = replicas();
		assertThat(replicas.keySet()).containsExactly("replica-1", "replica-2");
		Replica replica = replicas.get("replica-1");
		assertThat(replica.getUrl()).isEqualTo("jdbc:postgresql://pg-2/app");
		assertThat(replica.getUsername()).isEqualTo("reader");
		assertThat(replica.getPassword()).isEqualTo("of-variable");
		assertThat(replica.getHikari()).containsExactlyInAnyOrderEntriesOf(
				Map.of("maximum-pool-size", "7", "data-source-properties.prepareThreshold", "3"));
	}

	@Test
	void argumentsReplaceVariables() {
		this.yaml = YAML;
		this.variables.put("REPLICATION_REPLICAS_REPLICA1_PASSWORD", "of-variable");
		assertThat(replicas("--replication.replicas.replica_1.password=of-argument").get("replica-1").getPassword())
			.isEqualTo("of-argument");
	}

	@Test
	void relaxedKeysAreOneKey() {
		this.yaml = YAML;
		Map<String, Replica> replicas = replicas("--replication.replicas.replica1.hikari.maximumPoolSize=9",
				"--replication.replicas.REPLICA-2.Weight=4");
		assertThat(replicas.get("replica-1").getHikari()).hasSize(2).containsEntry("maximumPoolSize", "9");
		assertThat(replicas.get("replica-2").getWeight()).isEqualTo(4);
	}

	@Test
	void json() {
		this.yaml = YAML;
		this.variables.put("SPRING_APPLICATION_JSON", """
				{"replication": {"replicas": {"replica1": {"password": "of-json"},
				"replica-3": {"url": "jdbc:postgresql://pg-4/app"}}}}""");
		Map<String, Replica> replicas = replicas();
		assertThat(replicas).containsOnlyKeys("replica-1", "replica-2", "replica-3");
		assertThat(replicas.get("replica-1").getPassword()).isEqualTo("of-json");
	}

	@ParameterizedTest
	@ValueSource(strings = { "replication.replicas.replica-1.password", "replication/replicas/replica-1/password" })
	void configurationTree(String file, @TempDir Path folder) throws IOException {
		this.yaml = YAML;
		Path secret = folder.resolve(file);
		Files.createDirectories(secret.getParent());
		Files.writeString(secret, "of-tree");
		assertThat(replicas("--spring.config.import=configtree:" + folder + "/").get("replica-1").getPassword())
			.isEqualTo("of-tree");
	}

	@Test
	void placeholdersAreResolved() {
		this.yaml = YAML.replace("of-yaml", "${READER_PASSWORD}");
		this.variables.put("READER_PASSWORD", "of-placeholder");
		assertThat(replicas().get("replica-1").getPassword()).isEqualTo("of-placeholder");
	}

	@Test
	void blankValueIsNoReplica() {
		assertThat(replicas("--replication.replicas=")).isEmpty();
	}

	private static HikariConfig pool(Replica replica) {
		HikariConfig config = new HikariConfig();
		new HikariProperties(Map.of("node", replica)).customize("node", config);
		return config;
	}

	private Map<String, Replica> replicas(String... arguments) {
		try (ConfigurableApplicationContext context = new SpringApplicationBuilder(Properties.class)
			.web(WebApplicationType.NONE)
			.logStartupInfo(false)
			.properties("spring.main.banner-mode=off")
			.environment(new StandardEnvironment() {

				@Override
				protected void customizePropertySources(MutablePropertySources sources) {
					sources.addLast(new SystemEnvironmentPropertySource(SYSTEM_ENVIRONMENT_PROPERTY_SOURCE_NAME,
							ReplicaBindingTests.this.variables));
				}

			})
			.initializers((started) -> addYaml(started.getEnvironment().getPropertySources()))
			.run(arguments)) {
			return context.getBean(ReplicationProperties.class).getReplicas();
		}
	}

	private void addYaml(MutablePropertySources sources) {
		if (this.yaml == null) {
			return;
		}
		try {
			new YamlPropertySourceLoader().load("yaml", new ByteArrayResource(this.yaml.getBytes()))
				.forEach(sources::addLast);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Configuration(proxyBeanMethods = false)
	@EnableConfigurationProperties(ReplicationProperties.class)
	static class Properties {

		@Bean
		static ReplicaBindHandlerAdvisor advisor(Environment environment) {
			return new ReplicaBindHandlerAdvisor(environment);
		}

	}

}

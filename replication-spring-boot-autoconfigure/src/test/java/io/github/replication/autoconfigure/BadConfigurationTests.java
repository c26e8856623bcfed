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

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import io.github.replication.stub.StubDriver;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every way to misconfigure stops the start and names the property, the value and the
 * remedy.
 */
@ExtendWith(OutputCaptureExtension.class)
class BadConfigurationTests {

	private static final String URL = "replication.replicas.replica-1.url";

	static Stream<Arguments> configurations() {
		return Stream.of(
				Arguments.of(Map.of("replication.replicas.replica-1.weight", "1"),
						List.of(URL, "The replica has no URL", "Set the JDBC URL of the replica's server")),
				Arguments.of(Map.of(URL, ""), List.of(URL, "The replica has no URL")),
				Arguments.of(Map.of(URL, "pg-2:5432/app"),
						List.of(URL, "pg-2:5432/app", "not a JDBC URL", "starts with 'jdbc:'")),
				Arguments.of(Map.of(URL, "jdbc:mysql://db-2/app?password=secret"),
						List.of(URL, "jdbc:mysql://db-2/app", "not the URL of a PostgreSQL server",
								"Set the URL of a standby of the primary")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2,pg-3/app?password=secret"),
						List.of(URL, "jdbc:postgresql://pg-2,pg-3/app", "several servers",
								"Configure each server as a replica of its own")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-1:5432/app?ssl=true&password=secret"),
						List.of(URL, "jdbc:postgresql://pg-1:5432/app", "primary's own URL",
								"Set the URL of the replica's server, or remove the replica")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-1.weight", "-2"),
						List.of("replication.replicas.replica-1.weight", "-2", "cannot be negative",
								"0 to keep the replica out of rotation")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.primary.name", "replica-1"),
						List.of("replication.primary.name", "replica-1", "same name", "another name")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.load-balancer", "fastest"),
						List.of("replication.load-balancer", "fastest", "LEAST_CONNECTIONS", "ROUND_ROBIN", "RANDOM")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.window", "0s"),
						List.of("replication.read-your-writes.window", "PT0S", "Set a duration above zero")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.window", "200000d"),
						List.of("replication.read-your-writes.window", "PT4800000H", "too long", "3650d or less")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.window", "3651d"),
						List.of("replication.read-your-writes.window", "PT87624H", "too long", "3650d or less")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.store-timeout",
								"200000d"),
						List.of("replication.read-your-writes.store-timeout", "PT4800000H", "too long",
								"36500d or less")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.store-timeout", "0s"),
						List.of("replication.read-your-writes.store-timeout", "PT0S", "above zero")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-2.url",
								"jdbc:postgresql://PG-2:5432/app?ssl=true"),
						List.of("replication.replicas.replica-", "-2", "/app", "This is the URL of replica-",
								"as well")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.max-lag", "0s"),
						List.of("replication.max-lag", "PT0S", "above zero")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.max-lag", "1000000d"),
						List.of("replication.max-lag", "PT24000000H", "too long", "36500d or less")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.max-lag-size", "0MB"),
						List.of("replication.max-lag-size", "0B", "above zero")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.monitor.abort-after", "0s"),
						List.of("replication.monitor.abort-after", "PT0S", "above zero")),
				Arguments.of(Map.of("replication.discovery.url", "jdbc:postgresql:app?password=secret"),
						List.of("replication.discovery.url", "jdbc:postgresql:app", "names no host")),
				Arguments.of(
						Map.of("replication.discovery.url", "jdbc:postgresql://replicas/app",
								"replication.discovery.interval", "0s"),
						List.of("replication.discovery.interval", "PT0S", "above zero")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.wait", "-1s"),
						List.of("replication.read-your-writes.wait", "PT-1S", "zero or more")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.mode", "maybe"),
						List.of("replication.read-your-writes.mode", "maybe", "POSITION", "TIME", "OFF")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.monitor.interval", "0"),
						List.of("replication.monitor.interval", "PT0S", "above zero")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.monitor.timeout", "0"),
						List.of("replication.monitor.timeout", "PT0S", "above zero")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.fallback-max-connections", "0"),
						List.of("replication.fallback-max-connections", "0", "Set 1 or more")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.data-source", "orders"),
						List.of("replication.data-source", "orders", "no data source bean of this name",
								"[dataSource]")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-1.hikari.maximum-pool",
								"3"),
						List.of("replication.replicas.replica-1.hikari.maximum-pool", "3", "no such setting",
								"com.zaxxer.hikari.HikariConfig")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app",
								"replication.replicas.replica-1.hikari.maximum-pool-size", "many"),
						List.of("replication.replicas.replica-1.hikari.maximum-pool-size", "many")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.load-balancr", "random"),
						List.of("replication.load-balancr", "random", "Replace", "replication.load-balancer")),
				Arguments.of(Map.of("replication.replicas.replica-1.ulr", "jdbc:postgresql://pg-2/app"),
						List.of("replication.replicas.replica-1.ulr", "replication.replicas.replica-1.url")),
				Arguments.of(Map.of("replication.replcas.replica-1.url", "jdbc:postgresql://pg-2/app"),
						List.of("replication.replcas.replica-1.url", "replication.replicas")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.windw", "3s"),
						List.of("replication.read-your-writes.windw", "3s", "replication.read-your-writes.window")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.zzz", "1"),
						List.of("replication.zzz", "Remove", "load-balancer")),
				Arguments.of(Map.of(URL, "postgres://app:secret@pg-2/app"),
						List.of(URL, "Value: postgres://pg-2/app", "not a JDBC URL")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://app:secret@pg-2/app"),
						List.of(URL, "Value: jdbc:postgresql://pg-2/app", "The driver cannot read this URL",
								"The user belongs into the username")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2:port/app?password=secret"),
						List.of(URL, "Value: jdbc:postgresql://pg-2:port/app", "The driver cannot read this URL",
								"jdbc:postgresql://host:5432/database")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app?password=secret%"),
						List.of(URL, "The driver cannot read this URL", "a % in a parameter is written as %25")),
				Arguments.of(Map.of("replication.replicas.replica-1.ulr", "jdbc:postgresql://pg-2/app?password=secret"),
						List.of("Value: jdbc:postgresql://pg-2/app", "by 'replication.replicas.replica-1.url'")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-1.pasword", "secret"),
						List.of("Replace 'replication.replicas.replica-1.pasword' by"
								+ " 'replication.replicas.replica-1.password'")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-1.hikari.pasword",
						"secret"), List.of("replication.replicas.replica-1.hikari.pasword", "no such setting")),
				Arguments.of(
						Map.of("replication.discovery.url", "jdbc:postgresql://replicas/app",
								"replication.discovery.intervall", "5s"),
						List.of("Value: 5s",
								"Replace 'replication.discovery.intervall' by"
										+ " 'replication.discovery.interval', or remove it.")),
				Arguments.of(
						Map.of("replication.discovery.url", "jdbc:postgresql://replicas/app",
								"replication.discovery.weight", "-1"),
						List.of("replication.discovery.weight", "-1", "cannot be negative")),
				Arguments.of(Map.of("replication.discovery.url", "jdbc:postgresql://replicas:port/app?password=secret"),
						List.of("replication.discovery.url", "Value: jdbc:postgresql://replicas:port/app",
								"cannot be read")),
				Arguments.of(Map.of("replication.replicas[0].url", "jdbc:postgresql://pg-2/app?password=secret"),
						List.of("replication.replicas[0].url", "Value: jdbc:postgresql://pg-2/app",
								"a replica has a name", "replication.replicas.<name>.url")),
				Arguments.of(Map.of("replication.replicas", "jdbc:postgresql://pg-2/app?password=secret"),
						List.of("replication.replicas", "jdbc:postgresql://pg-2/app",
								"replication.replicas.<name>.url")),
				Arguments.of(Map.of("replication.replicas.url", "jdbc:postgresql://pg-2/app?password=secret"),
						List.of("replication.replicas.url", "Value: jdbc:postgresql://pg-2/app",
								"belongs to no replica", "replication.replicas.<name>.url")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.primary.name", "replica1"),
						List.of("replication.primary.name", "replica1", "same name", "another name")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-1.weight", "heavy"),
						List.of("replication.replicas.replica-1.weight", "heavy")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.fallback", "replica"),
						List.of("replication.fallback", "replica", "PRIMARY", "FAIL")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.max-lag", "quick"),
						List.of("replication.max-lag", "quick")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.enabled", "maybe"),
						List.of("replication.enabled", "maybe")),
				Arguments.of(Map.of("replication.replicas.replica-1", "jdbc:postgresql://pg-2/app?password=secret"),
						List.of("Property: replication.replicas.replica-1", "Value: jdbc:postgresql://pg-2/app",
								"Set 'replication.replicas.replica-1.url' instead")),
				Arguments.of(
						Map.of("replication.replicas.replica-1.jdbc-url", "jdbc:postgresql://pg-2/app?password=secret"),
						List.of("Value: jdbc:postgresql://pg-2/app",
								"Replace 'replication.replicas.replica-1.jdbc-url'"
										+ " by 'replication.replicas.replica-1.url'")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-1.hikari.jdbc-url",
								"jdbc:postgresql://pg-3/app?password=secret"),
						List.of("Property: replication.replicas.replica-1.hikari.jdbc-url",
								"Value: jdbc:postgresql://pg-3/app", "no setting of its pool",
								"Set 'replication.replicas.replica-1.url'")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app",
								"replication.replicas.replica-1.hikari.dataSourceClassName",
								"org.postgresql.ds.PGSimpleDataSource"),
						List.of("Property: replication.replicas.replica-1.hikari.dataSourceClassName",
								"org.postgresql.ds.PGSimpleDataSource", "no setting of its pool",
								"Set 'replication.replicas.replica-1.url'")),
				Arguments.of(Map.of(URL, "${URL_OF_REPLICA}"),
						List.of(URL, "Value: ${URL_OF_REPLICA}", "placeholder in the URL has no value", "Define it")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app\r"),
						List.of(URL, "begins or ends with white space", "Remove the white space")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "spring.datasource.url",
								"jdbc:stub://pg-1/app?password=secret", "spring.datasource.driver-class-name",
								StubDriver.class.getName()),
						List.of(URL, "jdbc:postgresql://pg-2/app",
								"The primary is no PostgreSQL server (jdbc:stub://pg-1/app)",
								"Set spring.datasource.url to the primary, or replication.enabled=false")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes", "off"),
						List.of("Property: replication.read-your-writes\n", "Value: off", "is a group of properties",
								"under 'replication.read-your-writes' there are", "mode")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.monitor", "1s"),
						List.of("Property: replication.monitor\n", "Value: 1s",
								"under 'replication.monitor' there are [abort-after, interval, timeout]")),
				Arguments.of(Map.of("replication.primary", "pg-1"),
						List.of("Property: replication.primary\n", "Value: pg-1",
								"under 'replication.primary' there are [name]")),
				Arguments.of(Map.of("replication.discovery", "replicas"),
						List.of("Property: replication.discovery\n", "Value: replicas", "is a group of properties",
								"url, username")),
				Arguments.of(Map.of("replication.discovery.interval", "5s"),
						List.of("Property: replication.discovery.url", "'replication.discovery.interval' is set",
								"Set the URL, for example jdbc:postgresql://replicas/database")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app",
								"replication.replicas.replica-1.hikari.connection-timeout", "1s"),
						List.of("replication.replicas.replica-1.hikari.connection-timeout", "Value: 1s",
								"HikariCP does not take this value", "a number of milliseconds")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.replicas.replica-1.driver-class-name",
								"org.postgresql.Driver"),
						List.of("replication.replicas.replica-1.driver-class-name", "org.postgresql.Driver", "Remove")),
				Arguments.of(
						Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.primary.url",
								"jdbc:postgresql://pg-1/app?password=secret"),
						List.of("Property: replication.primary.url", "Value: jdbc:postgresql://pg-1/app",
								"Remove 'replication.primary.url': under 'replication.primary' there are [name]")),
				Arguments.of(Map.of(URL, "jdbc:postgresql://pg-2/app", "replication.read-your-writes.carrier", "jwt"),
						List.of("replication.read-your-writes.carrier", "jwt", "COOKIE", "HEADER", "SESSION", "USER")));
	}

	static Stream<Arguments> variables() {
		return Stream.of(
				Arguments.of("REPLICATION_REPLICAS_URL", "jdbc:postgresql://pg-2/app?password=secret",
						List.of("Property: replication.replicas.url", "Value: jdbc:postgresql://pg-2/app",
								"belongs to no replica", "REPLICATION_REPLICAS_<NAME>_URL")),
				Arguments.of("REPLICATION_REPLICAS", "jdbc:postgresql://pg-2/app?password=secret",
						List.of("replication.replicas", "jdbc:postgresql://pg-2/app")),
				Arguments.of("REPLICATION_REPLICAS_REPLICA_1_PASSWORD", "secret",
						List.of("replication.replicas.replica-1.url", "The replica has no URL")),
				Arguments.of("REPLICATION_REPLICAS_REPLICA_1_ULR", "jdbc:postgresql://pg-2/app?password=secret",
						List.of("replication.replicas.replica", "jdbc:postgresql://pg-2/app", "Replace")),
				Arguments.of("REPLICATION_REPLICAS_REPLICA1_PASWORD", "secret",
						List.of("replication.replicas.replica1.pasword", "replication.replicas.replica1.password")),
				Arguments.of("REPLICATION_REPLICAS_REPLICA_1_WEIGHT", "heavy",
						List.of("replication.replicas.replica-1.weight", "heavy")));
	}

	@ParameterizedTest
	@MethodSource("variables")
	void variableOfTheEnvironmentStopsTheStart(String name, String value, List<String> words, CapturedOutput output) {
		Throwable failure = start(Map.of(), Map.of(name, value));
		assertThat(failure).isNotNull();
		String text = output.toString();
		text = text.substring(text.indexOf("APPLICATION FAILED TO START"));
		assertThat(text).contains("Description:").contains("Action:").contains(words);
		assertThat(output).doesNotContain("secret");
	}

	@ParameterizedTest
	@MethodSource("configurations")
	void startIsStoppedWithPropertyValueAndRemedy(Map<String, Object> properties, List<String> words,
			CapturedOutput output) {
		Throwable failure = start(properties);
		assertThat(failure).isNotNull();
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			assertThat(String.valueOf(cause.getMessage())).doesNotContain("secret");
		}
		String text = output.toString();
		text = text.substring(text.indexOf("APPLICATION FAILED TO START"));
		assertThat(text).contains("Description:").contains("Action:").contains(words);
		assertThat(output).doesNotContain("secret");
	}

	@Test
	void goodConfigurationStarts() {
		assertThat(start(Map.of(URL, "jdbc:postgresql://pg-2/app"))).isNull();
	}

	private static Throwable start(Map<String, Object> properties) {
		return start(properties, Map.of());
	}

	private static Throwable start(Map<String, Object> properties, Map<String, Object> variables) {
		try {
			new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
				.logStartupInfo(false)
				.properties("spring.main.banner-mode=off")
				.initializers((context) -> {
					context.getEnvironment().getPropertySources().addFirst(new MapPropertySource("test", properties));
					context.getEnvironment()
						.getPropertySources()
						.replace("systemEnvironment",
								new SystemEnvironmentPropertySource("systemEnvironment", variables));
					context.getEnvironment()
						.getPropertySources()
						.addLast(new MapPropertySource("primary",
								Map.of("spring.datasource.url", "jdbc:postgresql://pg-1/app",
										"spring.datasource.username", "app", "spring.datasource.password", "secret")));
				})
				.run()
				.close();
			return null;
		}
		catch (RuntimeException ex) {
			return ex;
		}
	}

	@EnableAutoConfiguration
	static class Application {

	}

}

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
package io.github.replication.node;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The shown part of a URL is no secret, and says where it leads.
 */
class JdbcUrlsTests {

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql://pg-2/app, jdbc:postgresql://pg-2/app",
			"jdbc:postgresql://pg-2/app?password=hush&ssl=true, jdbc:postgresql://pg-2/app",
			"jdbc:postgresql://pg-2/app?user=a@b, jdbc:postgresql://pg-2/app",
			"jdbc:postgresql://app:hush@pg-2/app, jdbc:postgresql://pg-2/app",
			"postgres://app:hush@pg-2:5432/app, postgres://pg-2:5432/app",
			"postgres://app:hu/sh@pg-2/app, postgres://pg-2/app", "jdbc:mysql://app:hush@db/app, jdbc:mysql://db/app",
			"jdbc:sqlserver://db;databaseName=app;password=hush, jdbc:sqlserver://db",
			"jdbc:oracle:thin:scott/hush@//db:1521/app, jdbc:oracle:thin://db:1521/app" })
	void urlIsShownWithoutSecrets(String url, String shown) {
		assertThat(JdbcUrls.withoutSecrets(url)).isEqualTo(shown);
		assertThat(JdbcUrls.target(url)).doesNotContain("password");
	}

	@Test
	void messageOfADriverIsShownWithoutSecrets() {
		assertThat(JdbcUrls.withoutSecretsIn("Unable to parse jdbc:postgresql://a:hush@pg$1/app?password=hush here"))
			.isEqualTo("Unable to parse jdbc:postgresql://pg$1/app here");
		assertThat(JdbcUrls.withoutSecretsIn("Who? Nobody at all@home")).isEqualTo("Who? Nobody at all@home");
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:postgresql://pg-2/app", "jdbc:postgresql://pg-2:5433/app?ssl=true",
			"jdbc:postgresql://[::1]:5433/app", "jdbc:postgresql:app", "jdbc:mysql://app:hush@db/app" })
	void urlThatTheDriverTakesIsReadable(String url) {
		assertThat(JdbcUrls.isReadable(url)).isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "jdbc:postgresql://pg-2:port/app", "jdbc:postgresql://pg-2:99999/app",
			"jdbc:postgresql://app:hush@pg-2/app", "jdbc:postgresql://pg-2/app?password=hush%" })
	void urlThatTheDriverRefusesIsNot(String url) {
		assertThat(JdbcUrls.isReadable(url)).isFalse();
	}

	@Test
	void parametersThatChooseADatabaseDistinguishUrlsOfOtherVendors() {
		assertThat(JdbcUrls.isSame("jdbc:sqlserver://db;databaseName=a", "jdbc:sqlserver://db;databaseName=b"))
			.isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql://pg/app?a=1&b=2, jdbc:postgresql://pg/app?b=2, 1",
			"jdbc:postgresql://pg/app?b=2&a=1, jdbc:postgresql://pg/app?b=2&, 1",
			"jdbc:postgresql://pg/app?a=1, jdbc:postgresql://pg/app?, 1",
			"jdbc:postgresql://pg/app?a=1&a=2&aa=3, jdbc:postgresql://pg/app?aa=3, 2",
			"jdbc:postgresql://pg/app?aa=1, jdbc:postgresql://pg/app?aa=1,",
			"jdbc:postgresql://pg/a, jdbc:postgresql://pg/a," })
	void parameterIsFoundAndTakenOut(String url, String without, String value) {
		assertThat(JdbcUrls.parameter(url, "a")).isEqualTo(value);
		assertThat(JdbcUrls.withoutParameter(url, "a")).isEqualTo(without);
		assertThat(JdbcUrls.isReadable(without)).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql://a/app?x=1&y=2&x=3, 'y=2 x=3'", "jdbc:p6spy:postgresql://a/app?x=1, x=1",
			"jdbc:postgresql://a/app?ssl&options=-c%20a%3Db&y=%, 'ssl= options=-c a=b y=%'",
			"jdbc:postgresql://a/app?, ''", "jdbc:postgresql://a/app, ''", "jdbc:mysql://a/app?x=1, ''" })
	void parametersAreRead(String url, String parameters) {
		assertThat(JdbcUrls.parameters(url).entrySet().stream().map(Object::toString))
			.containsExactlyInAnyOrder(parameters.isEmpty() ? new String[0] : parameters.split(" (?=\\w+=)(?!a=b)"));
	}

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql://pg/app, true", "jdbc:p6spy:postgresql://pg/app, true",
			"jdbc:aws-wrapper:postgresql://pg/app, true", "jdbc:mysql://pg/app?x=jdbc:postgresql:, false",
			"jdbc:opaque://pg/app, false" })
	void wrappedDriverIsSeenInTheUrl(String url, boolean postgres) {
		assertThat(JdbcUrls.leadsToPostgres(url)).isEqualTo(postgres);
	}

}

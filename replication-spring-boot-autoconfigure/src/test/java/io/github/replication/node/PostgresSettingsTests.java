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

import com.zaxxer.hikari.HikariConfig;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class PostgresSettingsTests {

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql://pg/app, 1, 1, 0", "jdbc:postgresql://pg/app?connectTimeout=7, 7, 1, 0",
			"jdbc:postgresql://pg/app?socketTimeout=300, 1, 1, 300000",
			"jdbc:postgresql://pg/app?loginTimeout=2.5, 3, 3, 0",
			"jdbc:postgresql://pg/app?loginTimeout=9&socketTimeout=4&connectTimeout=0, 9, 4, 4000" })
	void loginIsBoundedOnItsOwnThreadAndTheTimeoutOfTheSessionIsKept(String url, String connect, String socket,
			int afterwards) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(url);
		assertThat(PostgresSettings.boundLogin(config, 1_000)).isEqualTo(afterwards);
		assertThat(property(config, "connectTimeout")).isEqualTo(connect);
		assertThat(property(config, "socketTimeout")).isEqualTo(socket);
		assertThat(property(config, "loginTimeout")).isEqualTo("0");
		assertThat(config.getJdbcUrl()).doesNotContain("Timeout");
	}

	@ParameterizedTest
	@CsvSource({ "jdbc:postgresql://pg/app?readOnlyMode=ignore", "jdbc:postgresql://pg/app" })
	void transactionsBeginReadOnlyWhateverTheUrlSays(String url) {
		HikariConfig config = new HikariConfig();
		config.setJdbcUrl(url);
		config.addDataSourceProperty("readOnlyMode", "always");
		PostgresSettings.readOnly(config);
		assertThat(property(config, "readOnlyMode")).isEqualTo("transaction");
		assertThat(config.getJdbcUrl()).doesNotContain("readOnlyMode");
	}

	private static @Nullable String property(HikariConfig config, String name) {
		return config.getDataSourceProperties().getProperty(name);
	}

}

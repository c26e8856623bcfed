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

import java.time.Duration;
import java.util.List;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfig;
import org.apache.commons.dbcp2.BasicDataSource;
import org.junit.jupiter.api.Test;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.jdbc.datasource.DelegatingDataSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Settings of pools other than HikariCP.
 */
class OtherPoolTests {

	private final HikariConfig config = new HikariConfig();

	@Test
	void settingsOfCommonsDbcpAreRead() {
		BasicDataSource pool = new BasicDataSource();
		pool.setDefaultAutoCommit(false);
		pool.setDefaultTransactionIsolation(8);
		pool.setDefaultSchema("news");
		pool.setDefaultCatalog("app");
		pool.setConnectionInitSqls(List.of("SET work_mem = '8MB'", "SET jit = off"));
		pool.setMaxTotal(20);
		pool.setMinIdle(3);
		pool.setMaxWait(Duration.ofSeconds(2));
		new OtherPool(new DelegatingDataSource(behindProxy(pool))).copyTo(this.config);
		assertThat(this.config.isAutoCommit()).isFalse();
		assertThat(this.config.getTransactionIsolation()).isEqualTo("TRANSACTION_SERIALIZABLE");
		assertThat(this.config.getSchema()).isEqualTo("news");
		assertThat(this.config.getCatalog()).isEqualTo("app");
		assertThat(this.config.getConnectionInitSql()).isEqualTo("SET work_mem = '8MB'; SET jit = off");
		assertThat(this.config.getMaximumPoolSize()).isEqualTo(20);
		assertThat(this.config.getMinimumIdle()).isEqualTo(3);
		assertThat(this.config.getConnectionTimeout()).isEqualTo(2000);
	}

	@Test
	void settingsOfTomcatsPoolAreRead() {
		org.apache.tomcat.jdbc.pool.DataSource pool = new org.apache.tomcat.jdbc.pool.DataSource();
		pool.setUrl("jdbc:postgresql://pg-1/app");
		pool.setUsername("app");
		pool.setPassword("secret");
		pool.setDefaultAutoCommit(false);
		pool.setDefaultTransactionIsolation(4);
		pool.setDefaultCatalog("app");
		pool.setInitSQL("SET jit = off");
		pool.setConnectionProperties("sslmode=verify-full;user=other;password=other");
		pool.setMaxActive(20);
		pool.setMinIdle(30);
		pool.setMaxWait(2000);
		OtherPool settings = new OtherPool(pool);
		settings.copyTo(this.config);
		assertThat(settings.url()).isEqualTo("jdbc:postgresql://pg-1/app");
		assertThat(settings.username()).isEqualTo("app");
		assertThat(this.config.getPassword()).isEqualTo("secret");
		assertThat(this.config.isAutoCommit()).isFalse();
		assertThat(this.config.getTransactionIsolation()).isEqualTo("TRANSACTION_REPEATABLE_READ");
		assertThat(this.config.getCatalog()).isEqualTo("app");
		assertThat(this.config.getConnectionInitSql()).isEqualTo("SET jit = off");
		assertThat(this.config.getDataSourceProperties()).containsOnlyKeys("sslmode")
			.containsEntry("sslmode", "verify-full");
		assertThat(this.config.getMaximumPoolSize()).isEqualTo(20);
		assertThat(this.config.getMinimumIdle()).isEqualTo(20);
		assertThat(this.config.getConnectionTimeout()).isEqualTo(2000);
	}

	@Test
	void settingsThatAPoolDoesNotHaveStay() {
		new OtherPool(new BasicDataSource()).copyTo(this.config);
		assertThat(this.config.isAutoCommit()).isTrue();
		assertThat(this.config.getTransactionIsolation()).isNull();
		assertThat(this.config.getConnectionInitSql()).isNull();
		assertThat(this.config.getMaximumPoolSize()).isEqualTo(8);
		assertThat(this.config.getConnectionTimeout()).isEqualTo(new HikariConfig().getConnectionTimeout());
	}

	private static DataSource behindProxy(DataSource pool) {
		return (DataSource) new ProxyFactory(pool).getProxy();
	}

}

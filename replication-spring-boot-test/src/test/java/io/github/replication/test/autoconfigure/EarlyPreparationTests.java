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

package io.github.replication.test.autoconfigure;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.support.SpringFactoriesLoader;

import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class EarlyPreparationTests {

	@Test
	void applicationThatStartsAClusterPreparesIt() {
		assertThat(preparedBy("--embedded-cluster.enabled=true")).hasSize(1);
	}

	@Test
	void applicationWithoutAClusterPreparesNone() {
		assertThat(preparedBy()).isEmpty();
		assertThat(preparedBy("--embedded-cluster.enabled=false")).isEmpty();
	}

	@Test
	void applicationWithAPrimaryOfItsOwnPreparesNone() {
		assertThat(preparedBy("--embedded-cluster.enabled=true",
				"--spring.datasource.url=jdbc:postgresql://localhost/app"))
			.isEmpty();
	}

	@Test
	void everyApplicationHasThePreparation() {
		assertThat(SpringFactoriesLoader.forDefaultResourceLocation().load(ApplicationListener.class))
			.hasAtLeastOneElementOfType(EarlyPreparation.class);
	}

	@Test
	void preparationEndsWithProgramsThatStart() throws Exception {
		assertThat(PostgresCluster.builder().prepare().get(2, TimeUnit.MINUTES)).isNull();
	}

	@Test
	void preparationThatFailsHasTheReason(@TempDir Path empty) {
		assertThatExceptionOfType(ExecutionException.class)
			.isThrownBy(() -> PostgresCluster.builder().binaries(empty).prepare().get(2, TimeUnit.MINUTES))
			.withMessageContaining(empty.toString());
	}

	private static List<PostgresCluster.Builder> preparedBy(String... arguments) {
		List<PostgresCluster.Builder> prepared = new ArrayList<>();
		SpringApplication application = new SpringApplicationBuilder(Nothing.class).web(WebApplicationType.NONE)
			.build();
		application.setListeners(List.of());
		application.addListeners(new EarlyPreparation(prepared::add));
		application.run(arguments).close();
		return prepared;
	}

	@Configuration(proxyBeanMethods = false)
	static class Nothing {

	}

}

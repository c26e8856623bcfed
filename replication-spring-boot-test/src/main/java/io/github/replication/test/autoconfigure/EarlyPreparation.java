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
import java.util.function.Consumer;

import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.ConfigurableEnvironment;

import io.github.replication.test.PostgresCluster;

/**
 * Unpacks PostgreSQL while the application context is made, if the application is to
 * start an embedded cluster. The first start on a machine takes seconds for that.
 */
final class EarlyPreparation implements ApplicationListener<ApplicationEnvironmentPreparedEvent> {

	private final Consumer<PostgresCluster.Builder> preparation;

	EarlyPreparation() {
		this(PostgresCluster.Builder::prepare);
	}

	EarlyPreparation(Consumer<PostgresCluster.Builder> preparation) {
		this.preparation = preparation;
	}

	@Override
	public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
		ConfigurableEnvironment environment = event.getEnvironment();
		Binder binder = Binder.get(environment);
		if (binder.bind("embedded-cluster.enabled", Boolean.class).orElse(false)
				&& !environment.containsProperty("spring.datasource.url")) {
			Path binaries = binder.bind("embedded-cluster.binaries", Path.class).orElse(null);
			this.preparation.accept(PostgresCluster.builder().binaries(binaries));
		}
	}

}

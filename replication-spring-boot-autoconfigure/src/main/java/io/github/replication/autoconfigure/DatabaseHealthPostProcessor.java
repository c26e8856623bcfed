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

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;

import io.github.replication.Role;
import io.github.replication.actuate.PrimaryHealthIndicator;
import io.github.replication.node.Cluster;

/**
 * Lets Spring Boot's check of the data source that has replicas answer by the known state
 * of the primary.
 */
final class DatabaseHealthPostProcessor implements BeanPostProcessor {

	private static final String BEAN_NAME = "dbHealthContributor";

	private final Supplier<ClusterFactory> owner;

	DatabaseHealthPostProcessor(Supplier<ClusterFactory> owner) {
		this.owner = owner;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (!beanName.equals(BEAN_NAME) || !this.owner.get().hasReplicas()) {
			return bean;
		}
		if (bean instanceof HealthIndicator check) {
			return byPrimary(check);
		}
		return (bean instanceof CompositeHealthContributor checks) ? byPrimary(checks) : bean;
	}

	/**
	 * Only one of several data sources has the replicas.
	 */
	private CompositeHealthContributor byPrimary(CompositeHealthContributor checks) {
		String replicated = this.owner.get().dataSourceName();
		Map<String, HealthContributor> all = new LinkedHashMap<>();
		checks.stream()
			.forEach((entry) -> all.put(entry.name(),
					(entry.contributor() instanceof HealthIndicator check && entry.name().equals(replicated))
							? byPrimary(check) : entry.contributor()));
		return CompositeHealthContributor.fromMap(all);
	}

	private HealthIndicator byPrimary(HealthIndicator check) {
		Cluster cluster = this.owner.get().cluster();
		return new PrimaryHealthIndicator(check,
				() -> cluster.nodes().stream().filter((node) -> node.role() == Role.PRIMARY).findFirst().orElseThrow(),
				System::nanoTime);
	}

}

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

import java.util.Arrays;
import java.util.List;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * Stands replicas beside the primary's data source. Runs after Spring Boot's own
 * post-processor of data sources ({@code spring.datasource.connection-fetch=lazy}, order
 * 0), so that what is handed out is ours.
 */
final class ReplicationDataSourcePostProcessor
		implements BeanPostProcessor, BeanFactoryAware, SmartInitializingSingleton, Ordered {

	private static final String PROPERTY = "replication.data-source";

	private final Environment environment;

	private @Nullable ConfigurableListableBeanFactory beanFactory;

	private @Nullable String target;

	ReplicationDataSourcePostProcessor(Environment environment) {
		this.environment = environment;
	}

	@Override
	public void setBeanFactory(BeanFactory beanFactory) {
		this.beanFactory = (ConfigurableListableBeanFactory) beanFactory;
	}

	@Override
	public int getOrder() {
		return 100;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (!(bean instanceof DataSource dataSource) || !beanName.equals(target())) {
			return bean;
		}
		ConfigurableListableBeanFactory beanFactory = beanFactory();
		ClusterOwner clusterOwner = beanFactory.getBean(ClusterOwner.class);
		if (!clusterOwner.hasReplicas()) {
			return bean;
		}
		DataSource replicated = clusterOwner.replicate(dataSource, beanName);
		for (String owner : beanFactory.getBeanNamesForType(ClusterOwner.class)) {
			beanFactory.registerDependentBean(owner, beanName);
		}
		return replicated;
	}

	@Override
	public void afterSingletonsInstantiated() {
		target();
	}

	/**
	 * The data source that has the replicas beside it.
	 */
	DataSource dataSource() {
		return beanFactory().getBean(target(), DataSource.class);
	}

	private String target() {
		String target = this.target;
		if (target == null) {
			target = find(beanFactory());
			this.target = target;
		}
		return target;
	}

	private ConfigurableListableBeanFactory beanFactory() {
		if (this.beanFactory == null) {
			throw new IllegalStateException("The bean factory has not been set");
		}
		return this.beanFactory;
	}

	private String find(ConfigurableListableBeanFactory beanFactory) {
		List<String> names = Arrays.asList(beanFactory.getBeanNamesForType(DataSource.class, true, false));
		String configured = this.environment.getProperty(PROPERTY);
		if (StringUtils.hasText(configured)) {
			if (!names.contains(configured)) {
				throw new InvalidReplicationConfigurationException(PROPERTY, configured,
						"There is no data source bean of this name.", "Name one of " + names + ".");
			}
			return configured;
		}
		if (names.size() == 1) {
			return names.get(0);
		}
		List<String> primary = names.stream()
			.filter((name) -> beanFactory.containsBeanDefinition(name)
					&& beanFactory.getMergedBeanDefinition(name).isPrimary())
			.toList();
		if (primary.size() == 1) {
			return primary.get(0);
		}
		throw new InvalidReplicationConfigurationException(PROPERTY, null,
				"There are several data source beans, " + names + ", and none of them is the primary one.",
				"Name the one to add replicas to, or annotate it with @Primary.");
	}

}

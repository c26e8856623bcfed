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
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.config.SmartInstantiationAwareBeanPostProcessor;
import org.springframework.beans.factory.support.AbstractBeanFactory;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;

import io.github.replication.jdbc.ReplicationDataSource;

/**
 * Adds replicas to the primary's data source. Runs after Spring Boot's own post-processor
 * of data sources ({@code spring.datasource.connection-fetch=lazy}, order 0), so that the
 * bean is the data source that routes. It is in place before other post-processors are
 * created, which may need the data source.
 */
final class ReplicationDataSourcePostProcessor implements BeanFactoryPostProcessor,
		SmartInstantiationAwareBeanPostProcessor, BeanFactoryAware, SmartInitializingSingleton, Ordered {

	private static final Log logger = LogFactory.getLog(ReplicationDataSourcePostProcessor.class);

	/**
	 * The prefix of the beans by which the Spring TestContext Framework replaces others,
	 * as {@code @MockitoBean} and {@code @TestBean} do.
	 */
	private static final String BEAN_OVERRIDES = "org.springframework.test.context.bean.override.";

	private static final String MOCK = "$MockitoMock$";

	private final Environment environment;

	/**
	 * The names of singletons that the bean factory has created, as far as they may be
	 * data sources.
	 */
	private final Set<String> created = ConcurrentHashMap.newKeySet();

	private @Nullable ConfigurableListableBeanFactory beanFactory;

	private @Nullable String target;

	private @Nullable InjectedPool injectedPool;

	private boolean processed;

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
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		String name = isConfigured() ? finder().findOrNull() : null;
		if (name != null && InjectedPool.isFor(beanFactory, name)) {
			this.target = name;
			this.injectedPool = new InjectedPool(beanFactory, name);
			this.injectedPool.register();
		}
		Arrays.stream(beanFactory.getSingletonNames())
			.filter(beanFactory::containsBeanDefinition)
			.forEach(this.created::add);
		beanFactory.addBeanPostProcessor(new EarlyPostProcessor());
	}

	@Override
	public @Nullable Class<?> predictBeanType(Class<?> beanClass, String beanName) {
		return (this.injectedPool != null && beanName.equals(this.target)) ? ReplicationDataSource.class : null;
	}

	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (!(bean instanceof DataSource dataSource)) {
			return bean;
		}
		this.created.add(beanName);
		if (!isConfigured() || !beanName.equals(target())) {
			return bean;
		}
		ConfigurableListableBeanFactory beanFactory = beanFactory();
		ClusterFactory clusterOwner = beanFactory.getBean(ClusterFactory.class);
		if (!clusterOwner.hasReplicas()) {
			throw tooEarly(beanName);
		}
		this.processed = true;
		DataSource replicated = clusterOwner.replicate(dataSource, beanName);
		if (this.injectedPool != null) {
			this.injectedPool.of(dataSource);
		}
		for (String owner : beanFactory.getBeanNamesForType(ClusterFactory.class)) {
			beanFactory.registerDependentBean(owner, beanName);
		}
		return replicated;
	}

	@Override
	public void afterSingletonsInstantiated() {
		if (!isConfigured()) {
			return;
		}
		String target = target();
		if (target == null) {
			logger.warn("Replicas are configured (replication.replicas), but there is no DataSource bean, so that"
					+ " nothing reads from them. Configure the primary (spring.datasource.url), or set"
					+ " replication.enabled=false.");
		}
		else if (isRegisteredObject(target)) {
			refuseUnlessOfTest(target);
		}
		else if (!this.processed && beanFactory().containsSingleton(target)) {
			requireProcessed(target);
		}
	}

	/**
	 * Whether the data source was handed to the bean factory as an object, which no
	 * post-processor sees. There may be a bean definition beside it.
	 */
	private boolean isRegisteredObject(String target) {
		ConfigurableListableBeanFactory beanFactory = beanFactory();
		return beanFactory.containsSingleton(target) && !beanFactory.isFactoryBean(target)
				&& !this.created.contains(target);
	}

	private void refuseUnlessOfTest(String target) {
		if (!isOfTest(target)) {
			throw new InvalidReplicationConfigurationException(DataSourceFinder.PROPERTY, target,
					"The data source was registered as an object (registerSingleton), to which no replicas can be"
							+ " added.",
					"Declare it as a bean, with a @Bean method or registerBean, or set replication.enabled=false.");
		}
		logger.warn("The data source '" + target + "' was replaced for a test, by a mock for instance: it stays without"
				+ " replicas. Set replication.enabled=false in tests that need none.");
	}

	private boolean isOfTest(String target) {
		Object dataSource = beanFactory().getBean(target);
		return dataSource.getClass().getName().contains(MOCK)
				|| Arrays.stream(beanFactory().getSingletonNames()).anyMatch((name) -> name.startsWith(BEAN_OVERRIDES));
	}

	/**
	 * The object that a factory bean creates may not have been asked for yet.
	 */
	private void requireProcessed(String target) {
		if (beanFactory().isFactoryBean(target)) {
			beanFactory().getBean(target);
		}
		if (!this.processed) {
			throw tooEarly(target);
		}
	}

	private InvalidReplicationConfigurationException tooEarly(String target) {
		List<String> users = Arrays.asList(beanFactory().getDependentBeans(target));
		return new InvalidReplicationConfigurationException(DataSourceFinder.PROPERTY, target,
				"The data source is created too early to get replicas"
						+ (users.isEmpty() ? "." : ": it is injected into " + users + "."),
				"Let a post-processor that needs the data source inject ObjectProvider<DataSource>, and ask it when the"
						+ " data source is used, or set replication.enabled=false.");
	}

	/**
	 * Whether there is a data source that can have replicas.
	 */
	boolean hasDataSource() {
		String target = target();
		return target != null && !isRegisteredObject(target);
	}

	/**
	 * The name of the data source that has the replicas beside it, {@code null} if there
	 * is none.
	 */
	@Nullable String dataSourceName() {
		return target();
	}

	/**
	 * The data source that has the replicas beside it.
	 * @throws IllegalStateException if there is none
	 */
	DataSource dataSource() {
		String target = target();
		if (target == null) {
			throw new IllegalStateException("There is no data source that could have replicas");
		}
		return beanFactory().getBean(target, DataSource.class);
	}

	private @Nullable String target() {
		String target = this.target;
		if (target == null) {
			target = finder().find();
			this.target = target;
		}
		return target;
	}

	private boolean isConfigured() {
		return OnReplicationCondition.isConfigured(this.environment, beanFactory());
	}

	private DataSourceFinder finder() {
		return new DataSourceFinder(beanFactory(), this.environment.getProperty(DataSourceFinder.PROPERTY));
	}

	private ConfigurableListableBeanFactory beanFactory() {
		if (this.beanFactory == null) {
			throw new IllegalStateException("The bean factory has not been set");
		}
		return this.beanFactory;
	}

	/**
	 * Stands in for the post-processor until Spring has registered it in its order, for a
	 * data source that another post-processor needs.
	 */
	private final class EarlyPostProcessor implements SmartInstantiationAwareBeanPostProcessor {

		@Override
		public @Nullable Class<?> predictBeanType(Class<?> beanClass, String beanName) {
			return ReplicationDataSourcePostProcessor.this.predictBeanType(beanClass, beanName);
		}

		@Override
		public Object postProcessAfterInitialization(Object bean, String beanName) {
			return isRegistered() ? bean
					: ReplicationDataSourcePostProcessor.this.postProcessAfterInitialization(bean, beanName);
		}

		private boolean isRegistered() {
			return beanFactory() instanceof AbstractBeanFactory registry
					&& registry.getBeanPostProcessors().contains(ReplicationDataSourcePostProcessor.this);
		}

	}

}

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

import java.lang.annotation.Annotation;
import java.util.Arrays;
import java.util.List;

import javax.sql.DataSource;

import com.zaxxer.hikari.HikariConfigMXBean;
import com.zaxxer.hikari.HikariDataSource;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.InjectionPoint;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.jdbc.DataSourceUnwrapper;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations;

/**
 * Lets the application's own pool be injected as a {@link HikariDataSource}, although its
 * bean is a data source that routes. The pool is a dependency and not a bean, so that
 * nothing takes it for a second data source.
 */
final class InjectedPool implements ObjectFactory<Object> {

	private static final String JAKARTA_QUALIFIER = "jakarta.inject.Qualifier";

	private final ConfigurableListableBeanFactory beanFactory;

	private final String dataSource;

	private @Nullable HikariDataSource pool;

	InjectedPool(ConfigurableListableBeanFactory beanFactory, String dataSource) {
		this.beanFactory = beanFactory;
		this.dataSource = dataSource;
	}

	/**
	 * Whether a data source bean has always been injected as a {@link HikariDataSource}.
	 * @param beanFactory the beans
	 * @param name the name of the bean
	 */
	static boolean isFor(ConfigurableListableBeanFactory beanFactory, String name) {
		Class<?> type = beanFactory.getType(name, false);
		return type != null && HikariDataSource.class.isAssignableFrom(type);
	}

	void register() {
		this.beanFactory.registerResolvableDependency(HikariDataSource.class, this);
	}

	/**
	 * Remembers the pool.
	 * @param dataSource the data source as the application has defined it
	 */
	void of(DataSource dataSource) {
		HikariDataSource pool = DataSourceUnwrapper.unwrap(dataSource, HikariConfigMXBean.class,
				HikariDataSource.class);
		this.pool = pool;
		if (pool != null && others().isEmpty()) {
			this.beanFactory.registerResolvableDependency(HikariDataSource.class, pool);
		}
	}

	/**
	 * The pool, or anything else where the injection is about another pool.
	 */
	@Override
	public Object getObject() {
		List<String> others = others();
		if (!others.isEmpty()) {
			InjectionPoint injection = this.beanFactory.getBean(PoolInjection.class).point();
			if (!isQualified(injection)) {
				throw new InvalidReplicationConfigurationException(DataSourceFinder.PROPERTY, this.dataSource,
						"HikariDataSource is injected by type (" + injection.getMember()
								+ "), but this bean routes to replicas and others, " + others + ", do not.",
						"Inject a DataSource and use unwrap(HikariDataSource.class), or add @Qualifier.");
			}
			if (!isQualifiedByName(injection)) {
				return this;
			}
		}
		this.beanFactory.getBean(this.dataSource);
		return (this.pool != null) ? this.pool : this;
	}

	private List<String> others() {
		return Arrays.stream(this.beanFactory.getBeanNamesForType(HikariDataSource.class, true, false))
			.filter((name) -> !name.equals(this.dataSource)
					&& this.beanFactory.getMergedBeanDefinition(name).isAutowireCandidate())
			.toList();
	}

	private static boolean isQualified(InjectionPoint injection) {
		return Arrays.stream(injection.getAnnotations()).anyMatch(InjectedPool::isQualifier);
	}

	private static boolean isQualifier(Annotation annotation) {
		MergedAnnotations annotations = MergedAnnotations.from(annotation);
		return annotations.isPresent(Qualifier.class) || annotations.isPresent(JAKARTA_QUALIFIER);
	}

	private boolean isQualifiedByName(InjectionPoint injection) {
		return Arrays.stream(injection.getAnnotations())
			.filter(InjectedPool::isQualifier)
			.map((annotation) -> MergedAnnotation.from(annotation).getValue(MergedAnnotation.VALUE, String.class))
			.anyMatch((value) -> value.filter(this.dataSource::equals).isPresent());
	}

	/**
	 * Where a pool is injected.
	 *
	 * @param point the field or the parameter
	 */
	record PoolInjection(InjectionPoint point) {

	}

}

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
import java.util.function.Predicate;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactoryUtils;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.AbstractBeanDefinition;
import org.springframework.util.StringUtils;

/**
 * Finds the data source that gets the replicas, as Spring finds the one that it injects
 * by type. Beans that are not default candidates, the targets of scoped proxies and
 * fallback beans do not count, and {@code @Primary} decides among several.
 *
 * @param beanFactory the beans of the context, without those of its parents
 * @param configured the name under {@code replication.data-source}, {@code null} for none
 */
record DataSourceFinder(ConfigurableListableBeanFactory beanFactory, @Nullable String configured) {

	static final String PROPERTY = "replication.data-source";

	/**
	 * The name of the data source bean.
	 * @return the name, {@code null} if there is no data source at all
	 * @throws InvalidReplicationConfigurationException if the data source is in a parent
	 * context, or several would do
	 */
	@Nullable String find() {
		List<String> names = Arrays.asList(this.beanFactory.getBeanNamesForType(DataSource.class, true, false));
		if (StringUtils.hasText(this.configured)) {
			return named(this.configured, names);
		}
		List<String> candidates = names.stream().filter(this::isDefaultCandidate).toList();
		if (candidates.size() > 1) {
			candidates = preferred(candidates);
		}
		if (candidates.size() == 1) {
			return candidates.get(0);
		}
		if (candidates.size() > 1) {
			throw new InvalidReplicationConfigurationException(PROPERTY, null,
					"There are several data source beans, " + candidates + ", and Spring prefers none of them.",
					"Name the one to add replicas to, or annotate it with @Primary.");
		}
		return withoutCandidates(names);
	}

	/**
	 * The name of the data source bean if it is beyond doubt.
	 * @return the name, {@code null} if there is none or {@link #find()} would fail
	 */
	@Nullable String findOrNull() {
		try {
			return find();
		}
		catch (InvalidReplicationConfigurationException ex) {
			return null;
		}
	}

	private String named(String name, List<String> names) {
		if (names.contains(name)) {
			return name;
		}
		if (this.beanFactory.containsBean(name) && this.beanFactory.isTypeMatch(name, DataSource.class)
				&& !this.beanFactory.containsLocalBean(name)) {
			throw inParent(name);
		}
		throw new InvalidReplicationConfigurationException(PROPERTY, name, "There is no data source bean of this name.",
				names.isEmpty() ? "Define one, or remove the property." : "Name one of " + names + ".");
	}

	private List<String> preferred(List<String> candidates) {
		List<String> primary = candidates.stream().filter((name) -> is(name, BeanDefinition::isPrimary)).toList();
		if (!primary.isEmpty()) {
			return primary;
		}
		List<String> regular = candidates.stream().filter((name) -> !is(name, BeanDefinition::isFallback)).toList();
		return regular.isEmpty() ? candidates : regular;
	}

	private @Nullable String withoutCandidates(List<String> names) {
		for (String name : BeanFactoryUtils.beanNamesForTypeIncludingAncestors(this.beanFactory, DataSource.class, true,
				false)) {
			if (!this.beanFactory.containsLocalBean(name)) {
				throw inParent(name);
			}
		}
		if (names.isEmpty()) {
			return null;
		}
		throw new InvalidReplicationConfigurationException(PROPERTY, null,
				"There are data source beans, " + names + ", but none that is injected by type alone.",
				"Name the one to add replicas to.");
	}

	private static InvalidReplicationConfigurationException inParent(String name) {
		return new InvalidReplicationConfigurationException(PROPERTY, name,
				"The data source is defined in a parent context, where replicas are not configured.",
				"Enable auto-configuration (ReplicationAutoConfiguration) and set replication.replicas in that context;"
						+ " its children read from the replicas as well.");
	}

	private boolean isDefaultCandidate(String name) {
		return is(name, BeanDefinition::isAutowireCandidate, true) && is(name,
				(definition) -> !(definition instanceof AbstractBeanDefinition bean) || bean.isDefaultCandidate(),
				true);
	}

	private boolean is(String name, Predicate<BeanDefinition> property) {
		return is(name, property, false);
	}

	private boolean is(String name, Predicate<BeanDefinition> property, boolean withoutDefinition) {
		return this.beanFactory.containsBeanDefinition(name)
				? property.test(this.beanFactory.getMergedBeanDefinition(name)) : withoutDefinition;
	}

}

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

import java.lang.reflect.Method;
import java.sql.SQLException;

import javax.sql.DataSource;
import javax.sql.XADataSource;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.boot.jdbc.autoconfigure.XADataSourceAutoConfiguration;
import org.springframework.jdbc.datasource.lookup.AbstractRoutingDataSource;

/**
 * The data sources that cannot have replicas: those that lead to several databases, and
 * those of XA transactions.
 *
 * @param beanFactory has the definitions of data sources
 */
record UnsupportedDataSources(ConfigurableListableBeanFactory beanFactory) {

	/**
	 * Refuses a data source that is one of them.
	 * @param primary the data source
	 * @param beanName the name of its bean
	 * @param local whether it is a local pool, or wraps one. Such a wrapper may implement
	 * the interfaces of every kind.
	 * @throws InvalidReplicationConfigurationException if it cannot have replicas
	 */
	void refuse(DataSource primary, String beanName, boolean local) {
		if (isOrWraps(primary, AbstractRoutingDataSource.class)) {
			throw new InvalidReplicationConfigurationException(DataSourceFinder.PROPERTY, beanName,
					"The data source is an AbstractRoutingDataSource: it may lead to several databases, and replicas"
							+ " have the data of one.",
					"Set replication.data-source to the bean of the database that has the replicas. Tenants that are"
							+ " schemas of one database need one data source and a ConnectionPreparer.");
		}
		if (isMadeForXa(beanName) || (!local && isOrWraps(primary, XADataSource.class))) {
			throw new InvalidReplicationConfigurationException(DataSourceFinder.PROPERTY, beanName,
					"The data source takes part in XA transactions, which are not supported.",
					"Declare a DataSource bean of a pool with local transactions and, if there are several data sources,"
							+ " set replication.data-source to its name; or set replication.enabled=false.");
		}
	}

	/**
	 * Whether Spring Boot has made the data source for an {@code XADataSourceWrapper}. It
	 * need not implement {@link XADataSource}.
	 */
	private boolean isMadeForXa(String beanName) {
		if (!this.beanFactory.containsBeanDefinition(beanName)
				|| !(this.beanFactory.getMergedBeanDefinition(beanName) instanceof RootBeanDefinition definition)) {
			return false;
		}
		Method factory = definition.getResolvedFactoryMethod();
		return factory != null && factory.getDeclaringClass() == XADataSourceAutoConfiguration.class;
	}

	private static boolean isOrWraps(DataSource dataSource, Class<?> type) {
		if (type.isInstance(dataSource)) {
			return true;
		}
		DataSource target = OtherPool.targetOf(dataSource);
		try {
			return (target != null) ? isOrWraps(target, type) : dataSource.isWrapperFor(type);
		}
		catch (SQLException | RuntimeException ex) {
			return false;
		}
	}

}

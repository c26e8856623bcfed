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

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.transaction.config.TransactionManagementConfigUtils;
import org.springframework.transaction.jta.JtaTransactionManager;

/**
 * Warns once of transactions that are not routed, or not as their annotations say: those
 * of JTA and of AspectJ. A data source that takes part in XA transactions is
 * {@linkplain UnsupportedDataSources refused}.
 *
 * @param beanFactory the beans
 */
record UnsupportedTransactions(ConfigurableListableBeanFactory beanFactory) implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(UnsupportedTransactions.class);

	@Override
	public void afterSingletonsInstantiated() {
		if (this.beanFactory.containsBean(TransactionManagementConfigUtils.TRANSACTION_ASPECT_BEAN_NAME)) {
			logger
				.warn("Transactions are in AspectJ mode, which is not supported: @ReadOnly and @UsePrimary may have no"
						+ " effect. Set @EnableTransactionManagement(mode = AdviceMode.PROXY).");
		}
		if (this.beanFactory.getBeanNamesForType(JtaTransactionManager.class, true, false).length > 0) {
			logger.warn(
					"There is a JtaTransactionManager, which is not supported: connections that JTA coordinates may not be routed."
							+ " Use the JdbcTransactionManager or JpaTransactionManager of the data source.");
		}
	}

}

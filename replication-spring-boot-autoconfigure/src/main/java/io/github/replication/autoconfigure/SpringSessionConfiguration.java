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

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionCallback;
import org.springframework.transaction.support.TransactionOperations;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.util.ClassUtils;

import io.github.replication.CallerContext.Scope;
import io.github.replication.caller.CallerRecords;

/**
 * Keeps sessions that Spring Session stores in the database apart from their users. Each
 * request reads and touches the session, which is neither a read nor a write of the user.
 * Spring Session runs its statements in the {@link TransactionOperations} of this name,
 * if there are any, and else in the ones that are wrapped here.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(name = "org.springframework.session.jdbc.JdbcIndexedSessionRepository",
		value = TransactionTemplate.class)
final class SpringSessionConfiguration {

	private static final String NAME = "springSessionTransactionOperations";

	/**
	 * The annotation of a transaction manager that is for sessions alone.
	 */
	private static final String QUALIFIER = "org.springframework.session.jdbc.config.annotation.SpringSessionTransactionManager";

	@Lazy
	@Bean(name = NAME, defaultCandidate = false)
	@ConditionalOnMissingBean(name = NAME)
	static TransactionOperations springSessionTransactionOperations(ListableBeanFactory beanFactory,
			CallerRecords records) {
		TransactionTemplate template = new TransactionTemplate(transactionManager(beanFactory));
		template.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
		return new DetachedOperations(template, records);
	}

	private static PlatformTransactionManager transactionManager(ListableBeanFactory beanFactory) {
		Class<? extends Annotation> qualifier = ClassUtils
			.resolveClassName(QUALIFIER, SpringSessionConfiguration.class.getClassLoader())
			.asSubclass(Annotation.class);
		for (String name : beanFactory.getBeanNamesForType(PlatformTransactionManager.class)) {
			if (beanFactory.findAnnotationOnBean(name, qualifier) != null) {
				return beanFactory.getBean(name, PlatformTransactionManager.class);
			}
		}
		return beanFactory.getBean(PlatformTransactionManager.class);
	}

	/**
	 * Runs transactions for no caller.
	 *
	 * @param operations runs the transactions
	 * @param records the records of callers
	 */
	private record DetachedOperations(TransactionOperations operations,
			CallerRecords records) implements TransactionOperations {

		@Override
		public <T> T execute(TransactionCallback<T> action) {
			try (Scope scope = this.records.detached()) {
				return this.operations.execute(action);
			}
		}

	}

}

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

import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.ApplicationContext;
import org.springframework.util.ClassUtils;

/**
 * Reports that JMS is not observed, once. Spring observes it as soon as Micrometer's
 * support for it is there, which this library cannot bring.
 */
final class ObservedJms implements BeanPostProcessor {

	private static final Log logger = LogFactory.getLog(ObservedJms.class);

	private static final String TEMPLATE = "org.springframework.jms.core.JmsTemplate";

	private static final String SUPPORT = "io.micrometer.jakarta9.instrument.jms.JmsInstrumentation";

	private final ApplicationContext context;

	private final AtomicBoolean logged = new AtomicBoolean();

	ObservedJms(ApplicationContext context) {
		this.context = context;
	}

	@Override
	public Object postProcessBeforeInitialization(Object bean, String beanName) {
		if (bean.getClass().getName().equals(TEMPLATE) && OnMessagesCondition.isOn(this.context)
				&& !ClassUtils.isPresent(SUPPORT, bean.getClass().getClassLoader())
				&& this.logged.compareAndSet(false, true)) {
			logger.info("Positions do not travel with messages of JMS, because those are not observed: a consumer that"
					+ " reads from a replica may not find the rows that a message is about. Add io.micrometer:micrometer-jakarta9"
					+ " to the class path.");
		}
		return bean;
	}

}

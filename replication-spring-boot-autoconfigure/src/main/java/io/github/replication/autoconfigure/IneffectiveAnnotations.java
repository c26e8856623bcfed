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
import java.lang.reflect.Modifier;
import java.util.Arrays;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.aop.framework.AopProxyUtils;
import org.springframework.aop.framework.autoproxy.AbstractAutoProxyCreator;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.transaction.config.TransactionManagementConfigUtils;
import org.springframework.transaction.jta.JtaTransactionManager;
import org.springframework.util.ClassUtils;

import io.github.replication.ReadOnly;
import io.github.replication.UsePrimary;

/**
 * Warns once of an application whose beans have no proxies that could look at
 * {@code @ReadOnly} and {@code @UsePrimary}.
 *
 * @param beanFactory the beans
 */
record IneffectiveAnnotations(ConfigurableListableBeanFactory beanFactory) implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(IneffectiveAnnotations.class);

	@Override
	public void afterSingletonsInstantiated() {
		if (has(AbstractAutoProxyCreator.class)) {
			lookForMethodsWithoutInterface();
		}
		else {
			logger.warn("@ReadOnly and @UsePrimary have no effect: nothing creates proxies of beans. Remove"
					+ " spring.aop.auto=false, or add @EnableTransactionManagement.");
		}
	}

	private boolean has(Class<?> type) {
		return this.beanFactory.getBeanNamesForType(type, true, false).length > 0;
	}

	/**
	 * A proxy that has the interfaces of a bean alone does not have its other methods.
	 */
	private void lookForMethodsWithoutInterface() {
		for (String name : this.beanFactory.getSingletonNames()) {
			Object bean = this.beanFactory.getSingleton(name);
			if (bean != null && AopUtils.isJdkDynamicProxy(bean)) {
				Class<?> type = AopProxyUtils.ultimateTargetClass(bean);
				Arrays.stream(type.getDeclaredMethods())
					.filter((method) -> isAnnotated(method) && !isOfInterface(method, bean))
					.forEach((method) -> logger
						.warn("The annotation of " + ClassUtils.getQualifiedMethodName(method, type)
								+ " has no effect: the proxy of the bean '" + name
								+ "' has only its interfaces. Declare the"
								+ " method in one, or remove spring.aop.proxy-target-class=false."));
			}
		}
	}

	private static boolean isAnnotated(Method method) {
		return Modifier.isPublic(method.getModifiers()) && (AnnotatedElementUtils.hasAnnotation(method, ReadOnly.class)
				|| AnnotatedElementUtils.hasAnnotation(method, UsePrimary.class));
	}

	private static boolean isOfInterface(Method method, Object bean) {
		return ClassUtils.hasMethod(bean.getClass(), method.getName(), method.getParameterTypes());
	}

}

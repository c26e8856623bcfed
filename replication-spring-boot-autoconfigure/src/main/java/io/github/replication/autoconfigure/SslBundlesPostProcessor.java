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

import java.util.concurrent.atomic.AtomicReference;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeansException;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.InstantiationAwareBeanPostProcessor;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.core.Ordered;
import org.springframework.core.PriorityOrdered;

/**
 * Makes the SSL bundles of an application known to {@link SslBundleSocketFactory} before
 * its first data source is created, for as long as the application runs.
 */
final class SslBundlesPostProcessor
		implements InstantiationAwareBeanPostProcessor, SmartInitializingSingleton, DisposableBean, PriorityOrdered {

	private static final Log logger = LogFactory.getLog(SslBundlesPostProcessor.class);

	private final ObjectProvider<SslBundles> bundles;

	private final AtomicReference<SslBundles> known = new AtomicReference<>();

	SslBundlesPostProcessor(ObjectProvider<SslBundles> bundles) {
		this.bundles = bundles;
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public @Nullable Object postProcessBeforeInstantiation(Class<?> beanClass, String beanName) {
		if (DataSource.class.isAssignableFrom(beanClass)) {
			makeKnown();
		}
		return null;
	}

	/**
	 * The data source may be that of a factory bean.
	 */
	@Override
	public Object postProcessAfterInitialization(Object bean, String beanName) {
		if (bean instanceof DataSource) {
			makeKnown();
		}
		return bean;
	}

	@Override
	public void afterSingletonsInstantiated() {
		makeKnown();
	}

	private void makeKnown() {
		if (this.known.get() != null) {
			return;
		}
		try {
			SslBundles bundles = this.bundles.getIfUnique();
			if (bundles != null && this.known.compareAndSet(null, bundles)) {
				SslBundleSocketFactory.add(bundles);
			}
		}
		catch (BeansException ex) {
			// the bundles may need the data source, or fail by themselves
			logger.debug("The SSL bundles are not known yet", ex);
		}
	}

	@Override
	public void destroy() {
		SslBundles bundles = this.known.getAndSet(null);
		if (bundles != null) {
			SslBundleSocketFactory.remove(bundles);
		}
	}

}

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

import org.postgresql.ssl.WrappedFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Role;

/**
 * Auto-configuration for connections with an SSL bundle, to replicas or to a primary
 * alone. Without replicas it does nothing unless a property names
 * {@link SslBundleSocketFactory}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = SslAutoConfiguration.class, before = DataSourceAutoConfiguration.class)
@ConditionalOnClass(WrappedFactory.class)
@ConditionalOnBean(SslBundles.class)
@Conditional(OnSslBundleCondition.class)
public final class ReplicationSslAutoConfiguration {

	@Bean
	@Role(BeanDefinition.ROLE_INFRASTRUCTURE)
	static SslBundlesPostProcessor replicationSslBundlesPostProcessor(ObjectProvider<SslBundles> bundles) {
		return new SslBundlesPostProcessor(bundles);
	}

}

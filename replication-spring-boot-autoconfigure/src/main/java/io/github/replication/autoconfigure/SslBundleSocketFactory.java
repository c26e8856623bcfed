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

import org.jspecify.annotations.Nullable;
import org.postgresql.ssl.WrappedFactory;

import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.Assert;

/**
 * Lets the PostgreSQL driver connect to all nodes with an SSL bundle of Spring Boot. The
 * replicas have the driver's settings from the primary's pool: <pre class="code">
 * spring.datasource.hikari.data-source-properties.sslmode=verify-full
 * spring.datasource.hikari.data-source-properties.sslfactory=io.github.replication.autoconfigure.SslBundleSocketFactory
 * spring.datasource.hikari.data-source-properties.sslfactoryarg=the-name-of-the-bundle
 * </pre> The driver creates it for each connection, so that a bundle that was reloaded
 * counts for those that follow. It knows the bundles of the application that was started
 * last with replicas.
 *
 * @since 0.1.0
 */
public final class SslBundleSocketFactory extends WrappedFactory {

	private static volatile @Nullable SslBundles bundles;

	/**
	 * Creates a factory.
	 * @param bundle the name of the bundle
	 * @throws IllegalStateException if no application with replicas was started
	 * @throws org.springframework.boot.ssl.NoSuchSslBundleException if there is no such
	 * bundle
	 */
	public SslBundleSocketFactory(String bundle) {
		SslBundles known = bundles;
		Assert.state(known != null, "SSL bundles are known where replicas are configured alone");
		this.factory = known.getBundle(bundle).createSslContext().getSocketFactory();
	}

	static void use(@Nullable SslBundles sslBundles) {
		bundles = sslBundles;
	}

}

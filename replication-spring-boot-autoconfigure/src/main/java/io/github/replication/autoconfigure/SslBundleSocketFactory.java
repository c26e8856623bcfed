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

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import org.postgresql.ssl.WrappedFactory;

import org.springframework.boot.ssl.SslBundles;
import org.springframework.util.Assert;

/**
 * Lets the PostgreSQL driver connect to all nodes with an SSL bundle of Spring Boot. The
 * replicas have the driver's settings from the primary's pool: <pre class="code">
 * spring.datasource.hikari.data-source-properties.sslmode=verify-full
 * spring.datasource.hikari.data-source-properties.sslfactory=io.github.replication.autoconfigure.SslBundleSocketFactory
 * spring.datasource.hikari.data-source-properties.sslfactoryarg=the-name-of-the-bundle
 * </pre> The driver creates it for each connection, so that a reloaded bundle counts for
 * the connections that follow. It knows the bundles of every application in the process
 * that has replicas, or a property with the name of this class; if several have one name,
 * it takes the bundle of the application that was started last.
 *
 * @since 0.1.0
 */
public final class SslBundleSocketFactory extends WrappedFactory {

	private static final List<SslBundles> applications = new CopyOnWriteArrayList<>();

	/**
	 * Creates a factory.
	 * @param bundle the name of the bundle
	 * @throws IllegalStateException if no application has made its bundles known
	 * @throws org.springframework.boot.ssl.NoSuchSslBundleException if there is no such
	 * bundle
	 */
	public SslBundleSocketFactory(String bundle) {
		List<SslBundles> known = List.copyOf(applications);
		Assert.state(!known.isEmpty(),
				"No SSL bundles are known. An application without replicas must name this class in a property, as"
						+ " spring.datasource.hikari.data-source-properties.sslfactory");
		SslBundles owner = known.stream()
			.filter((each) -> each.getBundleNames().contains(bundle))
			.findFirst()
			.orElse(known.get(0));
		this.factory = owner.getBundle(bundle).createSslContext().getSocketFactory();
	}

	/**
	 * The driver creates factories by the name of the class, so that they find the
	 * bundles of an application only in a static field.
	 */
	static void add(SslBundles bundles) {
		applications.add(0, bundles);
	}

	static void remove(SslBundles bundles) {
		applications.remove(bundles);
	}

}

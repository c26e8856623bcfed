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

package io.github.replication.test;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.context.ContextConfigurationAttributes;
import org.springframework.test.context.ContextCustomizer;
import org.springframework.test.context.ContextCustomizerFactory;
import org.springframework.test.context.MergedContextConfiguration;

import io.github.replication.test.SharedClusters.Key;
import io.github.replication.test.SharedClusters.Slot;
import io.github.replication.test.routing.RoutingRecorder;

/**
 * Gives the application under test the cluster of its class's {@link EmbeddedCluster},
 * and a {@link RoutingRecorder}. The application does not own the cluster.
 */
final class EmbeddedClusterContextCustomizerFactory implements ContextCustomizerFactory {

	@Override
	public @Nullable ContextCustomizer createContextCustomizer(Class<?> testClass,
			List<ContextConfigurationAttributes> configAttributes) {
		Key key = Key.of(testClass);
		return (key != null) ? new Customizer(SharedClusters.slot(key)) : null;
	}

	/**
	 * Adds the beans. Its slot distinguishes the contexts that tests may not share: those
	 * of different clusters, and that of a cluster which is closed.
	 *
	 * @param slot the place of the cluster that the class asks for
	 */
	private record Customizer(Slot slot) implements ContextCustomizer {

		@Override
		public void customizeContext(ConfigurableApplicationContext context, MergedContextConfiguration mergedConfig) {
			ConfigurableListableBeanFactory beanFactory = context.getBeanFactory();
			beanFactory.registerSingleton("embeddedCluster", SharedClusters.join(this.slot.key(), context));
			beanFactory.registerSingleton("routingRecorder", new RoutingRecorder());
		}

	}

}

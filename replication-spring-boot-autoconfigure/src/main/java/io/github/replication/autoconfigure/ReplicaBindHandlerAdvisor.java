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

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationPropertiesBindHandlerAdvisor;
import org.springframework.boot.context.properties.bind.AbstractBindHandler;
import org.springframework.boot.context.properties.bind.BindContext;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.core.env.Environment;

import io.github.replication.autoconfigure.ReplicationProperties.Replica;

/**
 * Binds the replicas of {@link ReplicationProperties} by {@link ReplicaBinding}, which
 * fails first and says more.
 *
 * @param environment has the properties
 */
record ReplicaBindHandlerAdvisor(Environment environment) implements ConfigurationPropertiesBindHandlerAdvisor {

	@Override
	public BindHandler apply(BindHandler handler) {
		return new Handler(handler, this.environment);
	}

	private static final class Handler extends AbstractBindHandler {

		private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName
			.of(ReplicationProperties.PREFIX);

		private final Environment environment;

		private Map<String, Replica> replicas = Map.of();

		Handler(BindHandler parent, Environment environment) {
			super(parent);
			this.environment = environment;
		}

		@Override
		public <T> @Nullable Bindable<T> onStart(ConfigurationPropertyName name, Bindable<T> target,
				BindContext context) {
			if (propertiesOf(name, target) != null) {
				this.replicas = ReplicaBinding.bind(this.environment);
			}
			return super.onStart(name, target, context);
		}

		@Override
		public void onFinish(ConfigurationPropertyName name, Bindable<?> target, BindContext context,
				@Nullable Object result) throws Exception {
			super.onFinish(name, target, context, result);
			ReplicationProperties properties = propertiesOf(name, target);
			if (properties != null) {
				properties.getReplicas().clear();
				properties.getReplicas().putAll(this.replicas);
			}
		}

		private static @Nullable ReplicationProperties propertiesOf(ConfigurationPropertyName name,
				Bindable<?> target) {
			return (PREFIX.equals(name) && target.getValue() != null
					&& target.getValue().get() instanceof ReplicationProperties properties) ? properties : null;
		}

	}

}

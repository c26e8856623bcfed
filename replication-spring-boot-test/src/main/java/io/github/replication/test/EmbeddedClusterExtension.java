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

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

import org.springframework.beans.factory.annotation.Autowired;

/**
 * Starts, hands out and ends the clusters of {@link EmbeddedCluster}.
 */
final class EmbeddedClusterExtension implements BeforeAllCallback, AfterAllCallback, ParameterResolver {

	private static final Namespace NAMESPACE = Namespace.create(EmbeddedClusterExtension.class);

	@Override
	public void beforeAll(ExtensionContext context) {
		context.getRoot()
			.getStore(NAMESPACE)
			.computeIfAbsent(SharedClusters.class, (key) -> (AutoCloseable) SharedClusters::closeAll);
		SharedClusters.enter(key(context));
	}

	@Override
	public void afterAll(ExtensionContext context) {
		SharedClusters.leave(key(context));
	}

	@Override
	public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
		return parameter.getParameter().getType() == PostgresCluster.class && !isResolvedBySpring(parameter);
	}

	private static boolean isResolvedBySpring(ParameterContext parameter) {
		return parameter.isAnnotated(Autowired.class)
				|| parameter.getDeclaringExecutable().isAnnotationPresent(Autowired.class);
	}

	@Override
	public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
		return SharedClusters.get(key(context));
	}

	private static SharedClusters.Key key(ExtensionContext context) {
		SharedClusters.Key key = SharedClusters.Key.of(context.getRequiredTestClass());
		if (key == null) {
			throw new IllegalStateException("No @EmbeddedCluster on " + context.getRequiredTestClass());
		}
		return key;
	}

}

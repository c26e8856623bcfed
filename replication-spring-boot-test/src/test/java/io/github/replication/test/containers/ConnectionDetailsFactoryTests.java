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

package io.github.replication.test.containers;

import java.io.File;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.service.connection.ConnectionDetailsFactories;
import org.springframework.util.ClassUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The factory of connection details beside other choices of Testcontainers, with which
 * every test of an application is started.
 */
class ConnectionDetailsFactoryTests {

	@ParameterizedTest
	@ValueSource(
			strings = { "nothing", "testcontainers-postgresql-", "testcontainers-", "spring-boot-testcontainers-" })
	void factoriesAreCreatedWithoutALibrary(String missing) throws Exception {
		try (URLClassLoader loader = new URLClassLoader(classPathWithout(missing),
				ClassLoader.getPlatformClassLoader())) {
			assertThat(ClassUtils.isPresent("org.testcontainers.postgresql.PostgreSQLContainer", loader))
				.isEqualTo(!missing.startsWith("testcontainers-"));
			Class<?> factories = loader.loadClass(ConnectionDetailsFactories.class.getName());
			assertThat(factories.getConstructor(ClassLoader.class).newInstance(loader)).isNotNull();
		}
	}

	private static URL[] classPathWithout(String missing) throws MalformedURLException {
		List<URL> entries = new ArrayList<>();
		for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
			File file = new File(entry);
			if (!file.getName().startsWith(missing)) {
				entries.add(file.toURI().toURL());
			}
		}
		return entries.toArray(URL[]::new);
	}

}

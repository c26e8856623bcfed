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

package io.github.replication.integration;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Keeps what is on the class path for a few tests away from the applications of the
 * others: Jetty beside Tomcat, Spring Security, Spring Session. An application that is to
 * have some of it lists the names in {@value #PROPERTY}.
 */
final class OptionalInfrastructure implements AutoConfigurationImportFilter, EnvironmentAware {

	static final String PROPERTY = "tests.infrastructure";

	private static final Map<String, List<String>> PACKAGES = Map.of("jetty",
			List.of("org.springframework.boot.jetty."), "security", List.of("org.springframework.boot.security."),
			"session", List.of("org.springframework.boot.session."));

	private @Nullable Environment environment;

	@Override
	public void setEnvironment(Environment environment) {
		this.environment = environment;
	}

	@Override
	public boolean[] match(@Nullable String[] classes, AutoConfigurationMetadata metadata) {
		List<String> wanted = (this.environment != null)
				? List.of(this.environment.getProperty(PROPERTY, String[].class, new String[0])) : List.of();
		boolean[] matches = new boolean[classes.length];
		for (int i = 0; i < classes.length; i++) {
			matches[i] = classes[i] == null || isWanted(classes[i], wanted);
		}
		return matches;
	}

	private static boolean isWanted(String name, List<String> wanted) {
		if (wanted.contains("jetty") && name.startsWith("org.springframework.boot.tomcat.")) {
			return false;
		}
		return PACKAGES.entrySet()
			.stream()
			.noneMatch((optional) -> !wanted.contains(optional.getKey())
					&& optional.getValue().stream().anyMatch(name::startsWith));
	}

}

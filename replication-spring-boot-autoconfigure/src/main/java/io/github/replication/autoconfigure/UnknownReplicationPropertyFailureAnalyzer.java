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

import java.beans.PropertyDescriptor;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.boot.context.properties.bind.UnboundConfigurationPropertiesException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

import io.github.replication.node.JdbcUrls;

/**
 * Names keys under {@code replication} that do not exist, and the likely ones.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class UnknownReplicationPropertyFailureAnalyzer
		extends AbstractFailureAnalyzer<UnboundConfigurationPropertiesException> {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(ReplicationProperties.PREFIX);

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, UnboundConfigurationPropertiesException cause) {
		Set<ConfigurationProperty> properties = cause.getUnboundProperties();
		List<ConfigurationProperty> unknown = properties.stream()
			.filter((property) -> PREFIX.isAncestorOf(property.getName()))
			.toList();
		if (unknown.isEmpty()) {
			return null;
		}
		StringBuilder description = new StringBuilder("These properties mean nothing to replication:\n");
		StringBuilder action = new StringBuilder();
		for (ConfigurationProperty property : unknown) {
			description.append("\n    Property: ").append(property.getName());
			String value = shown(property.getName(), String.valueOf(property.getValue()));
			if (value != null) {
				description.append("\n    Value: ").append(value);
			}
			if (property.getOrigin() != null) {
				description.append("\n    Origin: ").append(property.getOrigin());
			}
			description.append("\n");
			action.append(remedy(property.getName())).append("\n");
		}
		return new FailureAnalysis(description.toString().stripTrailing(), action.toString().stripTrailing(), cause);
	}

	/**
	 * The printable part of a value that was given to the wrong key.
	 * @param name the key
	 * @param value the value
	 * @return the value without secrets, {@code null} if it is one
	 */
	static @Nullable String shown(ConfigurationPropertyName name, String value) {
		if (isSecret(name)) {
			return null;
		}
		return (JdbcUrls.isJdbc(value) || value.contains("//")) ? JdbcUrls.withoutSecrets(value) : value;
	}

	/**
	 * Whether a key says that its value is a secret, or was meant to say so.
	 */
	private static boolean isSecret(ConfigurationPropertyName name) {
		String last = name.getLastElement(ConfigurationPropertyName.Form.UNIFORM);
		return Stream.of("pass", "pwd", "pw", "secret", "token", "credential").anyMatch(last::contains)
				|| distance(last, "password") <= tolerance("password");
	}

	private static String remedy(ConfigurationPropertyName name) {
		Class<?> owner = owner(name);
		int elements = (owner == ReplicationProperties.class) ? 2 : name.getNumberOfElements();
		List<String> keys = keys(owner);
		String typed = name.getElement(elements - 1, ConfigurationPropertyName.Form.DASHED);
		ConfigurationPropertyName parent = name.chop(elements - 1);
		return keys.stream()
			.filter((key) -> distance(typed, key) <= tolerance(key) || typed.endsWith("-" + key))
			.min(Comparator.comparingInt((key) -> distance(typed, key)))
			.map((key) -> "Replace '" + name.chop(elements) + "' by '" + parent.append(key) + "', or remove it.")
			.orElse("Remove '" + name + "': under '" + parent + "' there are " + keys + ".");
	}

	private static int tolerance(String key) {
		return Math.max(2, key.length() / 3);
	}

	/**
	 * How many characters must be put in, left out or replaced to make one word of the
	 * other (the Levenshtein distance).
	 */
	private static int distance(String one, String other) {
		int[] previous = IntStream.rangeClosed(0, other.length()).toArray();
		for (int i = 1; i <= one.length(); i++) {
			int[] current = new int[other.length() + 1];
			current[0] = i;
			for (int j = 1; j <= other.length(); j++) {
				int replaced = previous[j - 1] + ((one.charAt(i - 1) == other.charAt(j - 1)) ? 0 : 1);
				current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
			}
			previous = current;
		}
		return previous[other.length()];
	}

	private static Class<?> owner(ConfigurationPropertyName name) {
		if (name.getNumberOfElements() <= 2) {
			return ReplicationProperties.class;
		}
		return switch (name.getElement(1, ConfigurationPropertyName.Form.UNIFORM)) {
			case "primary" -> ReplicationProperties.Primary.class;
			case "replicas" -> ReplicationProperties.Replica.class;
			case "readyourwrites" -> sessionOwner(name);
			case "monitor" -> ReplicationProperties.Monitor.class;
			case "discovery" -> ReplicationProperties.Discovery.class;
			default -> ReplicationProperties.class;
		};
	}

	private static Class<?> sessionOwner(ConfigurationPropertyName name) {
		if (name.getNumberOfElements() <= 3) {
			return ReplicationProperties.ReadYourWrites.class;
		}
		return switch (name.getElement(2, ConfigurationPropertyName.Form.UNIFORM)) {
			case "cookie" -> ReplicationProperties.Cookie.class;
			case "header" -> ReplicationProperties.Header.class;
			default -> ReplicationProperties.ReadYourWrites.class;
		};
	}

	/**
	 * The keys of a group of properties.
	 * @param group its name
	 */
	static List<String> keysUnder(ConfigurationPropertyName group) {
		return keys(owner(group.append("key")));
	}

	private static List<String> keys(Class<?> owner) {
		return Arrays.stream(BeanUtils.getPropertyDescriptors(owner))
			.map(PropertyDescriptor::getName)
			.filter((key) -> !key.equals("class"))
			.map(UnknownReplicationPropertyFailureAnalyzer::dashed)
			.toList();
	}

	private static String dashed(String camelCase) {
		return camelCase.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
	}

}

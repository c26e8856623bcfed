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

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.IterableConfigurationPropertySource;
import org.springframework.core.env.Environment;
import org.springframework.core.env.SystemEnvironmentPropertySource;

import io.github.replication.autoconfigure.ReplicationProperties.Replica;
import io.github.replication.node.JdbcUrls;

/**
 * Binds the properties of the replicas. Names that are equal in uniform form are one
 * replica, whose properties are merged by the precedence of their sources. An environment
 * variable may write a dash of a name as an underscore or not at all. A source is a
 * source of Spring Boot, an <em>entry</em> a property beneath the name of a replica.
 */
final class ReplicaBinding {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName
		.of(ReplicationProperties.PREFIX + ".replicas");

	private static final List<String> KEYS = List.of("url", "username", "password", "weight", "group", "zone",
			"hikari");

	private static final List<String> PARENTS = List.of("hikari", "datasourceproperties", "healthcheckproperties");

	private static final String EXAMPLE = "Set replication.replicas.<name>.url, or the environment variable"
			+ " REPLICATION_REPLICAS_<NAME>_URL.";

	/**
	 * From the lowest precedence to the highest, so that later entries replace earlier
	 * ones.
	 */
	private final Map<String, Entries> byUniformName = new LinkedHashMap<>();

	private ReplicaBinding(Iterable<ConfigurationPropertySource> sources) {
		List<ConfigurationPropertySource> lowestFirst = new ArrayList<>();
		sources.forEach(lowestFirst::add);
		Collections.reverse(lowestFirst);
		lowestFirst.forEach(this::add);
	}

	/**
	 * Whether any property stands under {@code replication.replicas}.
	 */
	static boolean isPresent(Environment environment) {
		return StreamSupport.stream(ConfigurationPropertySources.get(environment).spliterator(), false)
			.flatMap(ReplicaBinding::names)
			.findAny()
			.isPresent();
	}

	/**
	 * Binds all replicas.
	 * @param environment has the properties
	 * @return the replicas by name, in the order in which they are configured
	 * @throws InvalidReplicationConfigurationException if a property belongs to no
	 * replica
	 */
	static Map<String, Replica> bind(Environment environment) {
		ReplicaBinding binding = new ReplicaBinding(ConfigurationPropertySources.get(environment));
		if (binding.byUniformName.isEmpty()) {
			return Map.of();
		}
		Merged merged = binding.merged();
		Binder binder = new Binder(List.of(merged), new PropertySourcesPlaceholdersResolver(environment));
		return binder
			.bind(PREFIX, Bindable.mapOf(String.class, Replica.class),
					new NoUnboundElementsBindHandler(BindHandler.DEFAULT))
			.orElse(Map.of());
	}

	/**
	 * A name in the form in which environment variables and files are the same.
	 */
	static String uniform(String name) {
		StringBuilder uniform = new StringBuilder();
		name.chars().filter(Character::isLetterOrDigit).forEach((each) -> uniform.append((char) each));
		return uniform.toString().toLowerCase(Locale.ROOT);
	}

	private static Stream<ConfigurationPropertyName> names(ConfigurationPropertySource source) {
		return (source instanceof IterableConfigurationPropertySource iterable)
				? iterable.stream().filter((name) -> PREFIX.isAncestorOf(name) || isValueOfPrefix(source, name))
				: Stream.empty();
	}

	private static boolean isValueOfPrefix(ConfigurationPropertySource source, ConfigurationPropertyName name) {
		if (!PREFIX.equals(name)) {
			return false;
		}
		ConfigurationProperty property = source.getConfigurationProperty(name);
		return property != null && !String.valueOf(property.getValue()).isBlank();
	}

	private void add(ConfigurationPropertySource source) {
		boolean variables = source.getUnderlyingSource() instanceof SystemEnvironmentPropertySource;
		Map<String, List<String>> keys = new LinkedHashMap<>();
		names(source).forEach((name) -> {
			ConfigurationProperty property = source.getConfigurationProperty(name);
			if (property != null) {
				add(name, property, variables, keys);
			}
		});
	}

	private void add(ConfigurationPropertyName name, ConfigurationProperty property, boolean variable,
			Map<String, List<String>> keys) {
		int length = variable ? lengthOfName(name) : 1;
		int first = PREFIX.getNumberOfElements();
		if (name.getNumberOfElements() <= first + length || length <= 0) {
			throw new InvalidReplicationConfigurationException(name.toString(), shown(name, property),
					"This property belongs to no replica.", remedy(name, property));
		}
		List<String> elements = new ArrayList<>();
		for (int i = first; i < first + length; i++) {
			elements.add(name.getElement(i, variable ? Form.DASHED : Form.ORIGINAL));
		}
		String replica = String.join("-", elements);
		if (!variable && name.isNumericIndex(first)) {
			throw new InvalidReplicationConfigurationException(name.toString(), shown(name, property),
					"The replicas are a list here, but a replica has a name.", EXAMPLE);
		}
		this.byUniformName.computeIfAbsent(uniform(replica), (key) -> new Entries())
			.add(replica, variable ? keyOfVariable(name, first + length) : name.subName(first + length), property,
					variable);
	}

	/**
	 * A URL may stand directly under the name of its replica.
	 */
	private static String remedy(ConfigurationPropertyName name, ConfigurationProperty property) {
		boolean replica = name.getNumberOfElements() == PREFIX.getNumberOfElements() + 1
				&& !KEYS.contains(name.getLastElement(Form.UNIFORM));
		return (replica && JdbcUrls.isJdbc(String.valueOf(property.getValue()))) ? "Set '" + name + ".url' instead."
				: EXAMPLE;
	}

	/**
	 * The name of a property whose dashes a variable may have written as underscores.
	 */
	private static ConfigurationPropertyName keyOfVariable(ConfigurationPropertyName name, int begin) {
		List<String> elements = new ArrayList<>();
		StringBuilder element = new StringBuilder();
		for (int i = begin; i < name.getNumberOfElements(); i++) {
			element.append(element.isEmpty() ? "" : "-").append(name.getElement(i, Form.DASHED));
			if (PARENTS.contains(uniform(element.toString()))) {
				elements.add(element.toString());
				element.setLength(0);
			}
		}
		if (!element.isEmpty()) {
			elements.add(element.toString());
		}
		return ConfigurationPropertyName.of(String.join(".", elements));
	}

	/**
	 * Returns the number of elements of a variable that are the replica's name. They end
	 * before the first element that is the name of a property, the first element
	 * excepted; without such an element all but the last count.
	 */
	private static int lengthOfName(ConfigurationPropertyName name) {
		int first = PREFIX.getNumberOfElements();
		for (int i = first + 1; i < name.getNumberOfElements(); i++) {
			if (KEYS.contains(name.getElement(i, Form.UNIFORM))) {
				return i - first;
			}
		}
		return name.getNumberOfElements() - first - 1;
	}

	private static @Nullable String shown(ConfigurationPropertyName name, ConfigurationProperty property) {
		return UnknownReplicationPropertyFailureAnalyzer.shown(name, String.valueOf(property.getValue()));
	}

	private Merged merged() {
		Map<ConfigurationPropertyName, ConfigurationProperty> properties = new LinkedHashMap<>();
		this.byUniformName.values().forEach((entries) -> entries.addTo(properties));
		return new Merged(properties);
	}

	/**
	 * The properties of one replica.
	 */
	private static final class Entries {

		private @Nullable String name;

		private boolean nameOfVariable;

		private final Map<String, Entry> byUniformKey = new LinkedHashMap<>();

		void add(String name, ConfigurationPropertyName key, ConfigurationProperty property, boolean variable) {
			if (this.name == null || (this.nameOfVariable && !variable)) {
				this.name = name;
				this.nameOfVariable = variable;
			}
			this.byUniformKey.merge(uniform(key.toString()), new Entry(key, property, variable), Entry::replacedBy);
		}

		void addTo(Map<ConfigurationPropertyName, ConfigurationProperty> properties) {
			for (Entry entry : this.byUniformKey.values()) {
				ConfigurationPropertyName name = PREFIX
					.append(ConfigurationPropertyName.isValid(this.name) ? this.name : "[" + this.name + "]")
					.append(entry.key());
				properties.put(name,
						new ConfigurationProperty(name, entry.property().getValue(), entry.property().getOrigin()));
			}
		}

	}

	/**
	 * A property of a replica.
	 *
	 * @param key its name beneath that of the replica
	 * @param property its value
	 * @param variable whether it comes from an environment variable, whose name has lost
	 * dashes and capitals
	 */
	private record Entry(ConfigurationPropertyName key, ConfigurationProperty property, boolean variable) {

		Entry replacedBy(Entry other) {
			return new Entry(other.variable() ? this.key : other.key(), other.property(),
					this.variable && other.variable());
		}

	}

	/**
	 * The properties of all replicas, each under one name.
	 *
	 * @param properties the properties
	 */
	private record Merged(Map<ConfigurationPropertyName, ConfigurationProperty> properties)
			implements
				IterableConfigurationPropertySource {

		@Override
		public @Nullable ConfigurationProperty getConfigurationProperty(ConfigurationPropertyName name) {
			return this.properties.get(name);
		}

		@Override
		public Stream<ConfigurationPropertyName> stream() {
			return this.properties.keySet().stream();
		}

		@Override
		public IterableConfigurationPropertySource filter(Predicate<ConfigurationPropertyName> filter) {
			return IterableConfigurationPropertySource.super.filter(filter);
		}

	}

}

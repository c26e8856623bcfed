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
package io.github.replication;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The configuration of a replica.
 *
 * @param name the name, unique in the cluster
 * @param url the JDBC URL of one server
 * @param username the user, {@code null} for the primary's
 * @param password the password, {@code null} for the primary's
 * @param weight the share of the reads; 0 keeps the replica out of rotation
 * @param group the group, {@code null} for none
 * @param zone the zone, {@code null} for none
 * @since 0.1.0
 */
public record NodeDefinition(String name, String url, @Nullable String username, @Nullable String password, int weight,
		@Nullable String group, @Nullable String zone) {

	/**
	 * Creates a definition.
	 * @throws IllegalArgumentException if the name or the URL is empty or the weight is
	 * negative
	 */
	public NodeDefinition {
		Assert.hasText(name, () -> "name must have text, but was '" + name + "'");
		Assert.hasText(url, () -> "url of " + name + " must have text");
		Assert.isTrue(weight >= 0, () -> "weight of " + name + " must not be negative, but was " + weight);
	}

	/**
	 * Creates the definition of a replica of weight 1 that connects as the primary does.
	 * @param name the name, unique in the cluster
	 * @param url the JDBC URL of one server
	 * @return the definition
	 */
	public static NodeDefinition of(String name, String url) {
		return new NodeDefinition(name, url, null, null, 1, null, null);
	}

	@Override
	public String toString() {
		return this.name;
	}

}

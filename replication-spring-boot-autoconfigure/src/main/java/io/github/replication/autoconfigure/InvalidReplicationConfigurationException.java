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

/**
 * A setting cannot work. Stops the start.
 *
 * @since 0.1.0
 */
public class InvalidReplicationConfigurationException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String property;

	private final @Nullable String value;

	private final String reason;

	private final String remedy;

	InvalidReplicationConfigurationException(String property, @Nullable String value, String reason, String remedy) {
		super("'" + property + "'" + ((value != null) ? " = '" + value + "'" : "") + ": " + reason + " " + remedy);
		this.property = property;
		this.value = value;
		this.reason = reason;
		this.remedy = remedy;
	}

	/**
	 * The property that cannot work.
	 * @return its full name
	 */
	public String getProperty() {
		return this.property;
	}

	/**
	 * The value seen.
	 * @return the value, without passwords and URL parameters, {@code null} if there is
	 * none
	 */
	public @Nullable String getValue() {
		return this.value;
	}

	/**
	 * Returns the reason for the refusal.
	 * @return a sentence
	 */
	public String getReason() {
		return this.reason;
	}

	/**
	 * Returns the remedy.
	 * @return a sentence
	 */
	public String getRemedy() {
		return this.remedy;
	}

}

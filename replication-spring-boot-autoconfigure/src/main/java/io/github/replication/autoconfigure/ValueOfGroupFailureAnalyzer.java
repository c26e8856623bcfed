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

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.convert.ConverterNotFoundException;
import org.springframework.core.env.Environment;

/**
 * Describes a value that was given to a group of properties instead of to one of them.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class ValueOfGroupFailureAnalyzer extends AbstractFailureAnalyzer<BindException> {

	private final Environment environment;

	ValueOfGroupFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	protected @Nullable FailureAnalysis analyze(Throwable rootFailure, BindException cause) {
		String name = cause.getName().toString();
		if (!(cause.getCause() instanceof ConverterNotFoundException)
				|| !name.startsWith(ReplicationProperties.PREFIX + ".")) {
			return null;
		}
		return new FailureAnalysis(
				"The replication configuration cannot work:\n\n    Property: " + name + "\n    Value: "
						+ UnknownReplicationPropertyFailureAnalyzer.shown(cause.getName(),
								this.environment.getProperty(name, ""))
						+ "\n    Reason: This is a group of properties and has no value of its own.",
				"Set a property of the group, or remove it: under '" + name + "' there are "
						+ UnknownReplicationPropertyFailureAnalyzer.keysUnder(cause.getName()) + ".",
				cause);
	}

}

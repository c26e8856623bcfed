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

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Describes a setting that cannot work, the value seen and the remedy.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
class InvalidReplicationConfigurationFailureAnalyzer
		extends AbstractFailureAnalyzer<InvalidReplicationConfigurationException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, InvalidReplicationConfigurationException cause) {
		StringBuilder description = new StringBuilder("The replication configuration cannot work:\n\n");
		description.append("    Property: ").append(cause.getProperty()).append("\n");
		if (cause.getValue() != null) {
			description.append("    Value: ").append(cause.getValue()).append("\n");
		}
		description.append("    Reason: ").append(cause.getReason());
		return new FailureAnalysis(description.toString(), cause.getRemedy(), cause);
	}

}

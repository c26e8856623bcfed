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

import java.util.Set;
import java.util.TreeSet;

import javax.sql.DataSource;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport;
import org.springframework.boot.autoconfigure.condition.ConditionEvaluationReport.ConditionAndOutcomes;
import org.springframework.boot.context.event.ApplicationStartedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Warns once of an application that has replicas and a data source but not the
 * auto-configuration that brings both together. It may be excluded, a test slice may not
 * include it, or a library may be missing.
 */
class UnusedReplicasWarning implements ApplicationListener<ApplicationStartedEvent> {

	private static final Log logger = LogFactory.getLog(UnusedReplicasWarning.class);

	@Override
	public void onApplicationEvent(ApplicationStartedEvent event) {
		ConfigurableApplicationContext context = event.getApplicationContext();
		if (ReplicaBinding.isPresent(context.getEnvironment())
				&& OnReplicationCondition.isConfigured(context.getEnvironment(), null)
				&& context.getBeanProvider(ClusterFactory.class).stream().findAny().isEmpty()
				&& context.getBeanNamesForType(DataSource.class, true, false).length > 0) {
			logger.warn("Replicas are configured (replication.replicas), but nothing reads from them: " + cause(context)
					+ " Enable ReplicationAutoConfiguration (in a test slice with @ImportAutoConfiguration), or set"
					+ " replication.enabled=false.");
		}
	}

	private static String cause(ConfigurableApplicationContext context) {
		ConditionEvaluationReport report = ConditionEvaluationReport.get(context.getBeanFactory());
		String name = ReplicationAutoConfiguration.class.getName();
		if (report.getExclusions().contains(name)) {
			return "the auto-configuration is excluded (spring.autoconfigure.exclude or an annotation).";
		}
		ConditionAndOutcomes outcomes = report.getConditionAndOutcomesBySource().get(name);
		if (outcomes != null && !outcomes.isFullMatch()) {
			Set<String> messages = new TreeSet<>();
			outcomes.forEach((each) -> {
				if (!each.getOutcome().isMatch()) {
					messages.add(each.getOutcome().getMessage());
				}
			});
			return "the auto-configuration does not apply (" + String.join("; ", messages) + ").";
		}
		return "the auto-configuration is not enabled in this application context.";
	}

}

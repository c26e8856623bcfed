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
import java.util.concurrent.ConcurrentHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.context.ApplicationContext;
import org.springframework.core.env.Environment;

/**
 * Decides whether messages of a technology are to be observed, and logs that once for
 * each technology.
 */
final class ObservationSwitch {

	private static final Log logger = LogFactory.getLog(ObservationSwitch.class);

	private final ApplicationContext context;

	private final Set<String> logged = ConcurrentHashMap.newKeySet();

	ObservationSwitch(ApplicationContext context) {
		this.context = context;
	}

	/**
	 * Whether to turn observation on.
	 * @param technology the name of the technology
	 * @param property the property of the application that says {@code false} if it does
	 * not want that
	 */
	boolean turnsOn(String technology, String property) {
		if (!OnMessagesCondition.isOn(this.context)) {
			return false;
		}
		Environment environment = this.context.getEnvironment();
		boolean wanted = environment.getProperty(property, Boolean.class, true);
		if (!wanted && this.logged.add(property)) {
			logger.info("Positions do not travel with messages of " + technology + ", because " + property
					+ " is false: a consumer that reads from a replica may not find the rows that a message is about.");
		}
		else if (wanted && this.logged.add(technology) && environment.getProperty(property) == null) {
			logger.info("Messages of " + technology + " are observed, so that positions travel with them"
					+ " (replication.read-your-writes.messages). With it come Micrometer's meters and traces of"
					+ " observations. If you do not want that, set " + property + "=false.");
		}
		return wanted;
	}

}

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

import java.util.List;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * Warns once of each small number without a unit. Spring reads it in milliseconds or
 * bytes, where seconds or megabytes were probably meant.
 *
 * @param environment has the properties
 */
record NumbersWithoutUnit(Environment environment) implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(NumbersWithoutUnit.class);

	private static final List<String> DURATIONS = List.of("max-lag", "read-your-writes.window", "monitor.interval",
			"monitor.timeout", "monitor.abort-after", "discovery.interval", "discovery.drain");

	@Override
	public void afterSingletonsInstantiated() {
		DURATIONS.forEach((property) -> warn(property, 2, "ms", "s"));
		warn("max-lag-size", 4, "B", "MB");
	}

	private void warn(String property, int digits, String unit, String meant) {
		String name = ReplicationProperties.PREFIX + "." + property;
		String value = Binder.get(this.environment).bind(name, String.class).orElse("");
		if (value.matches("[1-9]\\d{0," + (digits - 1) + "}")) {
			logger.warn(name + "=" + value + " has no unit and means " + value + unit + ". Write " + value + meant
					+ ", or " + value + unit + " if that is right.");
		}
	}

}

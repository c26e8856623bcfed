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

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.util.unit.DataSize;

/**
 * Stops the start of an application in which a number or a duration of the properties
 * cannot work. What names replicas, nodes or cookies is checked where it is read:
 * {@link ReplicaDefinitions} checks URLs and names of nodes, {@link UnknownKeys} finds
 * keys that no property has.
 */
final class PropertyRanges {

	private static final String TOO_LONG = "This duration is too long to be measured.";

	private static final Duration SHORTEST = Duration.ofMillis(1);

	/**
	 * Three times as much is more nanoseconds than a {@code long} can hold.
	 */
	private static final Duration LONGEST = Duration.ofDays(36_500);

	/**
	 * Several times as much can be measured, as a load of a cache needs.
	 */
	private static final Duration LONGEST_WINDOW = Duration.ofDays(3_650);

	private PropertyRanges() {
	}

	/**
	 * Refuses values of a cluster that cannot work.
	 * @param properties the properties
	 * @throws InvalidReplicationConfigurationException if there is one
	 */
	static void check(ReplicationProperties properties) {
		Integer fallback = properties.getFallbackMaxConnections();
		refuse(fallback != null && fallback < 1, "fallback-max-connections", fallback,
				"The primary's read pool needs a connection.",
				"Set 1 or more, or replication.fallback=fail to keep reads off the primary.");
		Duration wait = properties.getReadYourWrites().getWait();
		require(!wait.isNegative(), "read-your-writes.wait", wait, "zero or more, such as 50ms");
		checkStoreTimeout(properties.getReadYourWrites().getStoreTimeout());
		requirePositive("max-lag", properties.getMaxLag(), "30s");
		DataSize size = properties.getMaxLagSize();
		refuse(size != null && size.toBytes() <= 0, "max-lag-size", size, "No replica could ever serve.",
				"Set a size above zero, such as 64MB, or remove the property.");
		checkMonitor(properties.getMonitor());
		checkDiscovery(properties.getDiscovery());
	}

	private static void checkMonitor(ReplicationProperties.Monitor monitor) {
		requirePositive("monitor.interval", monitor.getInterval(), "1s");
		requirePositive("monitor.timeout", monitor.getTimeout(), "500ms");
		requirePositive("monitor.abort-after", monitor.getAbortAfter(), "3s");
	}

	private static void checkDiscovery(ReplicationProperties.Discovery discovery) {
		if (discovery.getUrl() == null) {
			return;
		}
		requirePositive("discovery.interval", discovery.getInterval(), "10s");
		require(!discovery.getDrain().isNegative(), "discovery.drain", discovery.getDrain(),
				"zero or more, such as 30s");
		refuse(discovery.getWeight() < 0, "discovery.weight", discovery.getWeight(), "A weight cannot be negative.",
				"Set 1 or more, or 0 to keep the replicas out of rotation.");
	}

	/**
	 * Refuses a window in which no write could count, or that cannot be measured.
	 * @param window how long a write counts
	 * @throws InvalidReplicationConfigurationException if it cannot work
	 */
	static void checkWindow(Duration window) {
		refuse(window.isZero() || window.isNegative(), "read-your-writes.window", window,
				"A write must count for some time.", "Set a duration above zero, such as 10s.");
		refuse(window.compareTo(LONGEST_WINDOW) > 0, "read-your-writes.window", window, TOO_LONG,
				"Set 3650d or less. A window needs to be longer than any lag of a replica, such as 10s.");
	}

	/**
	 * Refuses a timeout in which no store could answer, or that cannot be measured.
	 * @param timeout how long a store may take
	 * @throws InvalidReplicationConfigurationException if it cannot work
	 */
	static void checkStoreTimeout(Duration timeout) {
		refuse(timeout.isZero() || timeout.isNegative(), "read-your-writes.store-timeout", timeout,
				"A store needs some time to answer.", "Set a duration above zero, such as 100ms.");
		requireMeasurable("read-your-writes.store-timeout", timeout);
	}

	private static void requirePositive(String property, Duration value, String example) {
		require(value.compareTo(SHORTEST) >= 0, property, value, "above zero, such as " + example);
	}

	private static void require(boolean valid, String property, Duration value, String remedy) {
		requireMeasurable(property, value);
		refuse(!valid, property, value, "This duration cannot work.", "Set a duration of " + remedy + ".");
	}

	private static void requireMeasurable(String property, Duration value) {
		refuse(value.compareTo(LONGEST) > 0, property, value, TOO_LONG, "Set 36500d or less.");
	}

	private static void refuse(boolean invalid, String property, @Nullable Object value, String reason, String remedy) {
		if (invalid) {
			throw new InvalidReplicationConfigurationException(ReplicationProperties.PREFIX + "." + property,
					String.valueOf(value), reason, remedy);
		}
	}

}

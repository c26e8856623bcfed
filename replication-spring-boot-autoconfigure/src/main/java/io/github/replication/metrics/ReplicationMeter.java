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
package io.github.replication.metrics;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The meters of the library.
 *
 * @since 0.1.0
 */
public enum ReplicationMeter {

	/**
	 * Units of work by where they were sent and why.
	 */
	DECISIONS("replication.decisions", Kind.COUNTER, null, "Units of work: transactions, and statements outside of one",
			"node", "role", "reason"),

	/**
	 * Lag in time.
	 */
	LAG("replication.lag", Kind.GAUGE, "seconds", "Age of the first change that a replica has not replayed", "node"),

	/**
	 * Lag in bytes.
	 */
	LAG_SIZE("replication.lag.size", Kind.GAUGE, "bytes", "WAL that a replica has not replayed", "node"),

	/**
	 * Nodes by state.
	 */
	NODES("replication.nodes", Kind.GAUGE, null, "Nodes in a state", "state"),

	/**
	 * Waits of reads for a replica.
	 */
	WAIT("replication.wait", Kind.TIMER, "seconds",
			"Time that reads have waited until a replica was known to have the writes that they must see"),

	/**
	 * Units that ran again.
	 */
	RETRIES("replication.retries", Kind.COUNTER, null, "Units of work that have failed on a node and were run again",
			"node", "outcome"),

	/**
	 * Questions for the state of a node.
	 */
	PROBES("replication.probes", Kind.COUNTER, null, "Questions for the state of a node", "node", "outcome"),

	/**
	 * Watermarks of caches.
	 */
	CACHE_WATERMARKS("replication.cache.watermarks", Kind.GAUGE, null,
			"Keys of caches, and whole caches, whose next load has to see a write"),

	/**
	 * Values that caches have not kept.
	 */
	CACHE_REFUSED("replication.cache.refused", Kind.COUNTER, null,
			"Values that were not put because their entry was evicted while they were loaded");

	private final String meterName;

	private final Kind kind;

	private final @Nullable String unit;

	private final String description;

	private final List<String> tags;

	ReplicationMeter(String meterName, Kind kind, @Nullable String unit, String description, String... tags) {
		this.meterName = meterName;
		this.kind = kind;
		this.unit = unit;
		this.description = description;
		this.tags = List.of(tags);
	}

	/**
	 * The name in Micrometer's notation.
	 * @return the name
	 */
	public String meterName() {
		return this.meterName;
	}

	/**
	 * Returns the kind of the meter.
	 * @return the kind
	 */
	public Kind kind() {
		return this.kind;
	}

	/**
	 * The base unit.
	 * @return the unit, {@code null} for a number
	 */
	public @Nullable String unit() {
		return this.unit;
	}

	/**
	 * Returns the description of the meter.
	 * @return the description
	 */
	public String description() {
		return this.description;
	}

	/**
	 * The keys of its tags.
	 * @return the keys
	 */
	public List<String> tags() {
		return this.tags;
	}

	/**
	 * Kinds of meters.
	 */
	public enum Kind {

		/**
		 * Counts up.
		 */
		COUNTER,

		/**
		 * A value of the moment.
		 */
		GAUGE,

		/**
		 * A number of times and their sum.
		 */
		TIMER

	}

}

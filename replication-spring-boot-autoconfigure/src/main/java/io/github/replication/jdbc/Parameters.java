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

package io.github.replication.jdbc;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * The parameters of a prepared statement that may be made again on another connection.
 */
final class Parameters {

	private static final int FEW = 4;

	private @Nullable Parameter[] byIndex = new Parameter[FEW];

	/**
	 * Parameters with names, and results that were registered.
	 */
	private Map<Object, Parameter> byName = Map.of();

	private boolean streams;

	private boolean consumed;

	/**
	 * Keeps a parameter in place of the one before.
	 * @param index its index, the first is 1
	 */
	void set(int index, Parameter parameter) {
		if (index > this.byIndex.length) {
			this.byIndex = Arrays.copyOf(this.byIndex, Math.max(index, 2 * this.byIndex.length));
		}
		this.byIndex[index - 1] = parameter;
	}

	/**
	 * Keeps a parameter that can be read once.
	 */
	void setStream(int index, Parameter parameter) {
		set(index, parameter);
		this.streams = true;
		this.consumed = false;
	}

	/**
	 * Keeps a parameter that has a name instead of an index, in place of the previous
	 * one.
	 */
	void set(Object name, Parameter parameter) {
		if (this.byName.isEmpty()) {
			this.byName = new LinkedHashMap<>();
		}
		this.byName.put(name, parameter);
	}

	/**
	 * The parameters as they are now, for an entry of a batch.
	 */
	Parameters copy() {
		Parameters copy = new Parameters();
		copy.byIndex = this.byIndex.clone();
		this.byName.forEach(copy::set);
		copy.streams = this.streams;
		copy.consumed = this.consumed;
		return copy;
	}

	void clear() {
		Arrays.fill(this.byIndex, null);
		this.streams = false;
		this.consumed = false;
	}

	/**
	 * The statement is executed, which reads streams to their end.
	 */
	void consume() {
		this.consumed = this.streams;
	}

	/**
	 * Whether a stream has been read, so that the parameters cannot be set again.
	 */
	boolean isConsumed() {
		return this.consumed;
	}

	void apply(PreparedStatement statement) throws SQLException {
		for (Parameter parameter : this.byName.values()) {
			parameter.apply(statement);
		}
		for (Parameter parameter : this.byIndex) {
			if (parameter != null) {
				parameter.apply(statement);
			}
		}
	}

	/**
	 * Sets a parameter.
	 */
	@FunctionalInterface
	interface Parameter {

		void apply(PreparedStatement statement) throws SQLException;

	}

}

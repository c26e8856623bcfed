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

import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumMap;
import java.util.Map;

/**
 * The settings that a logical statement was given, each as it was set last: they hold for
 * every physical statement that serves it.
 */
final class StatementSettings {

	private final Map<Kind, Setting> settings = new EnumMap<>(Kind.class);

	void put(Kind kind, Setting setting) {
		this.settings.put(kind, setting);
	}

	void apply(Statement statement) throws SQLException {
		for (Setting setting : this.settings.values()) {
			setting.apply(statement);
		}
	}

	/**
	 * The settings of a statement.
	 */
	enum Kind {

		MAX_FIELD_SIZE, MAX_ROWS, ESCAPE_PROCESSING, QUERY_TIMEOUT, CURSOR_NAME, FETCH_DIRECTION, FETCH_SIZE, POOLABLE,
		CLOSE_ON_COMPLETION

	}

	/**
	 * One setting with its value.
	 */
	@FunctionalInterface
	interface Setting {

		void apply(Statement statement) throws SQLException;

	}

}

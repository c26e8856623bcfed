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
import java.sql.Savepoint;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Savepoints count as long as the server has them.
 */
class SessionSettingsTests {

	private final SessionSettings settings = new SessionSettings(false);

	@Test
	void releasedSavepointsAreForgotten() {
		for (int i = 0; i < 1000; i++) {
			Savepoint savepoint = mark(null);
			this.settings.released(this.settings.find(savepoint));
			assertThat(this.settings.hasSavepoints()).isFalse();
		}
	}

	@Test
	void releaseForgetsTheSavepointsAfterIt() {
		Savepoint first = mark(null);
		Savepoint second = mark("a");
		Savepoint third = mark("b");
		this.settings.released(this.settings.find(second));
		assertThat(this.settings.find(second)).isNull();
		assertThat(this.settings.find(third)).isNull();
		assertThat(this.settings.find(first)).isNotNull();
		assertThat(this.settings.hasSavepoints()).isTrue();
		this.settings.released(this.settings.find(first));
		assertThat(this.settings.hasSavepoints()).isFalse();
	}

	@Test
	void rollbackKeepsItsSavepointAndForgetsThoseAfterIt() {
		Savepoint first = mark("a");
		this.settings.setSchema("changed");
		Savepoint second = mark(null);
		this.settings.rolledBackTo(this.settings.find(first));
		assertThat(this.settings.getSchema()).isNull();
		assertThat(this.settings.find(first)).isNotNull();
		assertThat(this.settings.find(second)).isNull();
		assertThat(this.settings.hasSavepoints()).isTrue();
	}

	@Test
	void lastSavepointOfANameIsMeant() {
		this.settings.setSchema("one");
		Savepoint first = mark("a");
		this.settings.setSchema("two");
		Savepoint second = mark("a");
		this.settings.setSchema("three");
		this.settings.rolledBackTo(this.settings.find(first));
		assertThat(this.settings.getSchema()).isEqualTo("two");
		this.settings.released(this.settings.find(first));
		this.settings.rolledBackTo(this.settings.find(second));
		assertThat(this.settings.getSchema()).isEqualTo("one");
	}

	@Test
	void unknownSavepointChangesNothing() {
		this.settings.setSchema("one");
		Savepoint unknown = new NamedSavepoint(null);
		mark(null);
		this.settings.setSchema("two");
		this.settings.rolledBackTo(this.settings.find(unknown));
		this.settings.released(this.settings.find(unknown));
		assertThat(this.settings.getSchema()).isEqualTo("two");
		assertThat(this.settings.hasSavepoints()).isTrue();
	}

	private Savepoint mark(@Nullable String name) {
		Savepoint savepoint = new NamedSavepoint(name);
		this.settings.mark(savepoint, name);
		return savepoint;
	}

	private static final class NamedSavepoint implements Savepoint {

		private final @Nullable String name;

		private NamedSavepoint(@Nullable String name) {
			this.name = name;
		}

		@Override
		public int getSavepointId() throws SQLException {
			throw new SQLException("This savepoint has no number.");
		}

		@Override
		public String getSavepointName() throws SQLException {
			if (this.name == null) {
				throw new SQLException("This savepoint has no name.");
			}
			return this.name;
		}

	}

}

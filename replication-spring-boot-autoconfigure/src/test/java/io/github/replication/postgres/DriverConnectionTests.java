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
package io.github.replication.postgres;

import java.sql.Connection;
import java.sql.SQLException;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests for {@link DriverConnection}.
 */
class DriverConnectionTests {

	/**
	 * A connection to a server that was asked says nothing of another connection.
	 */
	@Test
	void connectionsOfAnUnknownDriverAreNotTakenForOneAnother() throws SQLException {
		DriverConnection one = DriverConnection.of(mock(Connection.class));
		DriverConnection other = DriverConnection.of(mock(Connection.class));
		assertThat(one.identity()).isNotEqualTo(other.identity());
	}

}

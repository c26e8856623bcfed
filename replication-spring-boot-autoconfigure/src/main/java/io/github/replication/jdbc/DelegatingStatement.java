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
import java.sql.SQLWarning;
import java.sql.Statement;

/**
 * What a statement leaves to the physical one.
 */
abstract class DelegatingStatement implements Statement {

	/**
	 * The physical statement, made if there is none yet.
	 * @return the statement to call
	 * @throws SQLException if this statement is closed
	 */
	abstract Statement delegate() throws SQLException;

	@Override
	public void addBatch(String sql) throws SQLException {
		delegate().addBatch(sql);
	}

	@Override
	public void cancel() throws SQLException {
		delegate().cancel();
	}

	@Override
	public void clearBatch() throws SQLException {
		delegate().clearBatch();
	}

	@Override
	public void clearWarnings() throws SQLException {
		delegate().clearWarnings();
	}

	@Override
	public int getFetchDirection() throws SQLException {
		return delegate().getFetchDirection();
	}

	@Override
	public int getFetchSize() throws SQLException {
		return delegate().getFetchSize();
	}

	@Override
	public long getLargeMaxRows() throws SQLException {
		return delegate().getLargeMaxRows();
	}

	@Override
	public long getLargeUpdateCount() throws SQLException {
		return delegate().getLargeUpdateCount();
	}

	@Override
	public int getMaxFieldSize() throws SQLException {
		return delegate().getMaxFieldSize();
	}

	@Override
	public int getMaxRows() throws SQLException {
		return delegate().getMaxRows();
	}

	@Override
	public boolean getMoreResults() throws SQLException {
		return delegate().getMoreResults();
	}

	@Override
	public boolean getMoreResults(int current) throws SQLException {
		return delegate().getMoreResults(current);
	}

	@Override
	public int getQueryTimeout() throws SQLException {
		return delegate().getQueryTimeout();
	}

	@Override
	public int getResultSetConcurrency() throws SQLException {
		return delegate().getResultSetConcurrency();
	}

	@Override
	public int getResultSetHoldability() throws SQLException {
		return delegate().getResultSetHoldability();
	}

	@Override
	public int getResultSetType() throws SQLException {
		return delegate().getResultSetType();
	}

	@Override
	public int getUpdateCount() throws SQLException {
		return delegate().getUpdateCount();
	}

	@Override
	public SQLWarning getWarnings() throws SQLException {
		return delegate().getWarnings();
	}

	@Override
	public boolean isPoolable() throws SQLException {
		return delegate().isPoolable();
	}

}

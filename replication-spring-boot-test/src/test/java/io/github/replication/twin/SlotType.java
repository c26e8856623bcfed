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

package io.github.replication.twin;

import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.Statement;

import javax.sql.DataSource;

import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/**
 * The type of a named object, by the letters that its name begins with.
 */
enum SlotType {

	DATA_SOURCE("dataSource", DataSource.class), STEPS("Steps", Steps.class), CONNECTION("c", Connection.class),
	STATEMENT("s", Statement.class), PREPARED("p", PreparedStatement.class), CALLABLE("q", CallableStatement.class),
	RESULT_SET("r", ResultSet.class), SAVEPOINT("v", Savepoint.class), META_DATA("m", DatabaseMetaData.class),
	RESULT_SET_META_DATA("n", ResultSetMetaData.class), PARAMETER_META_DATA("k", ParameterMetaData.class),
	ARRAY("a", Array.class), BLOB("b", Blob.class), CLOB("t", Clob.class), XML("x", SQLXML.class),
	DRIVER("g", PGConnection.class), COPY("w", CopyManager.class), LARGE_OBJECTS("l", LargeObjectManager.class),
	LARGE_OBJECT("f", LargeObject.class), OID("o", long.class);

	private final String prefix;

	private final Class<?> type;

	SlotType(String prefix, Class<?> type) {
		this.prefix = prefix;
		this.type = type;
	}

	Class<?> type() {
		return this.type;
	}

	String javaName() {
		return this.type.getSimpleName();
	}

	static SlotType of(String name) {
		String letters = name.replaceAll("[0-9]+$", "");
		for (SlotType type : values()) {
			if (type.prefix.equals(letters)) {
				return type;
			}
		}
		throw new IllegalArgumentException("No type of object begins with '" + letters + "' in '" + name + "'");
	}

}

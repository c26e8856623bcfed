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

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The queries of {@link FunctionCatalog}. Every user may run them, and they change
 * nothing.
 * <p>
 * A volatile function of the application's, or of an extension's, may be reached without
 * its name in the text. These lead there:
 * <ul>
 * <li>a view that calls it, or a policy of a table (the relation);</li>
 * <li>a domain that checks with it, a cast to or from a type of the application's, an
 * operator on such a type, its input, output or comparison (the type, every type made of
 * it, and the relations with a column of one). An implicit cast does not name the
 * type;</li>
 * <li>an operator on built-in types (the operator), and a cast between built-in types
 * (every statement);</li>
 * <li>{@code row.name}, which calls a function that takes a row (the name after a
 * dot);</li>
 * <li>and a view that uses any of these (the relation).</li>
 * </ul>
 * The declaration is believed: a function that is declared stable or immutable and writes
 * all the same is not noticed there. Built-in functions that write do not have
 * dependencies in the catalog; they are found in the stored expressions themselves.
 */
final class CatalogQuery {

	/**
	 * The first object identifier of an object that was not made by {@code initdb}.
	 */
	private static final int FIRST_OF_APPLICATION = 16384;

	/**
	 * A number and a sum for each table that the other query reads. Both stay the same
	 * only if nothing has changed, since every new version of a row has another
	 * transaction id.
	 */
	private static final String FINGERPRINT = """
			SELECT current_setting('server_version_num')
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_proc WHERE oid >= %1$d)
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_rewrite WHERE oid >= %1$d)
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_policy)
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_constraint WHERE contypid <> 0)
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_operator WHERE oid >= %1$d)
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_cast)
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_amproc)
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_class WHERE oid >= %1$d AND relpersistence <> 't' AND relkind <> 'i')
			|| (SELECT ' ' || count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0)
				FROM pg_catalog.pg_type WHERE oid >= %1$d AND typtype <> 'c' AND typelem = 0)"""
		.formatted(FIRST_OF_APPLICATION);

	private static final String ENTRIES = """
			WITH RECURSIVE
			-- functions that were not made by initdb
			own AS (
				SELECT p.oid, p.proname::text AS name, p.prokind, p.pronargs - p.pronargdefaults AS arguments,
					p.proargtypes[0] AS first, p.pronamespace = 'pg_catalog'::regnamespace AS in_catalog,
					EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_proc'::regclass
						AND d.objid = p.oid AND d.deptype = 'e') AS of_extension,
					CASE WHEN p.prokind = 'a'
						THEN EXISTS (SELECT 1 FROM pg_catalog.pg_aggregate a JOIN pg_catalog.pg_proc s
							ON s.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn, a.aggminvtransfn,
								a.aggmfinalfn)
							WHERE a.aggfnoid = p.oid AND s.provolatile = 'v')
						ELSE p.provolatile = 'v' END AS volatile
				FROM pg_catalog.pg_proc p
				WHERE p.oid >= %1$d AND p.prokind <> 'p'
					AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)),
			built_in AS (
				SELECT p.oid, p.proname::text AS name,
					p.proname = ANY (%2$s) OR 'cstring'::regtype = ANY (p.proargtypes)
						OR (p.proname <> ALL (%3$s)
							AND (p.provolatile = 'v' OR 'internal'::regtype = ANY (p.proargtypes))) AS harmful
				FROM pg_catalog.pg_proc p
				WHERE p.oid < %1$d AND p.pronamespace = 'pg_catalog'::regnamespace),
			harmful AS (
				SELECT ':funcid (' || string_agg(oid::text, '|') || ') ' AS pattern FROM built_in WHERE harmful),
			-- objects that call a function that may do more than read
			acting(class, object) AS (
				SELECT 'pg_proc'::regclass::oid, oid FROM own WHERE volatile
				UNION ALL
				SELECT 'pg_rewrite'::regclass, r.oid FROM pg_catalog.pg_rewrite r, harmful
				WHERE r.oid >= %1$d AND r.ev_type = '1' AND r.ev_action::text ~ pattern
				UNION ALL
				SELECT 'pg_policy'::regclass, p.oid FROM pg_catalog.pg_policy p, harmful
				WHERE p.polqual::text ~ pattern
				UNION ALL
				SELECT 'pg_constraint'::regclass, c.oid FROM pg_catalog.pg_constraint c, harmful
				WHERE c.contypid <> 0 AND c.conbin::text ~ pattern),
			-- which object leads to which
			edge(from_class, from_object, class, object) AS MATERIALIZED (
				SELECT refclassid, refobjid, classid, objid FROM pg_catalog.pg_depend
				WHERE deptype = 'n'
					AND classid IN ('pg_rewrite'::regclass, 'pg_policy'::regclass, 'pg_constraint'::regclass)
				UNION ALL
				SELECT 'pg_rewrite'::regclass, r.oid, 'pg_class'::regclass, r.ev_class
				FROM pg_catalog.pg_rewrite r JOIN pg_catalog.pg_class c ON c.oid = r.ev_class
				WHERE r.oid >= %1$d AND r.ev_type = '1' AND c.relkind = 'v'
				UNION ALL
				SELECT 'pg_policy'::regclass, oid, 'pg_class'::regclass, polrelid FROM pg_catalog.pg_policy
				WHERE polcmd IN ('r', '*')
				UNION ALL
				SELECT 'pg_constraint'::regclass, oid, 'pg_type'::regclass, contypid FROM pg_catalog.pg_constraint
				WHERE contypid <> 0
				UNION ALL
				SELECT 'pg_proc'::regclass, oprcode, 'pg_operator'::regclass, oid FROM pg_catalog.pg_operator
				WHERE oid >= %1$d
				UNION ALL
				SELECT 'pg_operator'::regclass, o.oid, 'pg_type'::regclass, t.oid
				FROM pg_catalog.pg_operator o JOIN pg_catalog.pg_type t ON t.oid IN (o.oprleft, o.oprright)
				WHERE t.oid >= %1$d
				UNION ALL
				SELECT 'pg_proc'::regclass, c.castfunc, 'pg_cast'::regclass, c.oid FROM pg_catalog.pg_cast c
				WHERE c.castfunc <> 0
				UNION ALL
				SELECT 'pg_cast'::regclass, c.oid, 'pg_type'::regclass, t.oid
				FROM pg_catalog.pg_cast c JOIN pg_catalog.pg_type t ON t.oid IN (c.castsource, c.casttarget)
				WHERE t.oid >= %1$d
				UNION ALL
				SELECT 'pg_proc'::regclass, p.oid, 'pg_type'::regclass, t.oid
				FROM pg_catalog.pg_type t JOIN pg_catalog.pg_proc p
					ON p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout)
				WHERE p.oid >= %1$d
				UNION ALL
				SELECT 'pg_proc'::regclass, amproc, 'pg_type'::regclass, amproclefttype FROM pg_catalog.pg_amproc
				WHERE amproc >= %1$d AND amproclefttype >= %1$d
				UNION ALL
				SELECT 'pg_type'::regclass, typbasetype, 'pg_type'::regclass, oid FROM pg_catalog.pg_type
				WHERE typtype = 'd'
				UNION ALL
				SELECT 'pg_type'::regclass, typelem, 'pg_type'::regclass, oid FROM pg_catalog.pg_type
				WHERE typelem >= %1$d
				UNION ALL
				SELECT 'pg_type'::regclass, rngsubtype, 'pg_type'::regclass, rngtypid FROM pg_catalog.pg_range
				UNION ALL
				SELECT 'pg_type'::regclass, rngtypid, 'pg_type'::regclass, rngmultitypid FROM pg_catalog.pg_range
				UNION ALL
				SELECT 'pg_type'::regclass, a.atttypid, 'pg_class'::regclass, a.attrelid FROM pg_catalog.pg_attribute a
				WHERE a.atttypid >= %1$d AND NOT a.attisdropped
				UNION ALL
				SELECT 'pg_type'::regclass, a.atttypid, 'pg_type'::regclass, c.reltype
				FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
				WHERE a.atttypid >= %1$d AND NOT a.attisdropped AND c.reltype <> 0),
			reached(class, object) AS (
				SELECT class, object FROM acting
				UNION
				SELECT e.class, e.object FROM reached r JOIN edge e
					ON e.from_class = r.class AND e.from_object = r.object),
			known(name, knowledge) AS (
				SELECT name, CASE WHEN harmful THEN %4$d ELSE %5$d END FROM built_in
				UNION ALL
				SELECT word, %5$d FROM pg_get_keywords()
				WHERE catcode = 'C' AND word NOT IN ('overlay', 'substring')
				UNION ALL
				SELECT name, CASE WHEN NOT volatile THEN %6$d ELSE %7$d END
					| CASE WHEN of_extension AND NOT volatile THEN 0 WHEN in_catalog THEN %8$d ELSE %9$d END
				FROM own
				UNION ALL
				SELECT name, %10$d FROM own JOIN pg_catalog.pg_type t ON t.oid = first
				WHERE volatile AND prokind = 'f' AND arguments <= 1 AND t.typtype IN ('c', 'p')
					AND t.oid NOT IN ('internal'::regtype, 'cstring'::regtype)
				UNION ALL
				SELECT c.relname, %11$d FROM reached JOIN pg_catalog.pg_class c
					ON class = 'pg_class'::regclass AND c.oid = object
				UNION ALL
				SELECT t.typname, %11$d FROM reached JOIN pg_catalog.pg_type t
					ON class = 'pg_type'::regclass AND t.oid = object
				UNION ALL
				SELECT o.oprname, %12$d FROM reached JOIN pg_catalog.pg_operator o
					ON class = 'pg_operator'::regclass AND o.oid = object
				WHERE o.oprleft < %1$d AND o.oprright < %1$d
				UNION ALL
				SELECT '', %13$d FROM reached JOIN pg_catalog.pg_cast c
					ON class = 'pg_cast'::regclass AND c.oid = object
				WHERE c.castsource < %1$d AND c.casttarget < %1$d
				UNION ALL
				SELECT '', %14$d FROM pg_catalog.pg_proc
				WHERE oid >= %1$d AND prosrc ~* 'synchronous_commit')
			SELECT name, bit_or(knowledge) FROM known GROUP BY name""".formatted(FIRST_OF_APPLICATION,
			array(BuiltInFunctions.HARMFUL_THOUGH_STABLE), array(BuiltInFunctions.HARMLESS_THOUGH_VOLATILE),
			CatalogSnapshot.BUILT_IN | CatalogSnapshot.HARMFUL, CatalogSnapshot.BUILT_IN, CatalogSnapshot.ELSEWHERE,
			CatalogSnapshot.ELSEWHERE | CatalogSnapshot.VOLATILE_ELSEWHERE,
			CatalogSnapshot.SHADOWED | CatalogSnapshot.HARMFUL, CatalogSnapshot.SHADOWED,
			CatalogSnapshot.MARKED_ATTRIBUTE, CatalogSnapshot.MARKED, CatalogSnapshot.MARKED_OPERATOR,
			CatalogSnapshot.MARKED_EVERYTHING, CatalogSnapshot.SETS_SYNCHRONOUS_COMMIT);

	private CatalogQuery() {
	}

	/**
	 * Writes names as an array.
	 */
	private static String array(Set<String> names) {
		return "'{" + String.join(",", new TreeSet<>(names)) + "}'::text[]";
	}

	/**
	 * Asks for a text that changes when the entries of the catalog may have changed.
	 */
	static String fingerprint(Connection connection) throws SQLException {
		try (Statement statement = connection.createStatement(); ResultSet row = statement.executeQuery(FINGERPRINT)) {
			row.next();
			return row.getString(1);
		}
	}

	/**
	 * Reads the entries of the catalog.
	 * @return the names, each with the sum of its facts
	 */
	static Map<String, Integer> entries(Connection connection) throws SQLException {
		Map<String, Integer> entries = new HashMap<>();
		try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(ENTRIES)) {
			while (rows.next()) {
				entries.put(rows.getString(1), rows.getInt(2));
			}
		}
		return entries;
	}

}

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

import java.util.Map;
import java.util.Set;

/**
 * The functions of PostgreSQL's own of which more must be known than the catalog says.
 */
final class BuiltInFunctions {

	/**
	 * Volatile functions that change nothing and leave nothing behind.
	 */
	static final Set<String> HARMLESS_THOUGH_VOLATILE = Set.of(
			// random values, of a generator whose state is not read
			"random", "random_normal", "array_sample", "array_shuffle", "gen_random_uuid", "uuidv4", "uuidv7",
			// the time of day
			"clock_timestamp", "timeofday", "timezone",
			// time that passes
			"pg_sleep", "pg_sleep_for", "pg_sleep_until",
			// sizes of files, which change on their own
			"pg_relation_size", "pg_total_relation_size", "pg_table_size", "pg_indexes_size", "pg_database_size",
			"pg_tablespace_size",
			// the state of the server, which changes on its own
			"pg_is_in_recovery", "pg_last_wal_receive_lsn", "pg_last_wal_replay_lsn", "pg_last_xact_replay_timestamp",
			// the catalog
			"pg_partition_tree", "pg_partition_ancestors",
			// the content of a large object
			"lo_get",
			// methods of TABLESAMPLE, which are stored as functions
			"bernoulli", "system");

	/**
	 * Functions that are stable by their declaration, and yet do more than read, or run
	 * code whose name is not in the text of the statement.
	 */
	static final Set<String> HARMFUL_THOUGH_STABLE = Set.of(
			// assign a transaction id
			"txid_current", "pg_current_xact_id",
			// read relations, views among them, whose names are arguments
			"table_to_xml", "table_to_xmlschema", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xmlschema",
			"schema_to_xml_and_xmlschema", "database_to_xml", "database_to_xmlschema", "database_to_xml_and_xmlschema",
			// convert to a type, which may be a domain with a check, whose name is an
			// argument
			"pg_input_is_valid", "pg_input_error_info");

	/**
	 * Functions that leave something behind in the session or the transaction on which
	 * later statements depend. The functions of advisory locks do as well.
	 */
	static final Set<String> CHANGING_SESSION = Set.of("set_config", "setseed", "lo_open", "lo_creat",
			"pg_export_snapshot", "pg_replication_origin_session_setup", "pg_replication_origin_session_reset",
			"pg_replication_origin_xact_setup", "pg_replication_origin_xact_reset");

	/**
	 * Functions that write large objects. Before PostgreSQL 16 a read-only transaction of
	 * a primary lets them.
	 */
	static final Set<String> WRITING_LARGE_OBJECTS = Set.of("lo_creat", "lo_create", "lo_from_bytea", "lo_import",
			"lo_put", "lo_truncate", "lo_truncate64", "lo_unlink", "lowrite");

	/**
	 * Functions that write or depend on the session, for as long as the catalog is not
	 * known.
	 */
	static final Set<String> COMMON_HARMFUL = Set.of("nextval", "setval", "currval", "lastval", "pg_notify",
			"set_config", "setseed", "txid_current", "pg_current_xact_id", "lo_open", "lo_creat", "lo_create",
			"lo_unlink", "lo_put", "lo_from_bytea", "pg_advisory_lock", "pg_advisory_lock_shared",
			"pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_try_advisory_lock",
			"pg_try_advisory_lock_shared", "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
			"pg_advisory_unlock", "pg_advisory_unlock_shared", "pg_advisory_unlock_all", "pg_export_snapshot",
			"pg_cancel_backend", "pg_terminate_backend");

	/**
	 * Functions that only read, for as long as the catalog is not known.
	 */
	static final Set<String> COMMON_HARMLESS = Set.of("count", "overlay", "sum", "avg", "min", "max", "lower", "upper",
			"initcap", "length", "char_length", "character_length", "octet_length", "btrim", "ltrim", "rtrim",
			"substring", "substr", "replace", "translate", "strpos", "split_part", "concat", "concat_ws", "format",
			"left", "right", "lpad", "rpad", "reverse", "repeat", "starts_with", "md5", "sha256", "encode", "decode",
			"regexp_replace", "regexp_match", "regexp_matches", "regexp_split_to_array", "regexp_split_to_table", "abs",
			"ceil", "ceiling", "floor", "round", "trunc", "mod", "div", "power", "sqrt", "sign", "exp", "ln", "log",
			"random", "now", "age", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday",
			"date_trunc", "date_part", "date_bin", "to_char", "to_date", "to_timestamp", "to_number", "make_date",
			"make_time", "make_timestamp", "make_timestamptz", "make_interval", "justify_days", "justify_hours", "date",
			"text", "array_agg", "string_agg", "json_agg", "jsonb_agg", "json_object_agg", "jsonb_object_agg",
			"json_build_object", "jsonb_build_object", "json_build_array", "jsonb_build_array", "to_json", "to_jsonb",
			"row_to_json", "array_to_json", "json_array_elements", "jsonb_array_elements", "json_array_elements_text",
			"jsonb_array_elements_text", "json_array_length", "jsonb_array_length", "json_each", "jsonb_each",
			"json_each_text", "jsonb_each_text", "json_object_keys", "jsonb_object_keys", "json_extract_path",
			"jsonb_extract_path", "json_extract_path_text", "jsonb_extract_path_text", "json_typeof", "jsonb_typeof",
			"jsonb_path_query", "jsonb_path_exists", "jsonb_set", "jsonb_strip_nulls", "unnest", "generate_series",
			"generate_subscripts", "array_length", "array_position", "array_to_string", "string_to_array",
			"array_append", "array_prepend", "array_cat", "array_remove", "array_upper", "array_lower", "cardinality",
			"row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
			"last_value", "nth_value", "bool_and", "bool_or", "every", "bit_and", "bit_or", "stddev", "stddev_pop",
			"stddev_samp", "variance", "var_pop", "var_samp", "corr", "percentile_cont", "percentile_disc", "mode",
			"to_tsvector", "to_tsquery", "plainto_tsquery", "phraseto_tsquery", "websearch_to_tsquery", "ts_rank",
			"ts_rank_cd", "ts_headline", "gen_random_uuid", "version", "current_database", "current_schema",
			"current_schemas", "current_setting", "pg_is_in_recovery", "inet_server_port", "inet_server_addr",
			"inet_client_addr", "inet_client_port", "pg_backend_pid", "pg_postmaster_start_time", "pg_typeof",
			"pg_size_pretty", "pg_relation_size", "pg_total_relation_size", "pg_table_size", "pg_indexes_size",
			"pg_database_size", "obj_description", "col_description", "format_type", "pg_get_expr",
			"pg_get_constraintdef", "pg_get_indexdef", "pg_get_viewdef", "pg_get_userbyid", "pg_get_serial_sequence",
			"to_regclass", "has_table_privilege", "has_schema_privilege", "pg_sleep");

	/**
	 * The functions of JDBC that the driver replaces in {@code {fn ...}}, each with the
	 * function of PostgreSQL's that it becomes, nothing if it becomes an operator or a
	 * form that has no name. Any other is left as it is.
	 *
	 * @see <a href="https://jdbc.postgresql.org/documentation/escapes/">Using Escapes</a>
	 */
	static final Map<String, String> OF_JDBC = Map.ofEntries(Map.entry("ceiling", "ceil"), Map.entry("log", "ln"),
			Map.entry("log10", "log"), Map.entry("power", "pow"), Map.entry("truncate", "trunc"),
			Map.entry("char", "chr"), Map.entry("concat", ""), Map.entry("insert", "overlay"),
			Map.entry("lcase", "lower"), Map.entry("left", "substring"), Map.entry("length", "length"),
			Map.entry("locate", ""), Map.entry("ltrim", ""), Map.entry("right", "substring"), Map.entry("rtrim", ""),
			Map.entry("space", "repeat"), Map.entry("substring", "substr"), Map.entry("ucase", "upper"),
			Map.entry("curdate", ""), Map.entry("curtime", ""), Map.entry("dayname", "to_char"),
			Map.entry("dayofmonth", ""), Map.entry("dayofweek", ""), Map.entry("dayofyear", ""), Map.entry("hour", ""),
			Map.entry("minute", ""), Map.entry("month", ""), Map.entry("monthname", "to_char"),
			Map.entry("quarter", ""), Map.entry("second", ""), Map.entry("week", ""), Map.entry("year", ""),
			Map.entry("timestampadd", ""), Map.entry("timestampdiff", ""), Map.entry("database", "current_database"),
			Map.entry("ifnull", ""), Map.entry("user", ""));

	private BuiltInFunctions() {
	}

}

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

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every text of {@code statements.txt}, with the knowledge about the schema of
 * {@code statements.sql} written down by hand. Another module holds the same texts
 * against servers.
 */
class StatementTextTests {

	private static final FunctionCatalog catalog = new FunctionCatalog(CatalogSnapshot.of(schema()));

	static List<ExpectedText> texts() throws IOException {
		return ExpectedText.all();
	}

	static Map<String, Integer> schema() {
		Map<String, Integer> entries = new HashMap<>(CatalogSnapshot.fallback());
		put(entries, CatalogSnapshot.BUILT_IN, "txid_current_snapshot pg_current_xact_id_if_assigned"
				+ " has_table_privilege lo_get bernoulli system json_populate_record");
		put(entries, CatalogSnapshot.BUILT_IN | CatalogSnapshot.HARMFUL,
				"pg_current_wal_lsn table_to_xml query_to_xml pg_input_is_valid");
		int own = CatalogSnapshot.ELSEWHERE | CatalogSnapshot.SHADOWED;
		put(entries, own, "my_stable my_immutable");
		put(entries, own | CatalogSnapshot.VOLATILE_ELSEWHERE,
				"zone first next varying conflict sets cube rollup insert operator set escape by values"
						+ " my_function log Do filter over materialized join check_it initcap set_tenant total_notes status"
						+ " pair_to_text loud_equality text_concat_loudly dblink dblink_exec dblink_connect");
		put(entries, CatalogSnapshot.ELSEWHERE, "max min replace regexp_matches");
		put(entries, CatalogSnapshot.MARKED_ATTRIBUTE, "status pair_to_text");
		put(entries, CatalogSnapshot.MARKED,
				"loud_view view_of_view sequence_view guarded view_of_guarded loud_domain outer_domain with_domain"
						+ " view_of_operator view_of_aggregate pair with_pair loud\"view"
						+ " loud_view_with_a_name_that_is_cut_off_at_sixty_three_characters " + "ü".repeat(31));
		put(entries, CatalogSnapshot.MARKED_OPERATOR, "~=>");
		return entries;
	}

	private static void put(Map<String, Integer> entries, int knowledge, String names) {
		for (String name : names.split(" ")) {
			entries.merge(name, knowledge, (one, other) -> one | other);
		}
	}

	@ParameterizedTest
	@MethodSource("texts")
	void textIsAsExpected(ExpectedText expected) {
		StatementText text = new StatementText(expected.sql(), catalog, false);
		assertThat(ExpectedText.facts(text)).as(expected.sql()).isEqualTo(expected.facts());
		assertThat(text.isPlainRead()).as(expected.sql()).isEqualTo(expected.isPlainRead());
	}

	@Test
	void thereAreTextsOfEveryKind() throws IOException {
		assertThat(texts()).extracting(ExpectedText::expectation).contains(ExpectedText.Expectation.values());
		assertThat(texts()).extracting(ExpectedText::sql).doesNotHaveDuplicates().hasSizeGreaterThan(350);
	}

}

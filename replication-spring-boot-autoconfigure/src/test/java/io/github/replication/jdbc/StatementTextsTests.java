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

import java.util.Collections;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class StatementTextsTests {

	private final StatementTexts texts = new StatementTexts(FunctionCatalog.NONE);

	@Test
	void textIsClassifiedOnce() {
		String sql = "SELECT 1";
		assertThat(this.texts.of(sql)).isSameAs(this.texts.of(sql)).isSameAs(this.texts.of("SELECT " + 1));
		assertThat(this.texts.of(sql).sql()).isSameAs(sql);
	}

	@Test
	void textThatIsNotUsedAnyMoreIsForgotten() {
		StatementText first = this.texts.of("SELECT 0");
		for (int i = 1; i <= 2 * StatementTexts.CAPACITY; i++) {
			this.texts.of("SELECT " + i);
		}
		assertThat(this.texts.of("SELECT 0")).isNotSameAs(first);
	}

	@Test
	void longTextIsClassifiedWithoutBeingKept() {
		String kept = "SELECT '" + "x".repeat(StatementTexts.MAX_LENGTH - 9) + "'";
		assertThat(this.texts.of(kept)).isSameAs(this.texts.of(kept));
		String sql = kept + " ";
		assertThat(this.texts.of(sql)).isNotSameAs(this.texts.of(sql));
		assertThat(this.texts.of(sql).isPlainRead()).isTrue();
		assertThat(this.texts.of(sql + "; DELETE FROM note").isPlainRead()).isFalse();
	}

	@Test
	void everythingMayBeInTextThatIsNotKnown() {
		StatementText unknown = this.texts.of(null);
		assertThat(unknown).isSameAs(StatementText.UNKNOWN);
		assertThat(unknown.isPlainRead()).isFalse();
		assertThat(ExpectedText.facts(unknown)).containsExactly("advisory", "control", "large", "mode", "session",
				"several", "sync", "syncsession", "unseen");
		assertThat(unknown.sql()).isEmpty();
	}

	@Test
	void textThatWasRefusedIsNoReadFromThenOn() {
		StatementText text = this.texts.of("SELECT * FROM loud_view");
		assertThat(text.isPlainRead()).isTrue();
		this.texts.refusedAsRead(text);
		assertThat(text.isPlainRead()).isFalse();
		assertThat(this.texts.of("SELECT * FROM loud_view").isPlainRead()).isFalse();
		assertThat(this.texts.of("SELECT * FROM quiet_view").isPlainRead()).isTrue();
	}

	@Test
	void refusalOutlivesWhatIsKept() {
		this.texts.refusedAsRead(this.texts.of("SELECT * FROM loud_view"));
		String sql = "SELECT * FROM loud_view WHERE a = '" + "x".repeat(StatementTexts.MAX_LENGTH) + "'";
		this.texts.refusedAsRead(this.texts.of(sql));
		for (int i = 1; i <= 2 * StatementTexts.CAPACITY; i++) {
			this.texts.of("SELECT " + i);
		}
		assertThat(this.texts.of("SELECT * FROM loud_view").isPlainRead()).isFalse();
		assertThat(this.texts.of(sql).isPlainRead()).isFalse();
	}

	@Test
	void refusalOfWhatIsNotKnownChangesNothing() {
		this.texts.refusedAsRead(StatementText.UNKNOWN);
		assertThat(this.texts.of("").sql()).isEmpty();
		assertThat(StatementText.UNKNOWN.isPlainRead()).isFalse();
	}

	@Test
	void batchIsReadIfAllOfItIs() {
		assertThat(this.texts.merged(List.of("SELECT 1", "SELECT 2")).isPlainRead()).isTrue();
		assertThat(this.texts.merged(List.of("SELECT 1", "DELETE FROM note")).isPlainRead()).isFalse();
		assertThat(this.texts.merged(List.of("DELETE FROM note", "SELECT 1")).isPlainRead()).isFalse();
	}

	@Test
	void batchHasTheFactsOfAllOfIt() {
		StatementText batch = this.texts.merged(List.of("SELECT pg_advisory_lock(1)",
				"SET LOCAL synchronous_commit = off", "DECLARE c CURSOR WITH HOLD FOR SELECT 1"));
		assertThat(ExpectedText.facts(batch)).containsExactly("advisory", "session", "several", "sync", "unseen");
		assertThat(batch.sql()).isEqualTo("SELECT pg_advisory_lock(1);\nSET LOCAL synchronous_commit = off;\n"
				+ "DECLARE c CURSOR WITH HOLD FOR SELECT 1");
	}

	@Test
	void batchThatEndsTheTransactionMayChangeItsMode() {
		assertThat(this.texts.merged(List.of("COMMIT")).mayChangeAccessMode()).isFalse();
		assertThat(this.texts.merged(List.of("COMMIT", "DELETE FROM note")).mayChangeAccessMode()).isTrue();
	}

	@Test
	void batchOfOneIsItsText() {
		assertThat(this.texts.merged(List.of("SELECT 1"))).isSameAs(this.texts.of("SELECT 1"));
		assertThat(this.texts.merged(List.of())).isSameAs(StatementText.UNKNOWN);
	}

	@Test
	void largeBatchIsMerged() {
		StatementText batch = this.texts.merged(Collections.nCopies(10_000, "INSERT INTO note VALUES (1)"));
		assertThat(ExpectedText.facts(batch)).containsExactly("several");
		assertThat(batch.sql()).hasSize(10_000 * 29 - 2);
	}

	@Test
	void refusedBatchIsNoRead() {
		StatementText batch = this.texts.merged(List.of("SELECT 1", "SELECT 2"));
		this.texts.refusedAsRead(batch);
		assertThat(batch.isPlainRead()).isFalse();
		assertThat(this.texts.of("SELECT 1").isPlainRead()).isFalse();
	}

}

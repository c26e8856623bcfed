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

package io.github.replication.node;

import java.util.List;

import org.junit.jupiter.api.Test;

import io.github.replication.node.HistoryMark.Finding;

import static org.assertj.core.api.Assertions.assertThat;

class HistoryMarkTests {

	private final HistoryMark mark = new HistoryMark(2, List.of("7", "8", "9"), "cac", 100);

	@Test
	void sameOutcomesAreTheSameHistory() {
		assertThat(this.mark.compare("cac", 100)).isEqualTo(Finding.SAME_HISTORY);
	}

	@Test
	void transactionsThatAreNotCompletedSayNothing() {
		assertThat(this.mark.compare("???", 90)).isEqualTo(Finding.NOT_YET);
		assertThat(this.mark.compare("ca?", 99)).isEqualTo(Finding.NOT_YET);
	}

	@Test
	void anotherOutcomeIsAnotherHistory() {
		assertThat(this.mark.compare("ccc", 90)).isEqualTo(Finding.OTHER_HISTORY);
		assertThat(this.mark.compare("a??", 90)).isEqualTo(Finding.OTHER_HISTORY);
	}

	@Test
	void standbyThatHasReplayedMoreWithoutTheMarkIsOfAnotherHistory() {
		assertThat(this.mark.compare("ca?", 100)).isEqualTo(Finding.OTHER_HISTORY);
	}

}

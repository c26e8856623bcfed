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

package io.github.replication.integration;

import java.util.List;

import org.junit.jupiter.api.Test;

import io.github.replication.integration.PatroniLoad.Acknowledged;
import io.github.replication.integration.PatroniRoute.Row;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class OnePrimaryTests {

	private static final Row OLD = new Row(1, 5001, 1, 100);

	private static final Row NEXT = new Row(2, 5002, 2, 200);

	@Test
	void serversThatAreWrittenInTurnPass() {
		assertThatCode(() -> check(List.of(OLD, NEXT), OLD, NEXT)).doesNotThrowAnyException();
	}

	@Test
	void oldLeaderThatIsWrittenAfterTheNextOneIsNoticed() {
		Row late = new Row(3, 5001, 1, 300);
		assertNoticed(() -> check(List.of(OLD, NEXT), OLD, NEXT, late));
		assertNoticed(() -> check(List.of(OLD, NEXT, late)));
	}

	@Test
	void answerOfTheOldLeaderAfterOneOfTheNextIsNoticed() {
		assertNoticed(() -> check(List.of(OLD, NEXT), NEXT, OLD));
	}

	@Test
	void timelineOfTwoServersIsNoticed() {
		assertNoticed(() -> check(List.of(OLD, new Row(2, 5002, 1, 200))));
	}

	/**
	 * The writes were answered in their order.
	 */
	private static void check(List<Row> kept, Row... acknowledged) {
		List<Row> rows = List.of(acknowledged);
		OnePrimary.check(kept, rows.stream().map((row) -> new Acknowledged(row, rows.indexOf(row))).toList());
	}

	private static void assertNoticed(Runnable check) {
		assertThatExceptionOfType(AssertionError.class).isThrownBy(check::run);
	}

}

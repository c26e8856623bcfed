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
package io.github.replication.position;

import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class SessionGuaranteeTests {

	private static final WriteMark RESOLVED = new WriteMark(0, false, new WalPosition(1, 500), 0, 10);

	private static final WriteMark UNRESOLVED = WriteMark.unresolved(7, false, 20);

	private static final WriteMark ASYNCHRONOUS = WriteMark.unresolved(5, true, 15);

	private static final List<SessionGuarantee> GUARANTEES = List.of(SessionGuarantee.NONE,
			new SessionGuarantee(RESOLVED, null), new SessionGuarantee(UNRESOLVED, new ReadMark(3, 4, 5)),
			new SessionGuarantee(ASYNCHRONOUS, new ReadMark(9, 8, 7)), new SessionGuarantee(
					new WriteMark(0, false, new WalPosition(1, -1), 6, 30), new ReadMark(ReadMark.PRIMARY, 1, 1)));

	@Test
	void mergingDependsOnNoOrderAndRepeatsToNoEffect() {
		for (SessionGuarantee one : GUARANTEES) {
			assertThat(one.and(one)).isEqualTo(one);
			for (SessionGuarantee other : GUARANTEES) {
				assertThat(one.and(other)).isEqualTo(other.and(one));
				for (SessionGuarantee third : GUARANTEES) {
					assertThat(one.and(other).and(third)).isEqualTo(one.and(other.and(third)));
				}
			}
		}
	}

	@Test
	void unresolvedWriteAndAKnownPositionBothCount() {
		WriteMark both = RESOLVED.and(UNRESOLVED);
		assertThat(both.isResolved()).isFalse();
		assertThat(both.tick()).isEqualTo(7);
		assertThat(both.position()).isEqualTo(new WalPosition(1, 500));
		WriteMark resolved = both.resolvedAt(new WalPosition(1, 400), false);
		assertThat(resolved.isResolved()).isTrue();
		assertThat(resolved.position()).isEqualTo(new WalPosition(1, 500));
	}

	@Test
	void asynchronousCommitIsNotForgottenByALaterOne() {
		assertThat(ASYNCHRONOUS.and(UNRESOLVED).asynchronous()).isTrue();
		assertThat(ASYNCHRONOUS.resolvedAt(new WalPosition(1, 1), true).and(UNRESOLVED).asynchronous()).isTrue();
		assertThat(UNRESOLVED.and(ASYNCHRONOUS.resolvedAt(new WalPosition(1, 1), true)).asynchronous()).isTrue();
		assertThat(ASYNCHRONOUS.resolvedAt(new WalPosition(1, 1), false).and(UNRESOLVED).asynchronous()).isFalse();
	}

	@Test
	void positionsAreComparedAsUnsignedNumbers() {
		assertThat(WalPosition.later(new WalPosition(1, -1), new WalPosition(1, 1))).isEqualTo(new WalPosition(1, -1));
	}

	@Test
	void marksOfTwoNodesAtOnceLeaveThePrimaryAlone() {
		assertThat(new ReadMark(3, 4, 5).and(new ReadMark(9, 8, 7))).isEqualTo(new ReadMark(ReadMark.PRIMARY, 8, 7));
		assertThat(new ReadMark(3, 4, 5).and(new ReadMark(3, 8, 7))).isEqualTo(new ReadMark(3, 8, 7));
	}

	@Test
	void callerOfTwoMarksStaysIfOneOfThemDoes() {
		ReadMark staying = new ReadMark(3, 4, 5, 77);
		assertThat(staying.and(new ReadMark(3, 8, 7)).rotation()).isEqualTo(77);
		assertThat(new ReadMark(3, 8, 7).and(staying).rotation()).isEqualTo(77);
		assertThat(staying.and(new ReadMark(3, 8, 7, ReadMark.ANY)).rotation()).isEqualTo(77);
		assertThat(staying.and(null)).isSameAs(staying);
	}

	@Test
	void positionTakenHereReplacesOneThatIsNotBelieved() {
		WriteMark arrived = new WriteMark(7, true, new WalPosition(1, 900), 6, 30);
		assertThat(arrived.correctedTo(new WalPosition(1, 500)))
			.isEqualTo(new WriteMark(7, true, new WalPosition(1, 500), 0, 30));
	}

	@Test
	void writeWhosePositionIsGivenUpIsOneBeforeNow() {
		WriteMark arrived = new WriteMark(0, false, new WalPosition(1, 900), 6, 30);
		assertThat(arrived.unknownSince(9)).isEqualTo(new WriteMark(9, false, null, 0, 30));
		assertThat(WriteMark.unresolved(12, true, 30).unknownSince(9)).isEqualTo(WriteMark.unresolved(12, true, 30));
	}

	@Test
	void idOfANodeChangesWhenItsServerBeginsAnew() {
		assertThat(ReadMark.idOf("replica-1", 1)).isEqualTo(ReadMark.idOf("replica-1", 1))
			.isNotEqualTo(ReadMark.idOf("replica-1", 2))
			.isNotEqualTo(ReadMark.idOf("replica-2", 1))
			.isNotEqualTo(ReadMark.PRIMARY);
	}

}

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

package io.github.replication;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class ReplicationTests {

	private final List<String> log = new ArrayList<>();

	@Test
	void lambdasOfEveryShapeAreAccepted() throws IOException {
		int value = Replication.onPrimary(() -> 42);
		String block = Replication.onPrimary(() -> {
			return "a";
		});
		Replication.onPrimary(() -> {
			this.log.add("void");
		});
		Replication.onPrimary(() -> this.log.add("expression"));
		String reference = Replication.onPrimary(this::value);
		Replication.onPrimary(this::nothing);
		String checked = Replication.readOnly(Consistency.SESSION, this::checked);
		Replication.readOnly(Consistency.EVENTUAL, () -> this.log.add("read"));
		assertThat(value).isEqualTo(42);
		assertThat(List.of(block, reference, checked)).containsExactly("a", "value", "checked");
		assertThat(this.log).containsExactly("void", "expression", "nothing", "read");
	}

	@Test
	void exceptionsPassUnwrappedAndScopeIsRestored() {
		IOException failure = new IOException("x");
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> Replication.onPrimary(() -> {
			throw failure;
		})).isSameAs(failure);
		assertThat(RoutingScope.current()).isSameAs(RoutingScope.NONE);
	}

	@Test
	void scopesNestAndAreRestored() {
		Replication.readOnly(Consistency.EVENTUAL, () -> {
			RoutingScope outer = RoutingScope.current();
			assertThat(outer.readOnly()).isTrue();
			assertThat(outer.consistency()).isEqualTo(Consistency.EVENTUAL);
			Replication.onPrimary(() -> {
				assertThat(RoutingScope.current().primaryForced()).isTrue();
				assertThat(RoutingScope.current().readOnly()).isTrue();
				Replication.readOnly(Consistency.SESSION,
						() -> assertThat(RoutingScope.current().primaryForced()).isTrue());
			});
			assertThat(RoutingScope.current()).isSameAs(outer);
		});
		assertThat(RoutingScope.current()).isSameAs(RoutingScope.NONE);
	}

	@Test
	void joiningTakesTheStricterDemand() {
		RoutingScope outer = RoutingScope.NONE.readOnly(Consistency.STRONG, Duration.ofSeconds(2), "reports", "outer");
		RoutingScope inner = outer.joinedBy(Consistency.EVENTUAL, Duration.ofSeconds(1), "inner");
		assertThat(inner.consistency()).isEqualTo(Consistency.STRONG);
		assertThat(inner.maxStaleness()).isEqualTo(Duration.ofSeconds(1));
		assertThat(inner.group()).isEqualTo("reports");
		assertThat(outer.joinedBy(Consistency.SESSION, null, "inner").maxStaleness()).isEqualTo(Duration.ofSeconds(2));
	}

	@Test
	void primaryAndShorterStalenessAreStricter() {
		RoutingScope none = RoutingScope.NONE;
		RoutingScope second = none.readOnly(Consistency.SESSION, Duration.ofSeconds(1), null, "second");
		RoutingScope minute = none.readOnly(Consistency.EVENTUAL, Duration.ofMinutes(1), null, "minute");
		RoutingScope strong = none.readOnly(Consistency.STRONG, null, null, "strong");
		assertThat(none.onPrimary("primary").demandsMoreThan(none)).isTrue();
		assertThat(none.demandsMoreThan(none.onPrimary("primary"))).isFalse();
		assertThat(strong.demandsMoreThan(second)).isTrue();
		assertThat(strong.demandsMoreThan(strong.readOnly(Consistency.STRONG, null, null, "again"))).isFalse();
		assertThat(second.demandsMoreThan(none)).isTrue();
		assertThat(second.demandsMoreThan(minute)).isTrue();
		assertThat(minute.demandsMoreThan(second)).isFalse();
		assertThat(none.demandsMoreThan(second)).isFalse();
	}

	@Test
	void negativeStalenessIsRefused() {
		assertThatIllegalArgumentException()
			.isThrownBy(() -> RoutingScope.NONE.readOnly(Consistency.SESSION, Duration.ofSeconds(-1), null, "unit"))
			.withMessageContaining("maxStaleness")
			.withMessageContaining("PT-1S");
	}

	private String value() {
		return "value";
	}

	private void nothing() {
		this.log.add("nothing");
	}

	private String checked() throws IOException {
		return "checked";
	}

}

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

package io.github.replication.test.proof;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RequestsTests {

	private static final Requests.Scale SCALE = new Requests.Scale(2, 10);

	@Test
	void sameSeedYieldsTheSameRequests() {
		assertThat(requests(5)).isEqualTo(requests(5)).isNotEqualTo(requests(6));
	}

	@Test
	void everyKindOccursInItsShare() {
		Map<OperationKind, Long> counts = requests(5).stream()
			.flatMap((request) -> request.steps().stream())
			.collect(Collectors.groupingBy(Request.Step::kind, Collectors.counting()));
		long sum = counts.values().stream().mapToLong(Long::longValue).sum();
		assertThat(counts.keySet()).isEqualTo(Requests.DEFAULT_MIX.keySet());
		assertThat((double) counts.get(OperationKind.WRITE) / sum).isBetween(0.14, 0.16);
	}

	@Test
	void registersAndInstancesExistAndNoWriteReadsItself() {
		assertThat(requests(5)).allSatisfy((request) -> {
			assertThat(request.instance()).isBetween(0, 1);
			assertThat(request.steps()).isNotEmpty().allSatisfy((step) -> {
				assertThat(step.register()).isBetween(0, 9);
				assertThat(step.inside()).isBetween(0, 9).isNotEqualTo(step.register());
			});
		});
	}

	@Test
	void tokensAreLostAndDuplicatedNowAndThen() {
		assertThat(requests(5)).extracting(Request::token).contains(Request.Token.values());
	}

	private static List<Request> requests(long seed) {
		Requests requests = new Requests(seed, SCALE, Requests.DEFAULT_MIX);
		return Stream.generate(requests::next).limit(10_000).toList();
	}

}

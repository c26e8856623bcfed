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

import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.github.replication.integration.PatroniLoad.Acknowledged;
import io.github.replication.integration.PatroniRoute.Row;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Holds rows, as the servers say who wrote them, against the promise that two servers are
 * never written at a time.
 */
final class OnePrimary {

	private OnePrimary() {
	}

	/**
	 * Checks that each timeline was written by one server, and none any more once the
	 * next one was: by the servers' clock, which is that of the machine, and by when the
	 * clients were answered.
	 * @param kept the rows that the leader has
	 * @param acknowledged the writes that were answered, also those that are lost
	 */
	static void check(Collection<Row> kept, Collection<Acknowledged> acknowledged) {
		TreeMap<Integer, List<Row>> rows = Stream.concat(kept.stream(), acknowledged.stream().map(Acknowledged::row))
			.collect(Collectors.groupingBy(Row::timeline, TreeMap::new, Collectors.toList()));
		TreeMap<Integer, List<Acknowledged>> answers = acknowledged.stream()
			.collect(Collectors.groupingBy((write) -> write.row().timeline(), TreeMap::new, Collectors.toList()));
		assertThat(rows).allSatisfy((timeline, written) -> assertThat(written.stream().map(Row::port).distinct())
			.as("servers of timeline " + timeline)
			.hasSize(1));
		checkInTurn(rows, Row::written);
		checkInTurn(answers, Acknowledged::time);
	}

	private static <T> void checkInTurn(TreeMap<Integer, List<T>> timelines, Function<T, Long> time) {
		long last = Long.MIN_VALUE;
		for (int timeline : timelines.keySet()) {
			List<Long> times = timelines.get(timeline).stream().map(time).sorted().toList();
			assertThat(times.get(0)).as("the first write of timeline " + timeline).isGreaterThan(last);
			last = times.get(times.size() - 1);
		}
	}

}

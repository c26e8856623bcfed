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

package io.github.replication.twin;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.core.io.Resource;
import org.springframework.core.io.support.PathMatchingResourcePatternResolver;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.SynchronousCommit;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What frameworks were seen to call on a pool has the same outcome through the library.
 * The recordings are made by {@code RecordingTests} among the tests of compatibility.
 */
@EmbeddedCluster(replicas = 1, dedicated = true)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
@Tag("long")
class RecordedTests {

	@BeforeAll
	static void prepare(PostgresCluster cluster) {
		cluster.synchronous(SynchronousCommit.REMOTE_APPLY);
	}

	@AfterAll
	static void reset(PostgresCluster cluster) {
		cluster.asynchronous();
	}

	@ParameterizedTest
	@EnumSource(names = { "HIKARI", "DBCP2" })
	void recordedCallsHaveTheSameOutcome(TwinConfiguration configuration, PostgresCluster cluster) throws Exception {
		Resource[] recordings = new PathMatchingResourcePatternResolver().getResources("classpath:twin/*.txt");
		assertThat(recordings).hasSize(7);
		try (Twins twins = configuration.start(cluster, TwinDatabase.EMPTY)) {
			for (Resource recording : recordings) {
				Difference difference = twins.compare(new Sequence(calls(recording)), Scope.NONE);
				assertThat((difference != null) ? difference.report() : null).as(recording.getFilename()).isNull();
				assertThat(twins.endedBy()).as("why %s was not run to its end", recording.getFilename()).isNull();
			}
		}
	}

	private static List<Call> calls(Resource recording) throws IOException {
		return recording.getContentAsString(StandardCharsets.UTF_8).lines().map(CallParser::parse).toList();
	}

}

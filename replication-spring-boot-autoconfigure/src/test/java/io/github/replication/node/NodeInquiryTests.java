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

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import org.junit.jupiter.api.Test;

import io.github.replication.node.NodeInquiry.Probing;
import io.github.replication.position.SampleClock;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link NodeInquiry}.
 */
class NodeInquiryTests {

	private final SampleClock clock = new SampleClock(System::nanoTime);

	private final List<Exception> answers = new ArrayList<>();

	/**
	 * The listener plans the next question.
	 */
	@Test
	void listenerLearnsHowEachQuestionEnds() {
		assertThat(ask(() -> {
			throw new SQLException("refused", "08001");
		})).isCompletedExceptionally();
		assertThat(ask(() -> {
			throw new IllegalStateException("no credentials");
		})).isCompletedExceptionally();
		assertThat(ask(() -> {
			throw new NoClassDefFoundError("of the credentials");
		})).isCompletedExceptionally();
		assertThat(this.answers).hasSize(3);
		assertThat(this.answers.get(2)).hasMessageContaining("of the credentials");
	}

	private CompletableFuture<Sample> ask(Probe.Opening opening) {
		NodeInquiry inquiry = new NodeInquiry(
				new Probe(opening, opening, new ServerStateQuery(), Duration.ofSeconds(1)),
				new ReplicaPosition("replica", this.clock, () -> {
				}),
				new Probing(this.clock, Runnable::run,
						new TimelineMarks(() -> PrimaryHistory.EMPTY, this.clock::nanoTime),
						(sample, failure) -> this.answers.add(failure)));
		return inquiry.sampleAfter(this.clock.now());
	}

}

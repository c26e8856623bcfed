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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;

import org.junit.jupiter.api.Test;

import io.github.replication.node.ServerState.Streaming;
import io.github.replication.position.SampleClock;

import static org.assertj.core.api.Assertions.assertThat;

class SamplerTests {

	private static final ServerState STATE = new ServerState(0, false, true, 1, 1, 1, 0, 1, "app", Streaming.UNKNOWN);

	private final SampleClock clock = new SampleClock(() -> 0);

	private final Queue<Runnable> underway = new ArrayDeque<>();

	private final List<Long> asked = new ArrayList<>();

	private final Sampler sampler = new Sampler(this.clock, this.underway::add, (tick, at) -> {
		this.asked.add(tick);
		return new Sample(tick, at, STATE);
	});

	@Test
	void allWhoAskBeforeAQuestionIsSentShareItsAnswer() {
		CompletableFuture<Sample> first = this.sampler.after(this.clock.now());
		List<CompletableFuture<Sample>> others = new ArrayList<>();
		for (int i = 0; i < 50; i++) {
			others.add(this.sampler.after(this.clock.now()));
		}
		assertThat(this.underway).hasSize(1);
		this.underway.remove().run();
		assertThat(first).isCompleted();
		assertThat(others).noneMatch(CompletableFuture::isDone);
		assertThat(this.underway).hasSize(1);
		this.underway.remove().run();
		assertThat(others).allMatch(CompletableFuture::isDone);
		assertThat(this.asked).hasSize(2);
		assertThat(this.underway).isEmpty();
	}

	/**
	 * It may have been answered before the event that the caller has seen.
	 */
	@Test
	void questionThatIsUnderWayIsNoAnswerToALaterEvent() {
		CompletableFuture<Sample> early = this.sampler.after(this.clock.now());
		long event = this.clock.now();
		CompletableFuture<Sample> late = this.sampler.after(event);
		assertThat(late).isNotSameAs(early);
		this.underway.remove().run();
		this.underway.remove().run();
		assertThat(late.join().tick()).isGreaterThan(event);
	}

	@Test
	void questionThatIsUnderWayAnswersAnEarlierEvent() {
		long event = this.clock.now();
		CompletableFuture<Sample> one = this.sampler.after(event);
		assertThat(this.sampler.after(event)).isSameAs(one);
	}

	@Test
	void failureIsReportedAndTheNextQuestionIsAsked() {
		Sampler failing = new Sampler(this.clock, this.underway::add, (tick, at) -> {
			throw new SQLException("no answer");
		});
		CompletableFuture<Sample> first = failing.after(this.clock.now());
		CompletableFuture<Sample> second = failing.after(this.clock.now());
		this.underway.remove().run();
		assertThat(first).isCompletedExceptionally();
		this.underway.remove().run();
		assertThat(second).isCompletedExceptionally();
	}

	@Test
	void errorIsReportedAndTheNextQuestionIsAsked() {
		Sampler failing = new Sampler(this.clock, this.underway::add, (tick, at) -> {
			throw new NoClassDefFoundError("no answer");
		});
		CompletableFuture<Sample> first = failing.after(this.clock.now());
		CompletableFuture<Sample> second = failing.after(this.clock.now());
		this.underway.remove().run();
		assertThat(first).isCompletedExceptionally();
		this.underway.remove().run();
		assertThat(second).isCompletedExceptionally();
	}

	@Test
	void nobodyWaitsForAnExecutorThatTakesNothing() {
		Sampler over = new Sampler(this.clock, (task) -> {
			throw new RejectedExecutionException();
		}, (tick, at) -> new Sample(tick, at, STATE));
		assertThat(over.after(this.clock.now())).isCompletedExceptionally();
		assertThat(over.after(this.clock.now())).isCompletedExceptionally();
	}

}

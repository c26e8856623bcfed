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

package io.github.replication.test.routing;

import java.util.List;

import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

import io.github.replication.RouteDecision;

/**
 * Entry points for assertions on which node served a block of code, and for which reason.
 *
 * <pre>{@code
 * assertThatRouting(recorder, () -> articles.findAll()).isServedByReplica().hasReason(Reason.READ_ONLY);
 * }</pre>
 *
 * @since 0.1.0
 */
public final class RoutingAssertions {

	private RoutingAssertions() {
	}

	/**
	 * Runs a block and begins an assertion on the decisions of all threads meanwhile.
	 * @param recorder the recorder among the beans of the application under test
	 * @param block the block, which must not throw anything
	 * @return an assertion on the decisions
	 */
	public static RoutingAssert assertThatRouting(RoutingRecorder recorder, ThrowingCallable block) {
		try (RoutingRecorder.Recording recording = recorder.start()) {
			Assertions.assertThatCode(block).doesNotThrowAnyException();
			return assertThatRouting(recording.decisions());
		}
	}

	/**
	 * Begins an assertion on decisions.
	 * @param decisions the decisions in the order in which they were made
	 * @return an assertion on them
	 */
	public static RoutingAssert assertThatRouting(List<RouteDecision> decisions) {
		return new RoutingAssert(decisions);
	}

}

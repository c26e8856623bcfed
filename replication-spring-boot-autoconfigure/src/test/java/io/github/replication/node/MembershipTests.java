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

import java.time.Clock;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import io.github.replication.Role;
import io.github.replication.node.ServerState.Streaming;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.SampleClock;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class MembershipTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(3);

	private static final MonitorSettings monitor = new MonitorSettings(TIMEOUT, null, TIMEOUT, true);

	private final Member primary = new Member(Nodes.primary(), new NodeHealth(monitor, 0));

	private final Member replica = new Member(Nodes.replica("replica-1"), new NodeHealth(monitor, 0));

	private final Successions successions = new Successions();

	private final Membership membership = create();

	private long ticks;

	private Membership create() {
		SampleClock clock = new SampleClock(System::nanoTime);
		PositionSettings settings = new PositionSettings(ReadYourWritesMode.POSITION, true, Duration.ZERO, TIMEOUT,
				TIMEOUT);
		Positions positions = new Positions(settings, clock);
		Membership membership = new Membership(this.primary,
				new ClusterSettings("primary", List.of(), null, null, settings, monitor, List.of()), positions, clock,
				Clock.systemUTC(), this.successions);
		positions.within(membership::topology);
		membership.join(this.replica);
		return membership;
	}

	@Test
	void primaryStaysUntilItsSuccessorHasWhatAPrimaryNeeds(CapturedOutput output) {
		this.successions.obstacle = new IllegalStateException("no driver for this URL");
		answers(this.primary, true, 1);
		for (int i = 0; i < 3; i++) {
			answers(this.replica, false, 2);
			assertThat(this.membership.primary()).isSameAs(this.primary);
			assertThat(this.membership.topology().primary()).isSameAs(this.primary.node());
			assertThat(this.replica.node().role()).isEqualTo(Role.REPLICA);
		}
		assertThat(output).containsOnlyOnce("Writes cannot go to the node 'replica-1'")
			.contains("no driver for this URL")
			.doesNotContain("Following a failover");
		assertThat(this.successions.followed).isZero();
		this.successions.obstacle = null;
		answers(this.replica, false, 2);
		assertThat(this.membership.primary()).isSameAs(this.replica);
		assertThat(this.membership.topology().primary()).isSameAs(this.replica.node());
		assertThat(this.successions.followed).isOne();
		assertThat(output).containsOnlyOnce("Following a failover");
	}

	private void answers(Member member, boolean inRecovery, int timeline) {
		long tick = ++this.ticks;
		this.membership.answered(member, new Sample(tick, 1, new ServerState(0, false, inRecovery,
				member.node().name().hashCode(), timeline, 100, 100, 4711, "app", Streaming.UNKNOWN)), null);
	}

	private static final class Successions implements Membership.FailoverListener {

		private RuntimeException obstacle;

		private int followed;

		@Override
		public void ready(Member now) {
			if (this.obstacle != null) {
				throw this.obstacle;
			}
		}

		@Override
		public void prepare(Member before, Member now) {
		}

		@Override
		public void succeeded(Member before, boolean way) {
			this.followed++;
		}

	}

}

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

package io.github.replication.policy;

import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import io.github.replication.Consistency;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No order of the steps of servers, instances and users lets a user's reads go back.
 * {@code -Dschedules=} runs more of them, {@code -Dschedule.seed=} others.
 */
class ScheduleTests {

	private static final int STEPS = 600;

	private static final int SCHEDULES = Integer.getInteger("schedules", 2_000);

	private static final long SEED = Long.getLong("schedule.seed", 0);

	@ParameterizedTest
	@Timeout(value = 1, unit = TimeUnit.HOURS)
	@ValueSource(booleans = { false, true })
	void readsNeverGoBackInAnySchedule(boolean cookies) {
		long readsOnReplicas = 0;
		long readsOnPrimary = 0;
		long restarts = 0;
		for (long seed = SEED; seed < SEED + SCHEDULES; seed++) {
			Schedule schedule = new Schedule(seed, Consistency.SESSION, cookies);
			String violation = schedule.run(STEPS);
			assertThat(violation).as("-Dschedule.seed=%d -Dschedules=1", seed).isNull();
			readsOnReplicas += schedule.readsOnReplicas();
			readsOnPrimary += schedule.readsOnPrimary();
			restarts += schedule.restarts();
		}
		assertThat(4 * readsOnReplicas).as("four times the reads on replicas").isGreaterThan(readsOnPrimary);
		assertThat(restarts).isGreaterThan(SCHEDULES);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void readsThatAskForNoPositionGoBackInSomeSchedule(boolean cookies) {
		boolean found = false;
		for (long seed = SEED; seed < SEED + 100 && !found; seed++) {
			found = new Schedule(seed, Consistency.EVENTUAL, cookies).run(STEPS) != null;
		}
		assertThat(found).isTrue();
	}

}

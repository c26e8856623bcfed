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

package io.github.replication.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import io.github.replication.position.SampleClock;
import io.github.replication.position.WriteMark;

import static org.assertj.core.api.Assertions.assertThat;

class WatermarksTests {

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private final AtomicLong time = new AtomicLong();

	private final Watermarks watermarks = new Watermarks(new SampleClock(this.time::get), WINDOW.toNanos());

	@Test
	void watermarksOfKeysStayApartBesideManyOfOpenTransactions() {
		int transactions = Watermarks.MAXIMUM_KEYS + 1000;
		for (int i = 0; i < transactions; i++) {
			this.watermarks.raise("open " + i, null, 1);
		}
		raise(0, 100);
		assertThat(this.watermarks.required(0)).isNotNull();
		assertThat(this.watermarks.required("another")).as("not yet of the whole cache").isNull();
		assertThat(this.watermarks.size()).isEqualTo(transactions + 100);
	}

	@Test
	void watermarksOfKeysBecomeOneOfTheCacheBesideManyOfOpenTransactions() {
		int transactions = 2 * Watermarks.MAXIMUM_KEYS;
		for (int i = 0; i < transactions; i++) {
			this.watermarks.raise("open " + i, null, 1);
		}
		raise(0, 10 * Watermarks.MAXIMUM_KEYS);
		assertThat(this.watermarks.required("another")).isNotNull();
		assertThat(this.watermarks.size()).isLessThanOrEqualTo(transactions + 2 * Watermarks.MAXIMUM_KEYS);
		for (int i = 0; i < transactions; i++) {
			this.watermarks.raise("open " + i, write(), -1);
		}
		this.time.addAndGet(WINDOW.toNanos() / 2);
		raise(0, 10 * Watermarks.MAXIMUM_KEYS);
		assertThat(this.watermarks.size()).as("as before").isLessThanOrEqualTo(Watermarks.MAXIMUM_KEYS + 1);
	}

	private void raise(int from, int to) {
		for (int key = from; key < to; key++) {
			this.watermarks.raise(key, write(), 0);
		}
	}

	private WriteMark write() {
		return WriteMark.unresolved(1, false, this.time.get());
	}

}

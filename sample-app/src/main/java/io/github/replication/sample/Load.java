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

package io.github.replication.sample;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Imaginary readers, who look at the front page, and imaginary editors, who revise an
 * article. Safe for use by several threads.
 */
@Component
class Load {

	private static final int MOST = 8;

	private static final int PAUSE_MILLIS = 50;

	/**
	 * The article that the editors work on, an old one that no story needs.
	 */
	private static final long ARTICLE = 1;

	private final Newsroom newsroom;

	private final LongAdder visits = new LongAdder();

	private final LongAdder changes = new LongAdder();

	private final LongAdder failedVisits = new LongAdder();

	private final LongAdder failedChanges = new LongAdder();

	private final List<ScheduledFuture<?>> readers = new ArrayList<>();

	private final List<ScheduledFuture<?>> editors = new ArrayList<>();

	private final ScheduledExecutorService executor = Executors.newScheduledThreadPool(2 * MOST, (work) -> {
		Thread thread = new Thread(work, "newsroom-load");
		thread.setDaemon(true);
		return thread;
	});

	Load(Newsroom newsroom) {
		this.newsroom = newsroom;
	}

	/**
	 * Sets how many there are.
	 * @param readers the readers, from 0 to 8
	 * @param editors the editors, from 0 to 8
	 * @throws ResponseStatusException if there were to be more
	 */
	synchronized void set(int readers, int editors) {
		if (Math.min(readers, editors) < 0 || Math.max(readers, editors) > MOST) {
			throw new ResponseStatusException(HttpStatus.CONFLICT,
					"There can be 0 to " + MOST + " readers and as many editors.");
		}
		set(this.readers, readers, () -> count(this.newsroom::frontPage, this.visits, this.failedVisits));
		set(this.editors, editors, () -> count(() -> this.newsroom.revise(ARTICLE), this.changes, this.failedChanges));
	}

	private void set(List<ScheduledFuture<?>> people, int number, Runnable work) {
		while (people.size() > number) {
			people.remove(people.size() - 1).cancel(false);
		}
		while (people.size() < number) {
			people.add(this.executor.scheduleWithFixedDelay(work, 0, PAUSE_MILLIS, TimeUnit.MILLISECONDS));
		}
	}

	private static void count(Runnable work, LongAdder done, LongAdder failed) {
		try {
			work.run();
			done.increment();
		}
		catch (RuntimeException ex) {
			failed.increment();
		}
	}

	synchronized State state() {
		return new State(this.readers.size(), this.editors.size(), this.visits.sum(), this.changes.sum(),
				this.failedVisits.sum(), this.failedChanges.sum());
	}

	@EventListener(ContextClosedEvent.class)
	void close() {
		this.executor.shutdownNow();
	}

	/**
	 * How many there are, and how they fared.
	 *
	 * @param readers the readers
	 * @param editors the editors
	 * @param visits the visits that succeeded
	 * @param changes the changes that succeeded
	 * @param failedVisits the visits that ended with an error
	 * @param failedChanges the changes that ended with an error
	 */
	record State(int readers, int editors, long visits, long changes, long failedVisits, long failedChanges) {

	}

}

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

package io.github.replication.compatibility.depot;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import net.javacrumbs.shedlock.spring.annotation.SchedulerLock;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.TriggerBuilder;

import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Sort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Keeps items, counts them at intervals and notes what is moved.
 */
@Service
@Transactional(readOnly = true)
class Depot {

	private final ItemRepository items;

	private final JdbcClient jdbc;

	private final Notes notes;

	Depot(ItemRepository items, JdbcClient jdbc, Notes notes) {
		this.items = items;
		this.jdbc = jdbc;
		this.notes = notes;
	}

	public Page<Item> fewerThan(int quantity, int page) {
		return this.items.findByQuantityLessThan(quantity, PageRequest.of(page, 3, Sort.by("name")));
	}

	public List<String> all() {
		try (Stream<Item> all = this.items.streamAll()) {
			return all.map(Item::describe).toList();
		}
	}

	public List<String> notes() {
		return this.jdbc.sql("SELECT text FROM note ORDER BY text").query(String.class).list();
	}

	@Transactional
	public Item add(String name, int quantity) {
		return this.items.save(Item.of(name, quantity));
	}

	@Transactional
	public Item move(String name, int number) {
		Item item = this.items.findLockedByName(name).orElseThrow();
		if (item.quantity() < number) {
			this.notes.write("missing " + name);
			throw new IllegalStateException("There are only " + item.quantity());
		}
		return this.items.save(item.with(item.quantity() - number));
	}

	/**
	 * A change to a stale state, which fails.
	 */
	@Transactional
	public Item changeStale(String name) {
		Item item = this.items.findByName(name).orElseThrow();
		this.items.save(item.with(item.quantity() + 1));
		return this.items.save(item.with(item.quantity() + 2));
	}

	@Transactional
	public int addToAll(int number) {
		return this.items.add(number);
	}

	/**
	 * Removes what is used up, one instance at a time.
	 */
	@Service
	static class Tidying {

		private final JdbcClient jdbc;

		Tidying(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@SchedulerLock(name = "tidy", lockAtMostFor = "PT30S")
		public void tidy() {
			this.jdbc.sql("DELETE FROM item WHERE quantity = 0").update();
		}

		@Scheduled(fixedDelay = 150)
		@SchedulerLock(name = "beat", lockAtMostFor = "PT30S")
		public void beat() {
			this.jdbc.sql("INSERT INTO beat VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET number = beat.number + 1")
				.update();
		}

	}

	/**
	 * Writes in transactions of their own, in jobs of the scheduler as well.
	 */
	@Service
	static class Notes {

		private final JdbcClient jdbc;

		Notes(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void write(String text) {
			this.jdbc.sql("INSERT INTO note (text) VALUES (?)").param(text).update();
		}

	}

	/**
	 * Leaves work to the scheduler and waits for it.
	 */
	@Service
	static class Later {

		private final Scheduler scheduler;

		private final Notes notes;

		private volatile CountDownLatch done = new CountDownLatch(0);

		Later(Scheduler scheduler, Notes notes) {
			this.scheduler = scheduler;
			this.notes = notes;
		}

		void note(String text) throws SchedulerException {
			this.done = new CountDownLatch(1);
			this.scheduler.scheduleJob(
					JobBuilder.newJob(Noting.class).withIdentity(text).usingJobData("text", text).build(),
					TriggerBuilder.newTrigger().withIdentity(text).startNow().build());
		}

		void await() throws InterruptedException {
			assertThat(this.done.await(20, TimeUnit.SECONDS)).isTrue();
		}

		private void run(String text) {
			this.notes.write(text);
			this.done.countDown();
		}

	}

	/**
	 * A job of Quartz, which Spring injects.
	 */
	static class Noting implements Job {

		private final Later later;

		Noting(Later later) {
			this.later = later;
		}

		@Override
		public void execute(JobExecutionContext context) {
			this.later.run(context.getMergedJobDataMap().getString("text"));
		}

	}

}

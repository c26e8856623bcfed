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

import org.quartz.SchedulerException;

import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.step.StepExecution;
import org.springframework.data.domain.Page;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
class DepotController {

	private final Depot depot;

	private final Depot.Tidying tidying;

	private final Depot.Later later;

	private final ItemRepository items;

	private final JobOperator jobs;

	private final Job count;

	private final JdbcClient jdbc;

	DepotController(Depot depot, Depot.Tidying tidying, Depot.Later later, ItemRepository items, JobOperator jobs,
			Job count, JdbcClient jdbc) {
		this.depot = depot;
		this.tidying = tidying;
		this.later = later;
		this.items = items;
		this.jobs = jobs;
		this.count = count;
		this.jdbc = jdbc;
	}

	@PostMapping("/items/{name}/{quantity}")
	String add(@PathVariable String name, @PathVariable int quantity) {
		return this.depot.add(name, quantity).describe();
	}

	@GetMapping("/items")
	List<String> all() {
		return this.depot.all();
	}

	@GetMapping("/items/{name}")
	String find(@PathVariable String name) {
		return this.items.findByName(name).map(Item::describe).orElse("absent");
	}

	@GetMapping("/fewer/{quantity}/{page}")
	String fewer(@PathVariable int quantity, @PathVariable int page) {
		Page<Item> found = this.depot.fewerThan(quantity, page);
		return found.getTotalElements() + ": " + found.map(Item::name).getContent();
	}

	@GetMapping("/more/{quantity}")
	List<String> more(@PathVariable int quantity) {
		return this.items.findByQuantityGreaterThanOrderByName(quantity)
			.stream()
			.map((item) -> item.name() + " " + item.quantity())
			.toList();
	}

	@PostMapping("/moves/{name}/{number}")
	String move(@PathVariable String name, @PathVariable int number) {
		return this.depot.move(name, number).describe();
	}

	@PostMapping("/stale/{name}")
	String stale(@PathVariable String name) {
		return this.depot.changeStale(name).describe();
	}

	@PostMapping("/all/{number}")
	String addToAll(@PathVariable int number) {
		return this.depot.addToAll(number) + " " + this.items.count();
	}

	@PostMapping("/tidy")
	long tidy() {
		this.tidying.tidy();
		return this.items.count();
	}

	@PostMapping("/later/{text}")
	String later(@PathVariable String text) throws SchedulerException, InterruptedException {
		this.later.note(text);
		this.later.await();
		return "noted";
	}

	@GetMapping("/notes")
	List<String> notes() {
		return this.depot.notes();
	}

	/**
	 * Runs a job, and reads what it has written.
	 */
	@PostMapping("/count/{run}")
	String count(@PathVariable long run) throws Exception {
		JobExecution execution = this.jobs.start(this.count,
				new JobParametersBuilder().addLong("run", run).toJobParameters());
		StepExecution step = execution.getStepExecutions().iterator().next();
		return execution.getExitStatus().getExitCode() + " " + step.getReadCount() + " " + step.getWriteCount() + " "
				+ this.jdbc.sql("SELECT count(*) FROM counted WHERE run = ?").param(run).query(Long.class).single();
	}

	@ExceptionHandler
	ProblemDetail problem(RuntimeException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, ex.getClass().getSimpleName());
	}

}

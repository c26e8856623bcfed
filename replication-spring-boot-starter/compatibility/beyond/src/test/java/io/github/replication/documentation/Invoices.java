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

package io.github.replication.documentation;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import org.jspecify.annotations.Nullable;

import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;

import io.github.replication.Replication;

@Component
class Invoices {

	private final Queue<Job> jobs = new ConcurrentLinkedQueue<>();

	private final Printer printer;

	Invoices(Printer printer) {
		this.printer = printer;
	}

	void schedule(long order) {
		this.jobs.add(new Job(order, Replication.position()));
	}

	@Scheduled(fixedDelay = 100)
	void run() {
		for (Job job = this.jobs.poll(); job != null; job = this.jobs.poll()) {
			long order = job.order();
			Replication.withPosition(job.position(), () -> this.printer.print(order));
		}
	}

	record Job(long order, @Nullable String position) {

	}

	interface Printer {

		void print(long order);

	}

}

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

import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDataMap;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;

import io.github.replication.Replication;

class InvoiceJob implements Job {

	private final Printer printer;

	InvoiceJob(Printer printer) {
		this.printer = printer;
	}

	static JobDetail of(long order) {
		return JobBuilder.newJob(InvoiceJob.class)
			.usingJobData("order", order)
			.usingJobData("position", Replication.position())
			.build();
	}

	@Override
	public void execute(JobExecutionContext context) {
		JobDataMap data = context.getMergedJobDataMap();
		Replication.withPosition(data.getString("position"), () -> this.printer.print(data.getLong("order")));
	}

}

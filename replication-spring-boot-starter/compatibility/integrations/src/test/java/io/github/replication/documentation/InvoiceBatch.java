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

import java.util.Map;
import java.util.Objects;

import org.springframework.batch.core.job.Job;
import org.springframework.batch.core.job.builder.JobBuilder;
import org.springframework.batch.core.job.parameters.JobParameters;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.Step;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.github.replication.Replication;

@Configuration
class InvoiceBatch {

	static JobParameters of(long order) {
		String position = Objects.requireNonNullElse(Replication.position(), "");
		return new JobParametersBuilder().addLong("order", order)
			.addString("position", position, false)
			.toJobParameters();
	}

	@Bean
	Job invoice(JobRepository jobs, Printer printer) {
		Step print = new StepBuilder("print", jobs).tasklet((step, chunk) -> {
			Map<String, Object> parameters = chunk.getStepContext().getJobParameters();
			Replication.withPosition((String) parameters.get("position"),
					() -> printer.print((Long) parameters.get("order")));
			return RepeatStatus.FINISHED;
		}).build();
		return new JobBuilder("invoice", jobs).start(print).build();
	}

}

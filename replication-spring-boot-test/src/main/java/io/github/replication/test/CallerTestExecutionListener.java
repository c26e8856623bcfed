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

package io.github.replication.test;

import org.springframework.context.ApplicationContext;
import org.springframework.test.context.TestContext;
import org.springframework.test.context.TestExecutionListener;

import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;

/**
 * Makes each test method a caller of its own, as each request is in production: the
 * writes of one test do not keep the reads of the next on the primary.
 */
final class CallerTestExecutionListener implements TestExecutionListener {

	private static final String PREVIOUS = CallerTestExecutionListener.class.getName() + ".PREVIOUS";

	@Override
	public void beforeTestMethod(TestContext testContext) {
		if (testContext.hasApplicationContext()) {
			ApplicationContext context = testContext.getApplicationContext();
			context.getBeanProvider(CallerRecords.class).ifAvailable((records) -> {
				CallerRecord previous = records.bind(records.forThread());
				testContext.setAttribute(PREVIOUS, (Runnable) () -> records.restore(previous));
			});
		}
	}

	@Override
	public void afterTestMethod(TestContext testContext) {
		if (testContext.removeAttribute(PREVIOUS) instanceof Runnable restore) {
			restore.run();
		}
	}

}

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

package io.github.replication.annotated;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

import io.github.replication.ReadOnly;
import io.github.replication.UsePrimary;

/**
 * An application with annotations on beans and on other classes.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class AnnotatedApplication {

	@Bean
	Runnable bean() {
		return new OfABean();
	}

	static class OfABean implements Runnable {

		@Override
		@ReadOnly
		public void run() {
		}

	}

	@ReadOnly
	static class Forgotten {

	}

	static class AlsoForgotten {

		@UsePrimary
		void write() {
		}

	}

	@Component
	@Profile("another")
	static class OfAnotherProfile {

		@ReadOnly
		void read() {
		}

	}

	@ReadOnly
	interface Contract {

	}

}

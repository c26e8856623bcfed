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

package io.github.replication.test.proof;

import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcOperations;

/**
 * The beans that an application needs in a proof: import it with
 * {@code @Import(ProofConfiguration.class)}. Its transactions must be managed by
 * annotations on classes, which is Spring Boot's default.
 *
 * @since 0.1.0
 */
@Configuration(proxyBeanMethods = false)
public class ProofConfiguration {

	@Bean
	Registers proofRegisters(JdbcOperations jdbc, LastDecision decisions) {
		return new Registers(jdbc, decisions);
	}

	/**
	 * The time of day as the library sees it, and nobody else.
	 */
	@Bean(defaultCandidate = false)
	SteppingClock replicationClock() {
		return new SteppingClock();
	}

	@Bean
	LastDecision proofDecisions() {
		return new LastDecision();
	}

}

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

import java.net.http.HttpResponse;
import java.time.Duration;

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;

import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The newsroom on replicas that lag, and nothing that looks after own writes: what
 * somebody has just commented is missing.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "embedded-cluster.apply-delay=1h", "replication.max-lag=2h",
				"replication.read-your-writes.mode=off" })
@DirtiesContext
class VanishingCommentTests {

	@LocalServerPort
	private int port;

	@Autowired
	private PostgresCluster cluster;

	@Test
	void commentIsMissingUntilTheReplicasHaveIt() throws Exception {
		Visitor ada = new Visitor(this.port);
		ada.comment(1, "Where is it?");
		for (int i = 0; i < 3; i++) {
			HttpResponse<String> comments = ada.comments(1);
			assertThat(comments.body()).contains("My bus thanks you.").doesNotContain("Where is it?");
			assertThat(Visitor.servedBy(comments)).matches("replica-[12]; reason=READ_ONLY");
		}
		this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ZERO));
		this.cluster.awaitReplication();
		HttpResponse<String> comments = ada.comments(1);
		assertThat(comments.body()).contains("Where is it?");
		assertThat(Visitor.servedBy(comments)).matches("replica-[12]; reason=READ_ONLY");
	}

}

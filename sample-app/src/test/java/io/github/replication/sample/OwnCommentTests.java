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

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;

import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The newsroom on replicas that lag: who has commented sees the comment at once, by the
 * position that the cookie takes along. Others do not wait for it.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "embedded-cluster.apply-delay=1h", "replication.max-lag=2h" })
@DirtiesContext
@Tag("long")
class OwnCommentTests {

	@LocalServerPort
	private int port;

	@Autowired
	private PostgresCluster cluster;

	@AfterEach
	void holdBack() {
		this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofHours(1)));
	}

	@Test
	void commentIsThereOnEachRequestThatFollows() throws Exception {
		Visitor ada = new Visitor(this.port);
		for (int i = 0; i < 10; i++) {
			ada.comment(1, "Comment " + i);
			for (int again = 0; again < 2; again++) {
				HttpResponse<String> comments = ada.comments(1);
				assertThat(comments.body()).contains("Comment " + i);
				assertThat(Visitor.servedBy(comments)).isEqualTo("primary; reason=BEHIND");
			}
		}
	}

	@Test
	void othersReadFromReplicasMeanwhile() throws Exception {
		new Visitor(this.port).comment(2, "Only I see this.");
		HttpResponse<String> comments = new Visitor(this.port).comments(2);
		assertThat(comments.body()).doesNotContain("Only I see this.");
		assertThat(Visitor.servedBy(comments)).matches("replica-[12]; reason=READ_ONLY");
	}

	@Test
	void commentIsReadFromAReplicaOnceThatHasIt() throws Exception {
		Visitor ada = new Visitor(this.port);
		ada.comment(3, "Now you see it.");
		assertThat(Visitor.servedBy(ada.comments(3))).isEqualTo("primary; reason=BEHIND");
		this.cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ZERO));
		Awaitility.await().until(() -> {
			HttpResponse<String> comments = ada.comments(3);
			assertThat(comments.body()).contains("Now you see it.");
			return Visitor.servedBy(comments).matches("replica-[12]; reason=READ_ONLY");
		});
	}

}

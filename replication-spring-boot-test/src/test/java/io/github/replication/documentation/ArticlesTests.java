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

import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.annotation.DirtiesContext;

import io.github.replication.Reason;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;
import io.github.replication.test.routing.RoutingRecorder;

import static io.github.replication.test.routing.RoutingAssertions.assertThatRouting;
import static org.assertj.core.api.Assertions.assertThat;

@DirtiesContext
@EmbeddedCluster
@SpringBootTest
class ArticlesTests {

	@Autowired
	Articles articles;

	@Autowired
	RoutingRecorder recorder;

	@Test
	void frontPageIsServedByAReplica() {
		assertThatRouting(this.recorder, () -> this.articles.frontPage()).isServedByReplica()
			.hasReason(Reason.READ_ONLY);
	}

	@Test
	void frontPageSurvivesTheLossOfAReplica(PostgresCluster cluster) {
		cluster.node("replica-1").proxy().refuse();
		assertThatRouting(this.recorder, () -> this.articles.frontPage()).isServedByReplica();
	}

	@Test
	void authorFindsTheArticleThatNoReplicaHasYet(PostgresCluster cluster) {
		cluster.replicas().forEach(PostgresNode::pauseReplay);
		this.articles.publish(new Draft("Fog delays ferries"));
		assertThatRouting(this.recorder, () -> assertThat(this.articles.frontPage()).isNotEmpty()).isServedByPrimary()
			.hasReason(Reason.BEHIND);
	}

}

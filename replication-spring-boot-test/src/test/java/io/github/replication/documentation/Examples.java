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

import java.time.Duration;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestTemplate;

import io.github.replication.Consistency;
import io.github.replication.NodeDefinition;
import io.github.replication.NodeStatus;
import io.github.replication.Replication;
import io.github.replication.ReplicationCluster;
import io.github.replication.jdbc.ConnectionPreparer;
import io.github.replication.test.PostgresCluster;
import io.github.replication.test.proof.ApplicationInstance;
import io.github.replication.test.proof.Proof;
import io.github.replication.test.proof.ProofResult;
import io.github.replication.web.PositionClientInterceptor;

import static org.assertj.core.api.Assertions.assertThat;

class Examples {

	private final ReplicationCluster cluster;

	private final Articles articles;

	private final List<Job> jobs;

	private final Audit audit;

	Examples(ReplicationCluster cluster, Articles articles, List<Job> jobs, Audit audit) {
		this.cluster = cluster;
		this.articles = articles;
		this.jobs = jobs;
		this.audit = audit;
	}

	List<NodeStatus> nodes() {
		List<NodeStatus> nodes = this.cluster.nodes();
		this.cluster.add(NodeDefinition.of("replica-3", "jdbc:postgresql://pg-4/app"));
		this.cluster.drain("replica-1");
		this.cluster.resume("replica-1");
		this.cluster.remove("replica-2", Duration.ofSeconds(30));
		return nodes;
	}

	List<Article> newest() {
		return Replication.onPrimary(() -> this.articles.frontPage());
	}

	List<Article> some() {
		return Replication.readOnly(Consistency.EVENTUAL, () -> this.articles.frontPage());
	}

	void handOver(Article article) {
		this.jobs.add(new Job(article.id(), Replication.position()));
	}

	Article take(Job job) {
		return Replication.withPosition(job.position(), () -> this.articles.forEditing(job.articleId()));
	}

	void audit(long id) {
		Replication.untracked(() -> this.audit.record("read", id));
	}

	@Bean
	RestClient comments(RestClient.Builder builder, PositionClientInterceptor positions) {
		return builder.baseUrl("http://comments").requestInterceptor(positions).build();
	}

	@Bean
	RestTemplate ratings(PositionClientInterceptor positions) {
		RestTemplate ratings = new RestTemplate();
		ratings.getInterceptors().add(positions);
		return ratings;
	}

	@Bean
	ConnectionPreparer tenant(Tenants tenants) {
		return (connection, decision) -> connection.setSchema(tenants.current());
	}

	void prove(ApplicationContext first, ApplicationContext second, PostgresCluster cluster) throws Exception {
		ProofResult result = Proof.of(new ApplicationInstance("one", first), new ApplicationInstance("two", second))
			.against(cluster)
			.duration(Duration.ofMinutes(5))
			.run();
		assertThat(result.violations()).as(result.describeViolations()).isEmpty();
	}

	record Job(long articleId, @Nullable String position) {

	}

	interface Audit {

		void record(String what, long id);

	}

	interface Tenants {

		String current();

	}

}

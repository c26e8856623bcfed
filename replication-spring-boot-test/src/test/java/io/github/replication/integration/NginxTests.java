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

package io.github.replication.integration;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Behind a real nginx with its default buffers, which also caches.
 */
@EmbeddedCluster
@EnabledIf(value = "isInstalled", disabledReason = "there is no nginx on the PATH")
class NginxTests {

	private static final AtomicLong ids = new AtomicLong(9_800_000);

	@TempDir
	Path folder;

	static boolean isInstalled() {
		return Program.find("nginx").isPresent();
	}

	@Test
	void manyParallelRequestsAreAnsweredAndAPageIsCached(PostgresCluster cluster) throws Exception {
		TestApplication.createTable(cluster);
		long id = ids.addAndGet(1000);
		try (TestApplication application = TestApplication.exactly(cluster).withoutJpa().web().start(NoteWeb.class)) {
			int port = Program.freePort();
			try (Program nginx = start(port, application.port())) {
				assertParallelRequestsAreAnswered(port, id);
				assertPageIsCached(port, id);
			}
		}
	}

	private static void assertParallelRequestsAreAnswered(int port, long id) throws Exception {
		Browser user = new Browser();
		for (int round = 0; round < 3; round++) {
			long begin = id + 100 * round;
			List<CompletableFuture<HttpResponse<String>>> responses = IntStream.range(0, 80)
				.mapToObj((i) -> (i % 2 == 0) ? user.getAsync(port, "/notes/" + begin)
						: user.postAsync(port, "/notes/" + (begin + i)))
				.toList();
			for (CompletableFuture<HttpResponse<String>> response : responses) {
				assertThat(response.get(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
			}
			assertThat(user.get(port, "/notes/" + (begin + 1)).body()).isEqualTo("found");
		}
	}

	private static void assertPageIsCached(int port, long id) {
		String page = "/cached/" + id + "?header=Cache-Control&value=s-maxage%3D60";
		assertThat(new Browser().get(port, page).headers().firstValue("X-Cache")).hasValue("MISS");
		HttpResponse<String> response = new Browser().get(port, page);
		assertThat(response.headers().firstValue("X-Cache")).hasValue("HIT");
		assertThat(response.headers().allValues("Set-Cookie")).isEmpty();
	}

	private Program start(int port, int upstream) throws Exception {
		Path configuration = this.folder.resolve("nginx.conf");
		Files.writeString(configuration, """
				daemon off;
				master_process off;
				pid %1$s/pid;
				error_log %1$s/error.log;
				events {}
				http {
					access_log off;
					client_body_temp_path %1$s/body;
					proxy_temp_path %1$s/proxy;
					fastcgi_temp_path %1$s/fastcgi;
					uwsgi_temp_path %1$s/uwsgi;
					scgi_temp_path %1$s/scgi;
					proxy_cache_path %1$s/cache keys_zone=pages:1m;
					server {
						listen 127.0.0.1:%2$d;
						location / {
							proxy_pass http://127.0.0.1:%3$d;
							proxy_cache pages;
							add_header X-Cache $upstream_cache_status;
						}
					}
				}
				""".formatted(this.folder, port, upstream));
		return Program.start(this.folder, port, Program.find("nginx").orElseThrow().toString(), "-c",
				configuration.toString());
	}

}

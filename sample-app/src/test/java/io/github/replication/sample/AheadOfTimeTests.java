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

import java.io.File;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The newsroom as it was processed ahead of time.
 */
@Tag("long")
class AheadOfTimeTests {

	private static final Pattern OPEN = Pattern.compile("The newsroom is open: (\\S+)");

	@TempDir
	private Path folder;

	@Test
	void readsGoToReplicasAndWritesToThePrimary() throws Exception {
		Path processed = Path.of("target", "spring-aot", "main", "classes");
		assertThat(processed
			.resolve("io/github/replication/sample/NewsroomApplication__ApplicationContextInitializer.class")).exists();
		Path log = this.folder.resolve("log");
		Process newsroom = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dspring.aot.enabled=true", "-cp",
				processed + File.pathSeparator + System.getProperty("java.class.path"),
				NewsroomApplication.class.getName(), "--server.port=0")
			.redirectErrorStream(true)
			.redirectOutput(log.toFile())
			.start();
		try {
			Awaitility.await()
				.atMost(Duration.ofSeconds(90))
				.until(() -> OPEN.matcher(Files.readString(log)).find() || !newsroom.isAlive());
			String said = Files.readString(log);
			assertThat(said).contains("Starting AOT-processed NewsroomApplication");
			Matcher open = OPEN.matcher(said);
			assertThat(open.find()).as(said).isTrue();
			HttpClient http = HttpClient.newHttpClient();
			HttpResponse<String> read = http.send(
					HttpRequest.newBuilder(URI.create(open.group(1) + "api/articles")).build(),
					BodyHandlers.ofString());
			assertThat(read.statusCode()).isEqualTo(200);
			assertThat(Visitor.servedBy(read)).matches("replica-[12]; reason=READ_ONLY");
			HttpResponse<String> written = http
				.send(HttpRequest.newBuilder(URI.create(open.group(1) + "api/articles/2/comments"))
					.header("Content-Type", "application/json")
					.POST(HttpRequest.BodyPublishers.ofString("{\"author\": \"Ada\", \"text\": \"Ahead of time.\"}"))
					.build(), BodyHandlers.ofString());
			assertThat(written.statusCode()).isEqualTo(201);
			assertThat(Visitor.servedBy(written)).isEqualTo("primary; reason=READ_WRITE");
		}
		finally {
			newsroom.destroy();
			newsroom.waitFor();
		}
	}

}

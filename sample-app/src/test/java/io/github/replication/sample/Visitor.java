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

import java.io.IOException;
import java.net.CookieManager;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Somebody who visits the newsroom with a browser that keeps cookies.
 */
final class Visitor {

	private static final HttpClient client = HttpClient.newHttpClient();

	private final CookieManager cookies = new CookieManager();

	private final URI newsroom;

	Visitor(int port) {
		this.newsroom = URI.create("http://localhost:" + port);
	}

	HttpResponse<String> get(String path) throws IOException, InterruptedException {
		return send(HttpRequest.newBuilder(this.newsroom.resolve(path)));
	}

	HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
		return send(HttpRequest.newBuilder(this.newsroom.resolve(path))
			.header("Content-Type", "application/json")
			.POST(BodyPublishers.ofString(json)));
	}

	/**
	 * Comments on an article.
	 * @param article the id of the article
	 * @param text the text of the comment
	 */
	void comment(long article, String text) throws IOException, InterruptedException {
		HttpResponse<String> response = post("/api/articles/" + article + "/comments", """
				{"author": "Ada", "text": "%s"}""".formatted(text));
		assertThat(response.statusCode()).isEqualTo(201);
		assertThat(servedBy(response)).isEqualTo("primary; reason=READ_WRITE");
	}

	/**
	 * Opens the comments on an article.
	 * @param article the id of the article
	 */
	HttpResponse<String> comments(long article) throws IOException, InterruptedException {
		HttpResponse<String> response = get("/api/articles/" + article + "/comments");
		assertThat(response.statusCode()).isEqualTo(200);
		return response;
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
		this.cookies.get(this.newsroom, Map.of())
			.forEach((name, values) -> values.forEach((value) -> request.header(name, value)));
		HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
		this.cookies.put(this.newsroom, response.headers().map());
		return response;
	}

	static String servedBy(HttpResponse<?> response) {
		List<String> values = response.headers().allValues(ServedByHeader.NAME);
		assertThat(values).isNotEmpty();
		return values.get(0);
	}

}

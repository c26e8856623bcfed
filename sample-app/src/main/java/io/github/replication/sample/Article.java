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

import java.time.Instant;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Something published.
 */
@Entity
class Article {

	@Id
	@GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "article_seq")
	@SequenceGenerator(name = "article_seq", sequenceName = "article_seq")
	private @Nullable Long id;

	private String title = "";

	private String author = "";

	private String body = "";

	private Instant publishedAt = Instant.EPOCH;

	private int edition = 1;

	protected Article() {
	}

	Article(String title, String author, String body, Instant publishedAt) {
		this.title = title;
		this.author = author;
		this.body = body;
		this.publishedAt = publishedAt;
	}

	@Nullable Long getId() {
		return this.id;
	}

	String getTitle() {
		return this.title;
	}

	String getAuthor() {
		return this.author;
	}

	String getBody() {
		return this.body;
	}

	Instant getPublishedAt() {
		return this.publishedAt;
	}

	int getEdition() {
		return this.edition;
	}

	void changeTitle(String title) {
		this.title = title;
		this.edition++;
	}

}

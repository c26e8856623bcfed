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
 * The words of a reader about an article.
 */
@Entity
class Comment {

	@Id
	@GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "comment_seq")
	@SequenceGenerator(name = "comment_seq", sequenceName = "comment_seq")
	private @Nullable Long id;

	private long articleId;

	private String author = "";

	private String text = "";

	private Instant writtenAt = Instant.EPOCH;

	protected Comment() {
	}

	Comment(long articleId, String author, String text, Instant writtenAt) {
		this.articleId = articleId;
		this.author = author;
		this.text = text;
		this.writtenAt = writtenAt;
	}

	@Nullable Long getId() {
		return this.id;
	}

	long getArticleId() {
		return this.articleId;
	}

	String getAuthor() {
		return this.author;
	}

	String getText() {
		return this.text;
	}

	Instant getWrittenAt() {
		return this.writtenAt;
	}

}

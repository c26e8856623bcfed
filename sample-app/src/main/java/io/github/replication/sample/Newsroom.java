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

import java.time.Clock;
import java.util.List;

import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.ReadOnly;

/**
 * What editors and readers do.
 */
@Service
class Newsroom {

	private final ArticleRepository articles;

	private final CommentRepository comments;

	private final Clock clock;

	Newsroom(ArticleRepository articles, CommentRepository comments, Clock clock) {
		this.articles = articles;
		this.comments = comments;
		this.clock = clock;
	}

	@Transactional
	public Article publish(String title, String author, String body) {
		return this.articles.save(new Article(title, author, body, this.clock.instant()));
	}

	@ReadOnly
	public List<Article> frontPage() {
		return this.articles.findTop20ByOrderByPublishedAtDescIdDesc();
	}

	@ReadOnly
	public Article read(long articleId) {
		return this.articles.findById(articleId).orElseThrow(() -> new NoSuchArticleException(articleId));
	}

	@Transactional
	public Comment comment(long articleId, String author, String text) {
		if (!this.articles.existsById(articleId)) {
			throw new NoSuchArticleException(articleId);
		}
		return this.comments.save(new Comment(articleId, author, text, this.clock.instant()));
	}

	@ReadOnly
	public List<Comment> commentsOn(long articleId) {
		if (!this.articles.existsById(articleId)) {
			throw new NoSuchArticleException(articleId);
		}
		return this.comments.findByArticleIdOrderById(articleId);
	}

}

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
import java.util.Objects;

import org.springframework.cache.annotation.CacheEvict;
import org.springframework.cache.annotation.Cacheable;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.ReadOnly;

/**
 * The actions of editors and readers.
 */
@Service
class Newsroom {

	private final ArticleRepository articles;

	private final CommentRepository comments;

	private final ApplicationEventPublisher events;

	private final Clock clock;

	Newsroom(ArticleRepository articles, CommentRepository comments, ApplicationEventPublisher events, Clock clock) {
		this.articles = articles;
		this.comments = comments;
		this.events = events;
		this.clock = clock;
	}

	@Transactional
	public Article publish(String title, String author, String body) {
		Article article = this.articles.save(new Article(title, author, body, this.clock.instant()));
		this.events.publishEvent(new ArticlePublished(Objects.requireNonNull(article.getId())));
		return article;
	}

	@Transactional
	@CacheEvict(cacheNames = "headlines", key = "#articleId")
	public Article changeTitle(long articleId, String title) {
		Article article = this.articles.findById(articleId).orElseThrow(() -> new NoSuchArticleException(articleId));
		article.changeTitle(title);
		return article;
	}

	@ReadOnly
	public List<Article> frontPage() {
		return this.articles.findTop20ByOrderByPublishedAtDescIdDesc();
	}

	@ReadOnly
	public Article read(long articleId) {
		return this.articles.findById(articleId).orElseThrow(() -> new NoSuchArticleException(articleId));
	}

	/**
	 * Counts an article up by one edition.
	 */
	@Transactional
	public void revise(long articleId) {
		this.articles.revise(articleId);
	}

	/**
	 * The title of an article, for all readers from one cache.
	 */
	@ReadOnly
	@Cacheable("headlines")
	public Headline headline(long articleId) {
		Article article = read(articleId);
		return new Headline(article.getTitle(), article.getEdition());
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

	/**
	 * The title of an article as readers see it.
	 *
	 * @param title the title
	 * @param edition how often the title was set
	 */
	record Headline(String title, int edition) {

	}

}

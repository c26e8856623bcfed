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

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Size;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * The newsroom over HTTP.
 */
@RestController
@RequestMapping("/api")
class NewsroomController {

	private final Newsroom newsroom;

	private final Server server;

	NewsroomController(Newsroom newsroom, Server server) {
		this.newsroom = newsroom;
		this.server = server;
	}

	@GetMapping("/articles")
	List<ArticleView> frontPage() {
		return this.newsroom.frontPage().stream().map(ArticleView::of).toList();
	}

	@GetMapping("/articles/{id}")
	ArticleView article(@PathVariable long id) {
		return ArticleView.of(this.newsroom.read(id));
	}

	@PostMapping("/articles")
	ResponseEntity<ArticleView> publish(@Valid @RequestBody ArticleDraft draft) {
		ArticleView article = ArticleView.of(this.newsroom.publish(draft.title(), draft.author(), draft.body()));
		return ResponseEntity.created(URI.create("/api/articles/" + article.id())).body(article);
	}

	@PutMapping("/articles/{id}/title")
	ArticleView changeTitle(@PathVariable long id, @Valid @RequestBody TitleDraft draft) {
		return ArticleView.of(this.newsroom.changeTitle(id, draft.title()));
	}

	@GetMapping("/articles/{id}/headline")
	Newsroom.Headline headline(@PathVariable long id) {
		return this.newsroom.headline(id);
	}

	@GetMapping("/articles/{id}/comments")
	List<CommentView> comments(@PathVariable long id) {
		return this.newsroom.commentsOn(id).stream().map(CommentView::of).toList();
	}

	@PostMapping("/articles/{id}/comments")
	ResponseEntity<CommentView> comment(@PathVariable long id, @Valid @RequestBody CommentDraft draft) {
		CommentView comment = CommentView.of(this.newsroom.comment(id, draft.author(), draft.text()));
		return ResponseEntity.created(URI.create("/api/articles/" + id + "/comments")).body(comment);
	}

	@GetMapping("/server")
	Server.Identity server() {
		return this.server.identity();
	}

	record ArticleDraft(@NotBlank @Size(max = 200) String title, @NotBlank @Size(max = 100) String author,
			@NotBlank @Size(max = 10_000) String body) {

	}

	record TitleDraft(@NotBlank @Size(max = 200) String title) {

	}

	record CommentDraft(@NotBlank @Size(max = 100) String author, @NotBlank @Size(max = 2_000) String text) {

	}

	record ArticleView(long id, String title, String author, String body, Instant publishedAt, int edition) {

		static ArticleView of(Article article) {
			return new ArticleView(Objects.requireNonNull(article.getId()), article.getTitle(), article.getAuthor(),
					article.getBody(), article.getPublishedAt(), article.getEdition());
		}

	}

	record CommentView(long id, long articleId, String author, String text, Instant writtenAt) {

		static CommentView of(Comment comment) {
			return new CommentView(Objects.requireNonNull(comment.getId()), comment.getArticleId(), comment.getAuthor(),
					comment.getText(), comment.getWrittenAt());
		}

	}

}

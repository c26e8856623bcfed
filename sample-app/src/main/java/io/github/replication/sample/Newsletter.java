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

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.integration.annotation.Poller;
import org.springframework.integration.annotation.ServiceActivator;
import org.springframework.messaging.MessageChannel;
import org.springframework.messaging.support.MessageBuilder;
import org.springframework.stereotype.Component;
import org.springframework.transaction.event.TransactionalEventListener;

/**
 * Writes a letter to the subscribers about each article that is published: a message
 * about the article arrives in another thread, which reads the article. Safe for use by
 * several threads.
 */
@Component
class Newsletter {

	private static final int REMEMBERED = 5;

	private final MessageChannel announcements;

	private final Newsroom newsroom;

	private final Deque<Letter> letters = new ArrayDeque<>();

	private final DecisionLog decisions;

	Newsletter(MessageChannel announcements, Newsroom newsroom, DecisionLog decisions) {
		this.announcements = announcements;
		this.newsroom = newsroom;
		this.decisions = decisions;
	}

	/**
	 * Sends the message, after the commit.
	 */
	@TransactionalEventListener
	void announce(ArticlePublished article) {
		this.announcements.send(MessageBuilder.withPayload(article).build());
	}

	/**
	 * Handles the message.
	 */
	@ServiceActivator(inputChannel = "announcements", poller = @Poller(fixedDelay = "20"))
	void write(ArticlePublished article) {
		try {
			remember(article, this.newsroom.read(article.articleId()).getTitle());
		}
		catch (NoSuchArticleException ex) {
			remember(article, null);
		}
	}

	private void remember(ArticlePublished article, @Nullable String title) {
		Letter letter = new Letter(article.articleId(), title, this.decisions.lastOfThread());
		synchronized (this.letters) {
			this.letters.addFirst(letter);
			if (this.letters.size() > REMEMBERED) {
				this.letters.removeLast();
			}
		}
	}

	/**
	 * The last letters, the newest first.
	 */
	List<Letter> last() {
		synchronized (this.letters) {
			return List.copyOf(this.letters);
		}
	}

	/**
	 * A letter about an article.
	 *
	 * @param articleId the id of the article
	 * @param title its title, {@code null} if the article was not found, so that there is
	 * no letter
	 * @param from the decision which node was asked
	 */
	record Letter(long articleId, @Nullable String title, DecisionLog.@Nullable Decision from) {

	}

}

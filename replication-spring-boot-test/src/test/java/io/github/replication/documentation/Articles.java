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

import java.util.List;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.Consistency;
import io.github.replication.Durability;
import io.github.replication.ReadOnly;
import io.github.replication.SynchronousCommit;

@Service
class Articles {

	private final JdbcClient jdbc;

	Articles(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	@ReadOnly
	List<Article> frontPage() {
		return this.jdbc.sql("SELECT id, title FROM article ORDER BY id DESC LIMIT 20").query(Article.class).list();
	}

	@ReadOnly(consistency = Consistency.STRONG)
	Article forEditing(long id) {
		return this.jdbc.sql("SELECT id, title FROM article WHERE id = ?").param(id).query(Article.class).single();
	}

	@Transactional
	void publish(Draft draft) {
		this.jdbc.sql("INSERT INTO article (title) VALUES (?)").param(draft.title()).update();
	}

	@Transactional
	@Durability(SynchronousCommit.REMOTE_APPLY)
	void correct(Article article) {
		this.jdbc.sql("UPDATE article SET title = ? WHERE id = ?").param(article.title()).param(article.id()).update();
	}

}

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

import org.springframework.http.HttpStatus;
import org.springframework.web.ErrorResponseException;

/**
 * An article that nobody has published, or that the node asked does not have yet.
 */
class NoSuchArticleException extends ErrorResponseException {

	private static final long serialVersionUID = 1L;

	NoSuchArticleException(long articleId) {
		super(HttpStatus.NOT_FOUND);
		setTitle("No such article");
		setDetail("There is no article " + articleId + ".");
	}

}

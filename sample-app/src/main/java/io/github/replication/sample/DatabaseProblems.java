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

import org.springframework.dao.DataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.dao.UncategorizedDataAccessException;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.transaction.TransactionException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;

/**
 * Says in plain words that the database does not answer.
 */
@RestControllerAdvice
class DatabaseProblems {

	/**
	 * Handles {@link DataAccessException}s and {@link TransactionException}s that come
	 * from a server, and none that come from the input.
	 * @param method the method of the request
	 * @return the problem
	 */
	@ExceptionHandler({ NonTransientDataAccessResourceException.class, TransientDataAccessException.class,
			UncategorizedDataAccessException.class, TransactionException.class })
	ProblemDetail unavailable(HttpMethod method) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE,
				method.equals(HttpMethod.GET)
						? "No server of the database answers. Start one, or wait until one is back."
						: "The primary does not answer, so the change may not have been saved."
								+ " Look before you make it again.");
	}

}

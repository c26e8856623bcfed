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

package io.github.replication.test;

/**
 * What a commit waits for on synchronous replicas: the values of PostgreSQL's
 * {@code synchronous_commit} that wait for one.
 *
 * @since 0.1.0
 */
public enum SynchronousCommit {

	/**
	 * The replica has received the commit and handed it to its operating system.
	 */
	REMOTE_WRITE("remote_write"),

	/**
	 * The replica has flushed the commit. A read there may still miss it.
	 */
	ON("on"),

	/**
	 * The replica has replayed the commit, so that reads there see it.
	 */
	REMOTE_APPLY("remote_apply");

	private final String value;

	SynchronousCommit(String value) {
		this.value = value;
	}

	String value() {
		return this.value;
	}

}

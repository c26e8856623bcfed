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

package io.github.replication;

import org.jspecify.annotations.Nullable;

/**
 * Gives {@link Replication} access to the callers of an application context. Not meant to
 * be implemented by applications.
 *
 * @since 0.1.0
 */
public interface CallerContext {

	/**
	 * The current caller's position as text.
	 * @return the token, {@code null} if the caller has neither written nor read, or
	 * nothing of it counts any longer
	 */
	@Nullable String position();

	/**
	 * Lets the current thread work for the caller of a token.
	 * @param position the token; any other text counts as no position
	 * @return restores the caller before; to be closed by the same thread
	 */
	Scope withPosition(String position);

	/**
	 * Keeps the writes of the current thread apart from its caller.
	 * @return restores the caller; to be closed by the same thread
	 */
	Scope untracked();

	/**
	 * Something in force until it is closed.
	 */
	@FunctionalInterface
	interface Scope extends AutoCloseable {

		@Override
		void close();

	}

}

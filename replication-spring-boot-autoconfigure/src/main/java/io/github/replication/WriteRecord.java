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
 * The remembered writes of the current caller: of the current request inside a web
 * request, of the current thread elsewhere. A bean; safe for use by several threads, each
 * of which sees its own caller.
 *
 * @since 0.1.0
 */
public interface WriteRecord {

	/**
	 * Whether the caller has written within this request, or outside of requests on this
	 * thread, and that still counts. Writes of earlier requests are no part of it, though
	 * reads must see them too.
	 * @return {@code true} until {@code replication.read-your-writes.window} after the
	 * last write has passed
	 */
	boolean hasWritten();

	/**
	 * Returns the position of the caller, see {@link Replication#position}.
	 * @return the token, {@code null} if the caller has neither written nor read
	 */
	@Nullable String position();

}

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

package io.github.replication.cache;

import org.jspecify.annotations.Nullable;

/**
 * Leads a loaded value past a cache that must not keep it.
 */
final class RefusedValueException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final transient @Nullable Object value;

	RefusedValueException(@Nullable Object value) {
		super("The entry was evicted while its value was loaded", null, false, false);
		this.value = value;
	}

	/**
	 * The value.
	 * @param <T> the type that the caller of the cache expects
	 */
	@SuppressWarnings({ "unchecked", "NullAway" })
	<T> T as() {
		return (T) this.value;
	}

	/**
	 * Finds the value in an exception of a cache.
	 * @param thrown an exception of a cache
	 * @return the exception among its causes, {@code null} for another failure
	 */
	static @Nullable RefusedValueException in(@Nullable Throwable thrown) {
		Throwable cause = thrown;
		for (int depth = 0; cause != null && depth < 16; depth++) {
			if (cause instanceof RefusedValueException refused) {
				return refused;
			}
			cause = cause.getCause();
		}
		return null;
	}

}

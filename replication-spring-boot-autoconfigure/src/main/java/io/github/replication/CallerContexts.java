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

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * The application contexts of this process that {@link Replication} speaks to. Each
 * position names its cluster, so that several contexts do not take each other's.
 *
 * @since 0.1.0
 */
public final class CallerContexts {

	private static final String SEPARATOR = ",";

	private static final List<CallerContext> CONTEXTS = new CopyOnWriteArrayList<>();

	private CallerContexts() {
	}

	/**
	 * Makes a context known.
	 * @param context a context that begins
	 */
	public static void add(CallerContext context) {
		CONTEXTS.add(context);
	}

	/**
	 * Forgets a context.
	 * @param context a context that ends
	 */
	public static void remove(CallerContext context) {
		CONTEXTS.remove(context);
	}

	static @Nullable String position() {
		String position = CONTEXTS.stream()
			.map(CallerContext::position)
			.filter(Objects::nonNull)
			.distinct()
			.collect(Collectors.joining(SEPARATOR));
		return position.isEmpty() ? null : position;
	}

	/**
	 * Opens a scope in every context.
	 * @param opening opens it in one
	 */
	static CallerContext.Scope open(Function<CallerContext, CallerContext.Scope> opening) {
		List<CallerContext.Scope> scopes = new ArrayList<>();
		for (CallerContext context : CONTEXTS) {
			scopes.add(opening.apply(context));
		}
		Collections.reverse(scopes);
		return () -> scopes.forEach(CallerContext.Scope::close);
	}

}

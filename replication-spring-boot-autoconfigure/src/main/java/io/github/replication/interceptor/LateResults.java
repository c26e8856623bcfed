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
package io.github.replication.interceptor;

import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;

import org.springframework.util.ClassUtils;

/**
 * Results that may still read, or be worked on by another thread, after the method has
 * returned them.
 */
final class LateResults {

	private static final List<Class<?>> TYPES = List.of(BaseStream.class, Iterator.class, Future.class,
			CompletionStage.class, Flow.Publisher.class);

	/**
	 * By its name: the library may be missing.
	 */
	private static final String REACTIVE_STREAMS_PUBLISHER = "org.reactivestreams.Publisher";

	private LateResults() {
	}

	/**
	 * Whether a method returns a late result.
	 * @param type the declared type of the result
	 */
	static boolean include(Class<?> type) {
		return TYPES.stream().anyMatch((late) -> late.isAssignableFrom(type)) || isReactiveStreamsPublisher(type);
	}

	private static boolean isReactiveStreamsPublisher(Class<?> type) {
		return REACTIVE_STREAMS_PUBLISHER.equals(type.getName()) || ClassUtils.getAllInterfacesForClassAsSet(type)
			.stream()
			.anyMatch((implemented) -> REACTIVE_STREAMS_PUBLISHER.equals(implemented.getName()));
	}

}

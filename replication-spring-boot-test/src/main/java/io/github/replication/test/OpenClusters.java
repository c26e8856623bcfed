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

import java.util.ArrayDeque;
import java.util.Deque;

import org.jspecify.annotations.Nullable;

/**
 * The clusters to close when the JVM ends, the last opened first.
 */
final class OpenClusters {

	private static final Deque<AutoCloseable> open = new ArrayDeque<>();

	private static boolean hooked;

	private OpenClusters() {
	}

	static synchronized void closeAtShutdown(AutoCloseable resource) {
		if (!hooked) {
			Runtime.getRuntime().addShutdownHook(new Thread(OpenClusters::closeAll, "embedded-cluster-shutdown"));
			hooked = true;
		}
		open.push(resource);
	}

	static synchronized void forget(AutoCloseable resource) {
		open.remove(resource);
	}

	private static synchronized @Nullable AutoCloseable next() {
		return open.poll();
	}

	private static void closeAll() {
		for (AutoCloseable resource = next(); resource != null; resource = next()) {
			try {
				resource.close();
			}
			catch (Exception ex) {
				// The guard process clears the rest.
			}
		}
	}

}

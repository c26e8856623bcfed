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

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.core.annotation.MergedAnnotations;

/**
 * The clusters of {@link EmbeddedCluster} in this JVM, by what was asked for.
 */
final class SharedClusters {

	private static final Log logger = LogFactory.getLog(SharedClusters.class);

	private static final Map<Key, PostgresCluster> clusters = new HashMap<>();

	private static final Map<Key, Integer> users = new HashMap<>();

	private SharedClusters() {
	}

	static synchronized PostgresCluster get(Key key) {
		return clusters.computeIfAbsent(key, Key::start);
	}

	static synchronized void enter(Key key) {
		get(key);
		users.merge(key, 1, Integer::sum);
	}

	/**
	 * Ends the use of a cluster by a class. After the last one a dedicated cluster is
	 * closed and a shared one reset.
	 * @param key what was asked for
	 */
	static synchronized void leave(Key key) {
		if (users.merge(key, -1, Integer::sum) > 0) {
			return;
		}
		users.remove(key);
		PostgresCluster cluster = clusters.get(key);
		if (cluster != null && (key.owner() != null || !isReset(cluster))) {
			clusters.remove(key);
			cluster.close();
		}
	}

	private static boolean isReset(PostgresCluster cluster) {
		try {
			cluster.reset();
			cluster.closeSessions();
			return true;
		}
		catch (RuntimeException ex) {
			logger.warn("The shared cluster cannot be reset; the next class gets a new one", ex);
			return false;
		}
	}

	static synchronized void closeAll() {
		for (Iterator<PostgresCluster> all = clusters.values().iterator(); all.hasNext();) {
			all.next().close();
			all.remove();
		}
	}

	/**
	 * What a class asks for.
	 *
	 * @param replicas the number of replicas
	 * @param settings settings of the servers, each as {@code name=value}
	 * @param owner the class that does not share its cluster, {@code null} to share
	 */
	record Key(int replicas, List<String> settings, @Nullable Class<?> owner) {

		/**
		 * Reads the annotation of a class, its superclasses or the classes around it.
		 * @param testClass the class
		 * @return what it asks for, {@code null} if there is no annotation
		 */
		static @Nullable Key of(Class<?> testClass) {
			for (Class<?> type = testClass; type != null; type = type.getEnclosingClass()) {
				EmbeddedCluster annotation = MergedAnnotations.from(type, SearchStrategy.TYPE_HIERARCHY)
					.get(EmbeddedCluster.class)
					.synthesize((found) -> found.isPresent())
					.orElse(null);
				if (annotation != null) {
					return new Key(annotation.replicas(), List.of(annotation.settings()),
							(annotation.dedicated()) ? type : null);
				}
			}
			return null;
		}

		private PostgresCluster start() {
			PostgresCluster.Builder builder = PostgresCluster.builder().replicas(this.replicas);
			for (String setting : this.settings) {
				String[] parts = setting.split("=", 2);
				if (parts.length != 2) {
					throw new IllegalArgumentException(
							"'" + setting + "' in @EmbeddedCluster(settings) is not of the form name=value");
				}
				builder.setting(parts[0].strip(), parts[1].strip());
			}
			return builder.start();
		}

	}

}

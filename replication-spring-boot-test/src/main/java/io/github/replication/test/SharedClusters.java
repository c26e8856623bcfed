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

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.core.annotation.MergedAnnotations;

/**
 * The clusters of {@link EmbeddedCluster} in this JVM, by the wishes of their classes.
 * Safe for use by several threads.
 */
final class SharedClusters {

	private static final Log logger = LogFactory.getLog(SharedClusters.class);

	private static final Map<Key, Slot> slots = new HashMap<>();

	/**
	 * Applications whose cluster is closed. Spring's test framework may still look at
	 * them while their class ends, so they are closed when the next class begins.
	 */
	private static final List<ConfigurableApplicationContext> orphans = new ArrayList<>();

	private SharedClusters() {
	}

	/**
	 * Finds the place of a cluster without starting the cluster.
	 * @param key the wishes of a class
	 * @return the same object until the cluster is closed, another one afterwards
	 */
	static synchronized Slot slot(Key key) {
		return slots.computeIfAbsent(key, Slot::new);
	}

	static synchronized PostgresCluster get(Key key) {
		return slot(key).cluster();
	}

	/**
	 * Gives an application a cluster. The application does not outlive it.
	 * @param key the wishes of a class
	 * @param application the application under test
	 * @return the cluster
	 */
	static synchronized PostgresCluster join(Key key, ConfigurableApplicationContext application) {
		Slot slot = slot(key);
		PostgresCluster cluster = slot.cluster();
		slot.applications.add(application);
		return cluster;
	}

	static void enter(Key key) {
		closeOrphans();
		synchronized (SharedClusters.class) {
			Slot slot = slot(key);
			slot.cluster();
			slot.users++;
		}
	}

	/**
	 * Ends the use of a cluster by a class. After the last one a dedicated cluster is
	 * closed and a shared one reset.
	 * @param key the wishes of the class
	 */
	static synchronized void leave(Key key) {
		Slot slot = slot(key);
		// It did not enter if its cluster did not start.
		slot.users = Math.max(0, slot.users - 1);
		if (slot.users > 0) {
			return;
		}
		PostgresCluster cluster = slot.cluster;
		if (cluster != null && (key.owner() != null || !isReset(cluster))) {
			slots.remove(key);
			orphans.addAll(slot.applications);
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

	private static void closeOrphans() {
		List<ConfigurableApplicationContext> all;
		synchronized (SharedClusters.class) {
			all = List.copyOf(orphans);
			orphans.clear();
		}
		all.forEach(ConfigurableApplicationContext::close);
	}

	static void closeAll() {
		closeOrphans();
		synchronized (SharedClusters.class) {
			for (Iterator<Slot> all = slots.values().iterator(); all.hasNext();) {
				PostgresCluster cluster = all.next().cluster;
				all.remove();
				if (cluster != null) {
					cluster.close();
				}
			}
		}
	}

	/**
	 * The place of one cluster, which starts when it is first needed. Equal to no other
	 * one, so that it distinguishes the cluster from its successor.
	 */
	static final class Slot {

		private final Key key;

		private final Set<ConfigurableApplicationContext> applications = Collections.newSetFromMap(new WeakHashMap<>());

		private @Nullable PostgresCluster cluster;

		private int users;

		private Slot(Key key) {
			this.key = key;
		}

		Key key() {
			return this.key;
		}

		private PostgresCluster cluster() {
			PostgresCluster current = this.cluster;
			if (current == null) {
				current = this.key.start();
				this.cluster = current;
			}
			return current;
		}

	}

	/**
	 * The cluster that a class asks for.
	 *
	 * @param replicas the number of replicas
	 * @param settings settings of the servers, each as {@code name=value}
	 * @param owner the class that does not share its cluster, {@code null} to share
	 */
	record Key(int replicas, List<String> settings, @Nullable Class<?> owner) {

		/**
		 * Reads the annotation of a class, its superclasses or the classes around it.
		 * @param testClass the class
		 * @return the key, {@code null} if there is no annotation
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

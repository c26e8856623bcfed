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

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Fails each test class of the module that leaves a thread, a connection, a file or a
 * process behind, or keeps a connection of a pool for too long. A cluster that is shared
 * with other classes may stay.
 */
public final class LeakCheck implements BeforeAllCallback, AfterAllCallback {

	private static final Namespace NAMESPACE = Namespace.create(LeakCheck.class);

	private static final String LEAK_DETECTION = "com.zaxxer.hikari.pool.ProxyLeakTask";

	private static final Duration LONGEST_END = Duration.ofSeconds(30);

	@Override
	public void beforeAll(ExtensionContext context) {
		if (isOutermost(context)) {
			ListAppender<ILoggingEvent> leaks = new ListAppender<>();
			leaks.start();
			leakDetection().addAppender(leaks);
			context.getStore(NAMESPACE).put(Watch.class, new Watch(Footprint.now(), leaks));
		}
	}

	@Override
	public void afterAll(ExtensionContext context) {
		if (isOutermost(context)) {
			Watch watch = context.getStore(NAMESPACE).remove(Watch.class, Watch.class);
			assertDetectedNone(watch.leaks());
			Footprint before = watch.before();
			Set<String> shared = sharedFolders(context, before);
			Awaitility.await()
				.pollInSameThread()
				.atMost(LONGEST_END)
				.untilAsserted(() -> assertThat(Footprint.now().since(before, shared))
					.as("left behind by " + context.getRequiredTestClass())
					.isEmpty());
		}
	}

	private static boolean isOutermost(ExtensionContext context) {
		return context.getRequiredTestClass().getEnclosingClass() == null;
	}

	private static void assertDetectedNone(ListAppender<ILoggingEvent> leaks) {
		leakDetection().detachAppender(leaks);
		assertThat(List.copyOf(leaks.list)).as("connections that a pool was not given back")
			.map(ILoggingEvent::getFormattedMessage)
			.filteredOn((line) -> line.contains("leak detection triggered"))
			.isEmpty();
	}

	private static Logger leakDetection() {
		return (Logger) LoggerFactory.getLogger(LEAK_DETECTION);
	}

	/**
	 * The folder of a cluster that the class was the first to use, and that others use.
	 */
	private static Set<String> sharedFolders(ExtensionContext context, Footprint before) {
		SharedClusters.Key key = SharedClusters.Key.of(context.getRequiredTestClass());
		Set<String> folders = new TreeSet<>();
		if (key != null && key.owner() == null) {
			folders.addAll(Footprint.now().folders());
			folders.removeAll(before.folders());
			Installation.sharedTemplates().forEach((template) -> folders.remove(template.toString()));
			assertThat(folders).as("folders of clusters that are shared").hasSizeLessThan(2);
		}
		return folders;
	}

	/**
	 * What a class is watched with.
	 *
	 * @param before what was there before it
	 * @param leaks collects what pools log
	 */
	private record Watch(Footprint before, ListAppender<ILoggingEvent> leaks) {
	}

}

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

package io.github.replication.sample;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The levers that have been pulled and whose state no server keeps. It outlives a start
 * of the newsroom as the servers do. Safe for use by several threads.
 */
class LeverMemory {

	/**
	 * The servers that were the primary before a promotion, and cannot simply go on.
	 */
	private final Set<String> demoted = ConcurrentHashMap.newKeySet();

	private volatile boolean synchronous;

	boolean isSynchronous() {
		return this.synchronous;
	}

	void synchronous(boolean synchronous) {
		this.synchronous = synchronous;
	}

	boolean isDemoted(String node) {
		return this.demoted.contains(node);
	}

	void demoted(String node) {
		this.demoted.add(node);
	}

	/**
	 * Forgets a server that is removed, is built anew, or has become the primary.
	 */
	void forget(String node) {
		this.demoted.remove(node);
	}

}

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

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * The watermarks that a transaction under way has raised. They get the position of its
 * write at the commit, before other callbacks run, and are taken back if it has written
 * nothing. Bound to the thread of the transaction.
 */
final class TransactionWatermarks implements TransactionSynchronization {

	private static final Log logger = LogFactory.getLog(TransactionWatermarks.class);

	private static final Object KEY = new Object();

	/**
	 * The number of keys of one cache that are raised one by one. The next one raises the
	 * watermark of the whole cache.
	 */
	static final int MAXIMUM_KEYS = 1024;

	private final Map<Watermarks, Raised> raised = new LinkedHashMap<>();

	private boolean completed;

	private TransactionWatermarks() {
	}

	/**
	 * The watermarks of the transaction of this thread.
	 * @return the watermarks, {@code null} if it has raised none
	 */
	static @Nullable TransactionWatermarks current() {
		return (TransactionWatermarks) TransactionSynchronizationManager.getResource(KEY);
	}

	/**
	 * The watermarks of the transaction of this thread, if it may write.
	 * @return the watermarks, {@code null} if there is no such transaction, or it can no
	 * longer be observed
	 */
	static @Nullable TransactionWatermarks join() {
		if (!TransactionSynchronizationManager.isActualTransactionActive()
				|| TransactionSynchronizationManager.isCurrentTransactionReadOnly()
				|| !TransactionSynchronizationManager.isSynchronizationActive()) {
			return null;
		}
		TransactionWatermarks current = current();
		if (current == null) {
			current = new TransactionWatermarks();
			TransactionSynchronizationManager.registerSynchronization(current);
			TransactionSynchronizationManager.bindResource(KEY, current);
		}
		return current.completed ? null : current;
	}

	/**
	 * Whether the transaction has raised a watermark.
	 * @param watermarks the watermarks of a cache
	 * @param key a key, or {@link Watermarks#ALL}
	 */
	boolean owns(Watermarks watermarks, Object key) {
		Raised raised = this.raised.get(watermarks);
		return raised != null && raised.tokens.containsKey(key);
	}

	/**
	 * The key whose watermark an eviction raises.
	 * @param watermarks the watermarks of a cache
	 * @param key the key that is evicted
	 * @return the key, {@link Watermarks#ALL} if the transaction has raised many others
	 */
	Object keyFor(Watermarks watermarks, Object key) {
		Raised raised = this.raised.get(watermarks);
		boolean many = raised != null && raised.tokens.size() >= MAXIMUM_KEYS && !raised.tokens.containsKey(key);
		return many ? Watermarks.ALL : key;
	}

	/**
	 * Notes a watermark.
	 * @param cache the cache
	 * @param key the key, or {@link Watermarks#ALL}
	 * @return {@code true} if it is the first of the key in this transaction
	 */
	boolean add(CacheWatermarks cache, Object key) {
		Raised raised = this.raised.computeIfAbsent(cache.local(), (any) -> new Raised(cache));
		if (raised.tokens.containsKey(key)) {
			return false;
		}
		raised.tokens.put(key, cache.announcePending(key));
		return true;
	}

	@Override
	public int getOrder() {
		return HIGHEST_PRECEDENCE;
	}

	@Override
	public void suspend() {
		TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
	}

	@Override
	public void resume() {
		TransactionSynchronizationManager.bindResource(KEY, this);
	}

	@Override
	public void afterCommit() {
		complete(true);
	}

	@Override
	public void afterCompletion(int status) {
		TransactionSynchronizationManager.unbindResourceIfPossible(KEY);
		complete(status != STATUS_ROLLED_BACK);
	}

	/**
	 * Completes every watermark, each of them once, whatever happens to the others. The
	 * commit has happened, and the callbacks of others follow: nothing may fail here.
	 */
	private void complete(boolean committed) {
		this.completed = true;
		List<Raised> raised = List.copyOf(this.raised.values());
		this.raised.clear();
		raised.forEach((each) -> each.complete(committed));
	}

	/**
	 * The watermarks of one cache.
	 */
	private static final class Raised {

		private final CacheWatermarks cache;

		/**
		 * For each key the token that other instances know.
		 */
		private final Map<Object, String> tokens = new LinkedHashMap<>();

		Raised(CacheWatermarks cache) {
			this.cache = cache;
		}

		void complete(boolean committed) {
			this.tokens.forEach((key, token) -> {
				try {
					this.cache.complete(key, token, committed);
				}
				catch (RuntimeException | Error ex) {
					logger.error("An eviction is not known to other instances", ex);
				}
			});
		}

	}

}

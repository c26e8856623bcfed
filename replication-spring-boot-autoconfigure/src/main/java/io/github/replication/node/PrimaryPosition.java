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

package io.github.replication.node;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import io.github.replication.position.ReadYourWritesMode;

/**
 * The known positions of the primary, and whether it reports them. Changed by one thread
 * at a time, and read by all.
 */
final class PrimaryPosition {

	private static final Log logger = LogFactory.getLog(PrimaryPosition.class);

	private final ReadYourWritesMode mode;

	private volatile PrimaryHistory history = PrimaryHistory.EMPTY;

	private volatile boolean reporting = true;

	/**
	 * Whether it has served a unit since it failed to answer.
	 */
	private volatile boolean serving;

	private int failures;

	/**
	 * Creates the unknown position of a primary.
	 * @param mode how callers see their own writes, which decides which facts are logged
	 */
	PrimaryPosition(ReadYourWritesMode mode) {
		this.mode = mode;
	}

	/**
	 * The samples so far.
	 */
	PrimaryHistory history() {
		return this.history;
	}

	/**
	 * Whether the primary reports positions, as far as is known.
	 */
	boolean isReporting() {
		return this.reporting;
	}

	/**
	 * The primary has answered, or failed to. One failure alone says nothing: until the
	 * next question the primary serves every read that depends on more than is known.
	 * @return whether it has stopped to report its position by that
	 */
	boolean answered(@Nullable Sample sample, @Nullable Exception failure) {
		this.failures = (sample != null) ? 0 : this.failures + 1;
		this.serving = false;
		if (this.failures == 1) {
			return false;
		}
		boolean reporting = sample != null && sample.state().hasPosition() && !sample.state().inRecovery();
		if (sample != null && reporting) {
			this.history = this.history.with(sample);
		}
		boolean changed = reporting != this.reporting;
		this.reporting = reporting;
		if (changed && this.mode == ReadYourWritesMode.POSITION) {
			log(sample, failure);
		}
		return changed && !reporting;
	}

	/**
	 * Whether the primary has served a unit although it counts as silent.
	 */
	boolean isServing() {
		return this.serving;
	}

	/**
	 * The primary has served a unit.
	 * @return whether it counts as silent, and this is the first one since it did not
	 * answer
	 */
	boolean served() {
		boolean news = !this.reporting && !this.serving;
		if (news) {
			this.serving = true;
		}
		return news;
	}

	private void log(@Nullable Sample sample, @Nullable Exception failure) {
		if (this.reporting) {
			logger.info("The primary reports its position again");
			return;
		}
		String cause = (failure != null) ? String.valueOf(failure.getMessage())
				: (sample != null && sample.state().inRecovery()) ? "it is a standby"
						: "the user may not ask, or the server is not PostgreSQL";
		logger.warn("The primary does not report its position (" + cause + "): until it does, reads of a caller that"
				+ " has written go to the primary for the length of replication.read-your-writes.window"
				+ " (RECENT_WRITE)");
	}

}

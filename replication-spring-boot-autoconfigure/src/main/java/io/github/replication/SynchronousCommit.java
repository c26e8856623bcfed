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

import java.util.Locale;

/**
 * The places that a commit waits for before it returns, from the fastest to the safest:
 * the values of PostgreSQL's {@code synchronous_commit}. Values that begin with
 * {@code REMOTE}, and {@link #ON}, wait for the standbys named in
 * {@code synchronous_standby_names} and for no other. Where none is named they all wait
 * for the primary's own disk.
 *
 * @since 0.1.0
 * @see Durability
 */
public enum SynchronousCommit {

	/**
	 * Nothing: a crash of the primary may lose the last commits, fractions of a second.
	 */
	OFF,

	/**
	 * The primary's disk.
	 */
	LOCAL,

	/**
	 * The operating system of the synchronous standbys as well.
	 */
	REMOTE_WRITE,

	/**
	 * The disk of the synchronous standbys as well.
	 */
	ON,

	/**
	 * The replay by the synchronous standbys as well, so that reads there see the change.
	 */
	REMOTE_APPLY;

	/**
	 * The value of the setting.
	 * @return the value as PostgreSQL spells it
	 */
	public String setting() {
		return name().toLowerCase(Locale.ROOT);
	}

	/**
	 * The stricter of two.
	 * @param other another one
	 * @return the one that waits for more
	 */
	public SynchronousCommit and(SynchronousCommit other) {
		return (compareTo(other) >= 0) ? this : other;
	}

}

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

package io.github.replication.position;

import org.jspecify.annotations.Nullable;

/**
 * The state that a caller's reads must not fall behind: its last write and its read mark.
 *
 * @param write its last write, {@code null} if none still counts
 * @param read its read mark, {@code null} if it has not read
 * @since 0.1.0
 */
public record Bound(@Nullable Write write, @Nullable ReadMark read) {

	/**
	 * The bound of a caller that has neither written nor read.
	 */
	public static final Bound NONE = new Bound(null, null);

	/**
	 * Whether there is nothing to respect.
	 * @return {@code true} if any node may serve
	 */
	public boolean isEmpty() {
		return this.write == null && this.read == null;
	}

	/**
	 * This bound with another write.
	 * @param write the write in place of this bound's
	 * @return a bound
	 */
	public Bound withWrite(@Nullable Write write) {
		return (write == this.write) ? this : new Bound(write, this.read);
	}

	/**
	 * This bound with another mark.
	 * @param read the mark in place of this bound's
	 * @return a bound
	 */
	public Bound withRead(@Nullable ReadMark read) {
		return (read == this.read) ? this : new Bound(this.write, read);
	}

	/**
	 * This bound and another.
	 * @param other another bound of the same caller
	 * @return a bound that covers both
	 */
	public Bound and(Bound other) {
		if (other.isEmpty()) {
			return this;
		}
		return new Bound((this.write != null) ? this.write.and(other.write) : other.write,
				(this.read != null) ? this.read.and(other.read) : other.read);
	}

}

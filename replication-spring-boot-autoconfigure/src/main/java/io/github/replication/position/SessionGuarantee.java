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
public record SessionGuarantee(@Nullable WriteMark write, @Nullable ReadMark read) {

	/**
	 * The guarantee of a caller that has neither written nor read.
	 */
	public static final SessionGuarantee NONE = new SessionGuarantee(null, null);

	/**
	 * Whether there is nothing to respect.
	 * @return {@code true} if any node may serve
	 */
	public boolean isEmpty() {
		return this.write == null && this.read == null;
	}

	/**
	 * This guarantee with another write.
	 * @param write the write in place of this guarantee's
	 * @return a guarantee
	 */
	public SessionGuarantee withWrite(@Nullable WriteMark write) {
		return (write == this.write) ? this : new SessionGuarantee(write, this.read);
	}

	/**
	 * This guarantee with another mark.
	 * @param read the mark in place of this guarantee's
	 * @return a guarantee
	 */
	public SessionGuarantee withRead(@Nullable ReadMark read) {
		return (read == this.read) ? this : new SessionGuarantee(this.write, read);
	}

	/**
	 * This guarantee and another.
	 * @param other another guarantee of the same caller
	 * @return a guarantee that covers both
	 */
	public SessionGuarantee and(SessionGuarantee other) {
		if (other.isEmpty()) {
			return this;
		}
		return new SessionGuarantee((this.write != null) ? this.write.and(other.write) : other.write,
				(this.read != null) ? this.read.and(other.read) : other.read);
	}

}

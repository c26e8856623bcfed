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

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;

/**
 * How far a caller has read: up to the state of a node at a moment. The next read must
 * not see less, so it may use that node, or one that is known to have reached a sample
 * which started after that moment.
 *
 * @param node the {@linkplain #idOf id} of the node, {@link #PRIMARY} for the primary and
 * for a node of which no id is known
 * @param tick the tick noted after the read
 * @param at about when that was, by the monotonic clock in nanoseconds
 */
public record ReadMark(int node, long tick, long at) {

	/**
	 * The id that stands for the primary, whichever node that is.
	 */
	public static final int PRIMARY = 0;

	/**
	 * The id of a node in marks, the same in every instance of an application. A server
	 * that has begun anew gets another, since it may have come back at an older state.
	 * @param name the node's name
	 * @param startedAt when its server began, 0 if it does not tell
	 * @return an id other than {@link #PRIMARY}
	 */
	public static int idOf(String name, long startedAt) {
		CRC32C checksum = new CRC32C();
		checksum.update(name.getBytes(StandardCharsets.UTF_8));
		checksum.update(ByteBuffer.allocate(Long.BYTES).putLong(0, startedAt));
		int id = (int) checksum.getValue();
		return (id != PRIMARY) ? id : 1;
	}

	/**
	 * This mark and another that was set independently.
	 * @param other another mark of the same caller, {@code null} for none
	 * @return what covers both: of two nodes neither is known to be ahead, so only the
	 * primary is
	 */
	public ReadMark and(@Nullable ReadMark other) {
		if (other == null) {
			return this;
		}
		return new ReadMark((this.node == other.node) ? this.node : PRIMARY, Math.max(this.tick, other.tick),
				Math.max(this.at, other.at));
	}

}

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
 * The state up to which a caller has read: that of a node at a moment. The next read must
 * not see less, so it may use that node, or one that is known to have reached a sample
 * which started after that moment.
 * <p>
 * The mark of a caller that comes and goes, as the caller of web requests does, names the
 * rotation in which its node was chosen. Such a caller stays with the node. The mark of a
 * thread names none, and the reads of the thread are spread.
 *
 * @param node the {@linkplain #idOf id} of the node, {@link #PRIMARY} for the primary and
 * for a node of which no id is known
 * @param tick the tick noted after the read
 * @param at about when that was, by the monotonic clock in nanoseconds
 * @param rotation a hash of the rotation in which the node was chosen, {@link #SPREAD} if
 * the caller does not stay with the node
 * @since 0.1.0
 */
public record ReadMark(int node, long tick, long at, int rotation) {

	/**
	 * The rotation of a mark whose caller does not stay with the node.
	 */
	public static final int SPREAD = 0;

	/**
	 * The rotation of a mark whose caller stays with the node for now, in any rotation.
	 */
	public static final int ANY = -1;

	/**
	 * The id that stands for any primary.
	 */
	public static final int PRIMARY = 0;

	/**
	 * Creates the mark of a caller whose reads are spread.
	 * @param node the id of the node
	 * @param tick the tick noted after the read
	 * @param at about when that was, by the monotonic clock in nanoseconds
	 */
	public ReadMark(int node, long tick, long at) {
		this(node, tick, at, SPREAD);
	}

	/**
	 * Whether the caller stays with the node while that serves as well as others.
	 * @return {@code false} if its reads are spread
	 */
	public boolean isStaying() {
		return this.rotation != SPREAD;
	}

	/**
	 * This mark of a caller that stays with its node in any rotation.
	 * @return a copy
	 */
	public ReadMark inAnyRotation() {
		return new ReadMark(this.node, this.tick, this.at, ANY);
	}

	/**
	 * The id of a node in marks, the same in every instance of an application. A
	 * restarted server gets another, since it may have come back at an older state.
	 * @param name the node's name
	 * @param startedAt when its server began, 0 if that is unknown
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
	 * @return a mark that covers both: neither of two nodes is known to be ahead, so it
	 * is the mark of the primary
	 */
	public ReadMark and(@Nullable ReadMark other) {
		if (other == null) {
			return this;
		}
		return new ReadMark((this.node == other.node) ? this.node : PRIMARY, Math.max(this.tick, other.tick),
				Math.max(this.at, other.at), (this.rotation != SPREAD) ? this.rotation : other.rotation);
	}

}

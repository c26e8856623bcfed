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

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * The position and the read mark of a caller as text, which travels from one request to
 * the next. It returns from strangers, so nothing in it is believed further than a real
 * write could go.
 * <p>
 * The text consists of letters, digits, dots and hyphens: the version, the cluster, the
 * position (a timeline and an LSN, {@code u} for one that is not known, or {@code t} and
 * an instant where time decides; {@code n} before these if the commit did not wait for
 * the log), and the read mark (the index and the id of a node, the rotation and the
 * number of moves). All numbers are hexadecimal. The instant is the only time of day: how
 * long a token lives is up to its carrier.
 *
 * @param cluster a hash of the cluster's system identifier, 0 if it was not known
 * @param reached the position that the caller has reached, {@code null} if it needs none
 * @param read the node that the caller has read from last, {@code null} for none
 * @since 0.1.0
 */
public record PositionToken(int cluster, @Nullable Reached reached, @Nullable Read read) {

	private static final int MAXIMUM_LENGTH = 160;

	/**
	 * Whether the token says anything.
	 * @return {@code true} if it holds neither a position nor a read mark
	 */
	public boolean isEmpty() {
		return this.reached == null && this.read == null;
	}

	/**
	 * Whether the token holds a position, known or not.
	 * @return {@code false} if it holds at most a read mark
	 */
	public boolean hasWrite() {
		return this.reached != null;
	}

	/**
	 * The position in the log.
	 * @return the position, {@code null} if there is none or it was not known
	 */
	public @Nullable WalPosition position() {
		return (this.reached != null) ? this.reached.position() : null;
	}

	/**
	 * When a write of unknown position was made.
	 * @return the instant, {@code null} where time does not decide
	 */
	public @Nullable Instant writtenAt() {
		return (this.reached != null) ? this.reached.at() : null;
	}

	/**
	 * This token without its read mark.
	 * @return a token of the position alone, empty if there is none
	 */
	public PositionToken withoutRead() {
		return new PositionToken(this.cluster, this.reached, null);
	}

	/**
	 * This token without its position.
	 * @return a token of the read mark alone, empty if there is none
	 */
	public PositionToken withoutPosition() {
		return new PositionToken(this.cluster, null, this.read);
	}

	/**
	 * Reads a token.
	 * @param text the text, from anywhere
	 * @return the token, {@code null} if the text is none of this version
	 */
	public static @Nullable PositionToken parse(@Nullable String text) {
		if (text == null || text.length() > MAXIMUM_LENGTH) {
			return null;
		}
		TokenReader reader = new TokenReader(text);
		reader.expect('2');
		reader.expect('.');
		int cluster = (int) reader.hex(8);
		reader.expect('.');
		Reached reached = Reached.read(reader);
		reader.expect('.');
		Read read = Read.read(reader);
		return reader.isComplete() ? new PositionToken(cluster, reached, read) : null;
	}

	/**
	 * The text that {@link #parse} reads.
	 */
	@Override
	public String toString() {
		return "2." + Integer.toHexString(this.cluster) + '.' + ((this.reached != null) ? this.reached : "") + '.'
				+ ((this.read != null) ? this.read : "");
	}

	/**
	 * The position that a caller has reached by writing, or by reading on the primary.
	 *
	 * @param position the position, {@code null} if it was not known
	 * @param at when that was, only where time decides
	 * @param asynchronous whether the position was not known and the commit did not wait
	 * for the log to be flushed, so that only the insert position covers it
	 */
	public record Reached(@Nullable WalPosition position, @Nullable Instant at, boolean asynchronous) {

		/**
		 * A position that was not known: some time before the token arrives.
		 */
		public static final Reached UNKNOWN = new Reached(null, null, false);

		/**
		 * A known position.
		 * @param position the position
		 */
		public Reached(WalPosition position) {
			this(position, null, false);
		}

		/**
		 * Whether neither a position nor a time is known.
		 * @return {@code true} for a write some time before the token arrives
		 */
		public boolean isUnknown() {
			return this.position == null && this.at == null;
		}

		private static @Nullable Reached read(TokenReader reader) {
			boolean asynchronous = reader.accept('n');
			if (reader.accept('u')) {
				return new Reached(null, null, asynchronous);
			}
			if (reader.accept('t')) {
				return new Reached(null, Instant.ofEpochMilli(reader.hex(12)), asynchronous);
			}
			if (asynchronous) {
				reader.expect('u');
			}
			if (!reader.isHex()) {
				return null;
			}
			int timeline = (int) reader.hex(8);
			reader.expect('-');
			return new Reached(new WalPosition(timeline, reader.hex(16)));
		}

		@Override
		public String toString() {
			if (this.position != null) {
				return Integer.toHexString(this.position.timeline()) + '-' + Long.toHexString(this.position.lsn());
			}
			return (this.asynchronous ? "n" : "")
					+ ((this.at != null) ? 't' + Long.toHexString(Math.max(0, this.at.toEpochMilli())) : "u");
		}

	}

	/**
	 * The node that a caller has read from last. A token with more moves supersedes
	 * tokens with fewer; tokens with as many all count.
	 *
	 * @param index the index of the node among the replicas, 0 for the primary
	 * @param node the {@linkplain ReadMark#idOf id} of the node, {@link #NONE} if the
	 * position beside it covers all reads
	 * @param rotation a hash of the rotation that the node was chosen in
	 * @param moves how often the caller has moved to another node
	 */
	public record Read(int index, int node, int rotation, int moves) {

		/**
		 * The id of no node.
		 */
		public static final int NONE = -1;

		private static @Nullable Read read(TokenReader reader) {
			if (!reader.isHex()) {
				return null;
			}
			int index = (int) reader.hex(2);
			reader.expect('-');
			int node = (int) reader.hex(8);
			reader.expect('-');
			int rotation = (int) reader.hex(8);
			reader.expect('-');
			return new Read(index, node, rotation, (int) reader.hex(6));
		}

		@Override
		public String toString() {
			return Integer.toHexString(this.index) + '-' + Integer.toHexString(this.node) + '-'
					+ Integer.toHexString(this.rotation) + '-' + Integer.toHexString(this.moves);
		}

	}

}

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
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The position and the read mark of a caller as text, which travels from one request to
 * the next. It returns from strangers, so nothing in it is believed further than a real
 * write could go.
 * <p>
 * The text consists of letters, digits, dots and hyphens: the version, the cluster, the
 * position (a timeline and an LSN, {@code u} for one that is not known, or {@code t} and
 * an instant where time decides, these two with a hyphen and a number if they are kept on
 * the server; {@code n} before these if the log may not be flushed as far as that), and
 * the read mark (the index and the id of a node, the rotation and the versions). All
 * numbers are hexadecimal, but for the versions, which have letters up to {@code z}. The
 * instant is the only time of day: how long a token lives is up to its carrier.
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
	 * This token with a number, by which it differs from all others that say as little.
	 * Whoever replaces one of them has not seen the writes of another.
	 * @param number the number of a write, as no other has
	 * @return a token with the number, this one if it needs none
	 */
	public PositionToken numbered(long number) {
		Reached reached = this.reached;
		return (reached == null || reached.position() != null) ? this : new PositionToken(this.cluster,
				new Reached(null, reached.at(), reached.asynchronous(), number), this.read);
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
	 * @param asynchronous whether the log may not be flushed as far as that, because a
	 * commit did not wait for it, so that only the insert position covers it
	 * @param number distinguishes positions that are not known, 0 for none
	 */
	public record Reached(@Nullable WalPosition position, @Nullable Instant at, boolean asynchronous, long number) {

		/**
		 * Creates a position.
		 */
		public Reached {
			Assert.isTrue(position == null || at == null,
					() -> "position and at exclude each other, but were " + position + " and " + at);
		}

		/**
		 * A position without a number.
		 * @param position the position, {@code null} if it was not known
		 * @param at when that was, only where time decides
		 * @param asynchronous whether the log may not be flushed as far as that
		 */
		public Reached(@Nullable WalPosition position, @Nullable Instant at, boolean asynchronous) {
			this(position, at, asynchronous, 0);
		}

		/**
		 * A known position.
		 * @param position the position
		 */
		public Reached(WalPosition position) {
			this(position, null, false);
		}

		/**
		 * A position that is not known: some time before the token arrives.
		 * @param asynchronous whether the log may not be flushed as far as that
		 * @return the position
		 */
		public static Reached unknown(boolean asynchronous) {
			return new Reached(null, null, asynchronous);
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
				return new Reached(null, null, asynchronous, number(reader));
			}
			if (reader.accept('t')) {
				Instant at = Instant.ofEpochMilli(reader.hex(12));
				return new Reached(null, at, asynchronous, number(reader));
			}
			if (!asynchronous && !reader.isHex()) {
				return null;
			}
			int timeline = (int) reader.hex(8);
			reader.expect('-');
			return new Reached(new WalPosition(timeline, reader.hex(16)), null, asynchronous);
		}

		private static long number(TokenReader reader) {
			return reader.accept('-') ? reader.hex(16) : 0;
		}

		@Override
		public String toString() {
			String flag = this.asynchronous ? "n" : "";
			if (this.position != null) {
				return flag + Integer.toHexString(this.position.timeline()) + '-'
						+ Long.toHexString(this.position.lsn());
			}
			return flag + ((this.at != null) ? 't' + Long.toHexString(Math.max(0, this.at.toEpochMilli())) : "u")
					+ ((this.number != 0) ? '-' + Long.toHexString(this.number) : "");
		}

	}

	/**
	 * The node that a caller has read from last. It supersedes the reads that the caller
	 * had brought with the same request, which its versions name: a version vector.
	 * Others are of parallel requests, and count as well.
	 *
	 * @param index the index of the node: from 1 among all nodes, 0 for the primary,
	 * {@link #INDEXES} for none
	 * @param node the {@linkplain ReadMark#idOf id} of the node, {@link #NONE} if the
	 * position beside it covers all reads
	 * @param rotation a hash of the rotation that the node was chosen in
	 * @param versions two characters for each index from 0 on: for the own index the
	 * version of this read, for another that of the read to supersede, {@code 00} for
	 * none
	 */
	public record Read(int index, int node, int rotation, String versions) {

		/**
		 * The id of no node.
		 */
		public static final int NONE = -1;

		/**
		 * The number of indexes that nodes have. Nodes beyond share them.
		 */
		public static final int INDEXES = 7;

		/**
		 * The version of a read that was brought by none, and supersedes none.
		 */
		private static final String FIRST = "01";

		private static final int LENGTH = 2;

		/**
		 * A read that supersedes none.
		 * @param index the index of the node
		 * @param node the id of the node
		 * @param rotation a hash of the rotation that the node was chosen in
		 */
		public Read(int index, int node, int rotation) {
			this(index, node, rotation, "00".repeat(index) + FIRST);
		}

		/**
		 * The version of this read.
		 * @return two characters, empty for none
		 */
		public String version() {
			return version(this.index);
		}

		/**
		 * Whether a version is that of this read or of one that it supersedes.
		 * @param version two characters
		 * @return {@code false} if a read that is made now may have it
		 */
		public boolean isTaken(String version) {
			return IntStream.range(0, INDEXES).anyMatch((index) -> version.equals(version(index)));
		}

		private String version(int index) {
			int start = LENGTH * index;
			return (index < INDEXES && start < this.versions.length()) ? this.versions.substring(start, start + LENGTH)
					: "";
		}

		/**
		 * Whether no response has sent this mark: it names what a caller reads now.
		 * @return {@code true} if others may have the same mark
		 */
		public boolean isUnsent() {
			return version().equals(FIRST);
		}

		/**
		 * Whether another read had been brought along when this one was made.
		 * @param other another read of the same caller
		 * @return {@code false} if neither of them knew of the other
		 */
		public boolean supersedes(Read other) {
			return this.index != other.index && !other.version().isEmpty()
					&& other.version().equals(version(other.index));
		}

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
			return new Read(index, node, rotation, reader.pairs(INDEXES));
		}

		@Override
		public String toString() {
			return Integer.toHexString(this.index) + '-' + Integer.toHexString(this.node) + '-'
					+ Integer.toHexString(this.rotation) + '-' + this.versions;
		}

	}

}

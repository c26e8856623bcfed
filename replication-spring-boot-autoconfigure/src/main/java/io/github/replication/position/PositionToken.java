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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * What a caller takes along from one request to the next, as text. Comes back from
 * strangers, so that nothing in it is believed further than a real write could go.
 * <p>
 * The text consists of letters, digits, dots and hyphens: the version, the cluster, what
 * was written (a timeline and an LSN, or {@code t} and an instant where the position was
 * not known), and how far was read (a node, and for the process that wrote the token its
 * id, the tick and the second). All numbers are hexadecimal. There is no time of day in
 * it but that instant.
 *
 * @param cluster a hash of the cluster's system identifier, 0 if it was not known
 * @param position the position of what was written, {@code null} if there is none or it
 * was not known
 * @param writtenAt when something of unknown position was written, {@code null} if
 * nothing was
 * @param read how far was read, {@code null} if that is not told
 * @since 0.1.0
 */
public record PositionToken(int cluster, @Nullable WalPosition position, @Nullable Instant writtenAt,
		@Nullable Read read) {

	private static final int MAXIMUM_LENGTH = 160;

	private static final Pattern FORMAT = Pattern.compile("1\\.(?<cluster>[0-9a-f]{1,8})"
			+ "\\.(?:(?<timeline>[0-9a-f]{1,8})-(?<lsn>[0-9a-f]{1,16})|t(?<instant>[0-9a-f]{1,12}))?"
			+ "\\.(?:(?<node>[0-9a-f]{1,8})-(?<process>[0-9a-f]{1,16})-(?<tick>[0-9a-f]{1,16})-(?<second>[0-9a-f]{1,8}))?");

	/**
	 * Whether the token says anything.
	 * @return {@code true} if nothing was written and nothing read
	 */
	public boolean isEmpty() {
		return this.position == null && this.writtenAt == null && this.read == null;
	}

	/**
	 * Whether the token tells of a write.
	 * @return {@code true} if there is a position or an instant
	 */
	public boolean hasWrite() {
		return this.position != null || this.writtenAt != null;
	}

	/**
	 * Reads a token.
	 * @param text the text, from whomever
	 * @return the token, {@code null} if the text is none of this version
	 */
	public static @Nullable PositionToken parse(@Nullable String text) {
		if (text == null || text.length() > MAXIMUM_LENGTH) {
			return null;
		}
		Matcher matcher = FORMAT.matcher(text);
		if (!matcher.matches()) {
			return null;
		}
		return new PositionToken(Integer.parseUnsignedInt(matcher.group("cluster"), 16), position(matcher),
				instant(matcher), Read.of(matcher));
	}

	private static @Nullable WalPosition position(Matcher matcher) {
		String timeline = matcher.group("timeline");
		return (timeline != null) ? new WalPosition(Integer.parseUnsignedInt(timeline, 16),
				Long.parseUnsignedLong(matcher.group("lsn"), 16)) : null;
	}

	private static @Nullable Instant instant(Matcher matcher) {
		String instant = matcher.group("instant");
		return (instant != null) ? Instant.ofEpochMilli(Long.parseLong(instant, 16)) : null;
	}

	/**
	 * The text that {@link #parse} reads.
	 */
	@Override
	public String toString() {
		StringBuilder text = new StringBuilder("1.").append(Integer.toHexString(this.cluster)).append('.');
		if (this.position != null) {
			text.append(Integer.toHexString(this.position.timeline()))
				.append('-')
				.append(Long.toHexString(this.position.lsn()));
		}
		else if (this.writtenAt != null) {
			text.append('t').append(Long.toHexString(Math.max(0, this.writtenAt.toEpochMilli())));
		}
		text.append('.');
		if (this.read != null) {
			text.append(this.read);
		}
		return text.toString();
	}

	/**
	 * How far was read. The process that wrote the token knows from it when that was; for
	 * any other it was some time before the token came.
	 *
	 * @param node the {@linkplain ReadMark#idOf id} of the node
	 * @param process the id of the process
	 * @param tick the tick noted after the read
	 * @param second when the token was written, in seconds since the process began
	 */
	public record Read(int node, long process, long tick, int second) {

		private static @Nullable Read of(Matcher matcher) {
			String node = matcher.group("node");
			return (node != null)
					? new Read(Integer.parseUnsignedInt(node, 16), Long.parseUnsignedLong(matcher.group("process"), 16),
							Long.parseUnsignedLong(matcher.group("tick"), 16),
							Integer.parseUnsignedInt(matcher.group("second"), 16))
					: null;
		}

		@Override
		public String toString() {
			return Integer.toHexString(this.node) + '-' + Long.toHexString(this.process) + '-'
					+ Long.toHexString(this.tick) + '-' + Integer.toHexString(this.second);
		}

	}

}

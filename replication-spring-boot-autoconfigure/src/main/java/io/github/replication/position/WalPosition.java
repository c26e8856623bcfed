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

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * A position in the write-ahead log (LSN), written, flushed or replayed by a server, and
 * its history (timeline).
 * <p>
 * An LSN is an unsigned number of 64 bits, written by PostgreSQL as two hexadecimal
 * numbers of 32 bits, {@code 16/B374D848} (PostgreSQL documentation, "pg_lsn Type").
 * Positions of different timelines are not comparable: after a promotion the same LSN may
 * mean something else.
 *
 * @param timeline the timeline, 0 if it is not known
 * @param lsn the LSN
 * @since 0.1.0
 */
public record WalPosition(int timeline, long lsn) {

	private static final int BITS_OF_HALF = 32;

	private static final int MAXIMUM_DIGITS_OF_HALF = 8;

	/**
	 * Whether this position lies at or behind another on the same timeline.
	 * @param other the other position
	 * @return {@code true} if everything up to the other is covered by this one;
	 * {@code false} also if the timelines differ
	 */
	public boolean covers(WalPosition other) {
		return this.timeline == other.timeline && Long.compareUnsigned(this.lsn, other.lsn) >= 0;
	}

	/**
	 * The later of two positions. A position on a newer timeline is later.
	 * @param one a position, or {@code null} for none
	 * @param other another, or {@code null} for none
	 * @return the later one, {@code null} if both are
	 */
	public static @Nullable WalPosition later(@Nullable WalPosition one, @Nullable WalPosition other) {
		if (one == null || other == null) {
			return (one != null) ? one : other;
		}
		if (one.timeline != other.timeline) {
			return (one.timeline > other.timeline) ? one : other;
		}
		return one.covers(other) ? one : other;
	}

	/**
	 * Reads an LSN as PostgreSQL writes it.
	 * @param text the text, such as {@code 16/B374D848}
	 * @return the LSN
	 * @throws IllegalArgumentException if this is no LSN
	 */
	public static long parseLsn(String text) {
		int slash = text.indexOf('/');
		if (slash < 0) {
			throw new IllegalArgumentException("Not an LSN: '" + text + "'");
		}
		return (parseHalf(text, 0, slash) << BITS_OF_HALF) | parseHalf(text, slash + 1, text.length());
	}

	private static long parseHalf(String text, int start, int end) {
		boolean digits = end > start && end - start <= MAXIMUM_DIGITS_OF_HALF;
		long half = 0;
		for (int i = start; digits && i < end; i++) {
			int digit = Character.digit(text.charAt(i), 16);
			digits = digit >= 0 && text.charAt(i) < 128;
			half = (half << 4) | digit;
		}
		if (!digits) {
			throw new IllegalArgumentException("Not an LSN: '" + text + "'");
		}
		return half;
	}

	/**
	 * Writes an LSN as PostgreSQL does.
	 * @param lsn the LSN
	 * @return its text, which {@link #parseLsn} reads
	 */
	public static String formatLsn(long lsn) {
		return Long.toHexString(lsn >>> BITS_OF_HALF).toUpperCase(Locale.ROOT) + "/"
				+ Long.toHexString(lsn & 0xFFFFFFFFL).toUpperCase(Locale.ROOT);
	}

	@Override
	public String toString() {
		return formatLsn(this.lsn) + " (timeline " + this.timeline + ")";
	}

}

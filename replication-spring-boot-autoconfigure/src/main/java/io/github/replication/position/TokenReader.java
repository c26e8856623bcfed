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

/**
 * Reads the text of a token from left to right. It is read with each request and message,
 * for which a regular expression would take too long.
 */
final class TokenReader {

	private static final int BITS = 4;

	private final String text;

	private int next;

	private boolean valid = true;

	TokenReader(String text) {
		this.text = text;
	}

	/**
	 * Reads a character if it comes next.
	 * @return {@code false} if another one does
	 */
	boolean accept(char expected) {
		boolean accepted = this.next < this.text.length() && this.text.charAt(this.next) == expected;
		if (accepted) {
			this.next++;
		}
		return accepted;
	}

	/**
	 * Reads a character without which the text is no token.
	 */
	void expect(char expected) {
		this.valid &= accept(expected);
	}

	/**
	 * Whether a hexadecimal digit comes next, in lower case.
	 */
	boolean isHex() {
		return digit() >= 0;
	}

	/**
	 * Reads a number without a sign. Without a digit the text is no token.
	 * @param digits how many there may be at most, 16 or fewer
	 */
	long hex(int digits) {
		long number = 0;
		int end = this.next + digits;
		this.valid &= isHex();
		for (int digit = digit(); digit >= 0 && this.next < end; digit = digit()) {
			number = number << BITS | digit;
			this.next++;
		}
		return number;
	}

	/**
	 * Reads digits and lower-case letters, two at a time. Without any the text is no
	 * token.
	 * @param pairs how many pairs there may be at most
	 */
	String pairs(int pairs) {
		int start = this.next;
		int end = Math.min(this.text.length(), start + 2 * pairs);
		while (this.next < end && isDigitOrLetter(this.text.charAt(this.next))) {
			this.next++;
		}
		int length = this.next - start;
		this.valid &= length > 0 && length % 2 == 0;
		return this.text.substring(start, this.next);
	}

	private static boolean isDigitOrLetter(char character) {
		return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z');
	}

	private int digit() {
		if (this.next >= this.text.length()) {
			return -1;
		}
		char next = this.text.charAt(this.next);
		if (next >= '0' && next <= '9') {
			return next - '0';
		}
		return (next >= 'a' && next <= 'f') ? next - 'a' + 10 : -1;
	}

	/**
	 * Whether all of the text was read, and nothing was missing.
	 */
	boolean isComplete() {
		return this.valid && this.next == this.text.length();
	}

}

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

package io.github.replication.web;

import java.util.Collection;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.PositionToken;

/**
 * A token in two, for carriers that keep a read mark longer than a position.
 *
 * @param position the token of the position alone, {@code null} if there is none
 * @param read the token of the read mark alone, {@code null} if there is none
 */
record SplitToken(@Nullable String position, @Nullable String read) {

	static SplitToken of(String text) {
		PositionToken token = PositionToken.parse(text);
		if (token == null) {
			return new SplitToken(text, null);
		}
		return new SplitToken(token.hasWrite() ? token.withoutRead().toString() : null,
				(token.read() != null) ? token.withoutPosition().toString() : null);
	}

	/**
	 * Whether nothing of another token is needed once this one is kept in its place.
	 */
	boolean covers(String text) {
		SplitToken other = of(text);
		return (this.position != null || other.position == null) && (this.read != null || other.read == null);
	}

	/**
	 * Whether a token holds a read mark and no position.
	 */
	static boolean isRead(String text) {
		PositionToken token = PositionToken.parse(text);
		return token != null && !token.hasWrite() && token.read() != null;
	}

	/**
	 * Whether a token is of this version.
	 */
	static boolean isReadable(String text) {
		return PositionToken.parse(text) != null;
	}

	/**
	 * The positions in several tokens.
	 */
	static List<String> positions(Collection<String> tokens) {
		return tokens.stream().map(SplitToken::of).map(SplitToken::position).filter(Objects::nonNull).toList();
	}

	/**
	 * The read marks in several tokens.
	 */
	static List<String> reads(Collection<String> tokens) {
		return tokens.stream().map(SplitToken::of).map(SplitToken::read).filter(Objects::nonNull).toList();
	}

}

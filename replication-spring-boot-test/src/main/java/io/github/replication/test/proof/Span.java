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

package io.github.replication.test.proof;

/**
 * When an operation ran. The numbers order it among all others: it follows those, and
 * only those, whose end is not greater than its beginning.
 *
 * @param invoked how many events had ended when it began
 * @param completed its number among the events, in the order in which they ended
 * @param from when it began, in nanoseconds since the history began
 * @param to when it ended, in nanoseconds since the history began
 * @since 0.1.0
 */
public record Span(long invoked, long completed, long from, long to) {

	/**
	 * How long it took.
	 * @return a time in nanoseconds
	 */
	public long nanos() {
		return this.to - this.from;
	}

}

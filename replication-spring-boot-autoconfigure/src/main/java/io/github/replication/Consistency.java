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

package io.github.replication;

/**
 * The commits that a read must see. Declared from the loosest to the strictest, so that
 * {@link #compareTo} yields the stricter of two.
 *
 * @since 0.1.0
 */
public enum Consistency {

	/**
	 * Any replica in rotation serves, regardless of the caller's earlier writes and
	 * reads.
	 */
	EVENTUAL,

	/**
	 * The caller's own writes and the data that it has already read are visible:
	 * read-your-writes and monotonic reads.
	 */
	SESSION,

	/**
	 * Everything committed before the read began: the primary serves it.
	 */
	STRONG

}

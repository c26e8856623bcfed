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

package io.github.replication.caller;

import io.github.replication.position.SessionGuarantee;

/**
 * Finds the guarantee that a caller has brought along.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface CallerOrigin {

	/**
	 * Returns the guarantee that the caller has brought along. Called at the first
	 * decision, by the thread that needs it, and by no two threads at once.
	 * @return the guarantee
	 */
	SessionGuarantee recall();

	/**
	 * Whether to ask again at the next decision, since there may be more to know by then.
	 * @return {@code false} by default
	 */
	default boolean isOpen() {
		return false;
	}

}

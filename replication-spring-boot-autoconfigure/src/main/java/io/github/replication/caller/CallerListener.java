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

/**
 * Is notified of the writes of a caller. Called by the threads that write, possibly
 * several at once; must not throw.
 *
 * @since 0.1.0
 */
public interface CallerListener {

	/**
	 * The caller has written. Called before the connection is given back, so nothing here
	 * may wait.
	 */
	void written();

	/**
	 * The caller has learnt of a write elsewhere.
	 */
	void learnt();

	/**
	 * A connection has gone back to its pool, and something was written or learnt before.
	 */
	void connectionReturned();

}

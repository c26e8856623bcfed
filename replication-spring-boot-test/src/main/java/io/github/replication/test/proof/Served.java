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

import org.jspecify.annotations.Nullable;

/**
 * The answer of a node, and its name.
 *
 * @param version the version of the register that was read or written
 * @param node the node that served, as the server itself says in the same statement: its
 * {@code cluster_name}, or else its address and port
 * @param standby whether the server says that it is a standby
 * @param reason why the node was chosen, {@code null} if that is not known
 * @since 0.1.0
 */
public record Served(long version, String node, boolean standby, @Nullable String reason) {

	@Override
	public String toString() {
		return this.node + (this.standby ? " [standby]" : " [primary]")
				+ ((this.reason != null) ? " (" + this.reason + ")" : "");
	}

}

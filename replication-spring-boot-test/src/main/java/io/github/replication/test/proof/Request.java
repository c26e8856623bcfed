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

import java.util.List;

/**
 * The next request of a session.
 *
 * @param token the fate of its token before
 * @param instance the number of the instance that it comes to
 * @param steps the operations, one after the other
 */
record Request(Token token, int instance, List<Step> steps) {

	/**
	 * The fate of a token.
	 */
	enum Token {

		KEPT, LOST, DUPLICATED

	}

	/**
	 * One operation.
	 *
	 * @param kind how the register is read or written
	 * @param register the register
	 * @param inside the register that is read inside a write, for the kind that does so
	 */
	record Step(OperationKind kind, int register, int inside) {
	}

}

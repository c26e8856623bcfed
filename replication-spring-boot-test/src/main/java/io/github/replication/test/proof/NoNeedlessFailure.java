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
 * No read fails while a node that may serve it can, and no write while the primary can.
 * An operation that is not repeatable may fail when its node does.
 */
final class NoNeedlessFailure implements Property {

	private final Availability availability;

	NoNeedlessFailure(Availability availability) {
		this.availability = availability;
	}

	@Override
	public String title() {
		return "no failure while a node can serve";
	}

	@Override
	public void accept(Event event, Findings findings) {
		this.availability.follow(event);
		if (event instanceof Event.Ended ended && !ended.operation().isOk()
				&& ended.operation().kind() != OperationKind.WRITE_IN_READ_ONLY && mustSucceed(ended.operation())) {
			findings.add((ended.operation().kind() == OperationKind.READ_EVENTUAL)
					? "it failed although there was a node that could serve"
					: "it failed although the primary could serve", List.of(ended.operation()));
		}
	}

	private boolean mustSucceed(Operation operation) {
		boolean possible = (operation.kind() == OperationKind.READ_EVENTUAL)
				? this.availability.isAnySteady(operation.span()) : this.availability.isPrimarySteady(operation.span());
		return possible && (operation.kind().isRepeatable() || this.availability.isUnchanged(operation.span()));
	}

}

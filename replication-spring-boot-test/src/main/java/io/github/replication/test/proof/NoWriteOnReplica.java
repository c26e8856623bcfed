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
 * No write is sent to a replica, and no read-only unit writes, wherever it runs. While a
 * primary steps down a write may meet it as a standby, which refuses it.
 */
final class NoWriteOnReplica implements Property {

	static final String READ_ONLY_STATE = "25006";

	private final Availability availability;

	NoWriteOnReplica(Availability availability) {
		this.availability = availability;
	}

	@Override
	public String title() {
		return "no write on a replica, none in a read-only unit";
	}

	@Override
	public void accept(Event event, Findings findings) {
		this.availability.follow(event);
		if (event instanceof Event.Ended ended && !ended.operation().kind().isRead()) {
			check(ended.operation(), findings);
		}
	}

	private void check(Operation write, Findings findings) {
		Served served = write.served();
		if (write.kind() == OperationKind.WRITE_IN_READ_ONLY) {
			if (write.isOk()) {
				findings.add("a read-only unit has written", List.of(write));
			}
		}
		else if (write.isOk() && served != null && served.standby()) {
			findings.add("a standby has served a write", List.of(write));
		}
		else if (write.error() != null && write.error().state().equals(READ_ONLY_STATE)
				&& this.availability.isPrimarySteady(write.span())) {
			findings.add("a write was sent to where nothing can be written", List.of(write));
		}
	}

}

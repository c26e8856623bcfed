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

package io.github.replication.message;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;

/**
 * Adds the caller's position to each message whose sending is observed. Requests to other
 * services are none: most of them have no use for a position.
 *
 * @since 0.1.0
 */
public final class PositionSenderObservationHandler implements ObservationHandler<SenderContext<Object>> {

	private final MessagePositions positions;

	/**
	 * Creates a handler.
	 * @param positions the positions of messages
	 */
	public PositionSenderObservationHandler(MessagePositions positions) {
		this.positions = positions;
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof SenderContext<?> sender && sender.getKind() == Kind.PRODUCER;
	}

	@Override
	public void onStart(SenderContext<Object> context) {
		Object message = context.getCarrier();
		String position = (message != null) ? this.positions.outgoing() : null;
		if (message != null && position != null) {
			context.getSetter().set(message, MessagePositions.HEADER, position);
		}
	}

}

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

import java.util.ArrayDeque;
import java.util.Deque;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import org.jspecify.annotations.Nullable;

import io.github.replication.CallerContext.Scope;

/**
 * Lets the handling of each message that is observed see the data that the message is
 * about, in every thread that the observation is in scope of.
 *
 * @since 0.1.0
 */
public final class PositionReceiverObservationHandler implements ObservationHandler<ReceiverContext<Object>> {

	private final MessagePositions positions;

	private final ThreadLocal<@Nullable Deque<Opened>> opened = new ThreadLocal<>();

	/**
	 * Creates a handler.
	 * @param positions the positions of messages
	 */
	public PositionReceiverObservationHandler(MessagePositions positions) {
		this.positions = positions;
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof ReceiverContext<?> receiver && receiver.getKind() == Kind.CONSUMER;
	}

	@Override
	public void onScopeOpened(ReceiverContext<Object> context) {
		Object message = context.getCarrier();
		Scope scope = (message != null)
				? this.positions.incoming(context.getGetter().get(message, MessagePositions.HEADER)) : null;
		if (scope != null) {
			Deque<Opened> opened = this.opened.get();
			if (opened == null) {
				opened = new ArrayDeque<>();
				this.opened.set(opened);
			}
			opened.push(new Opened(context, scope));
		}
	}

	@Override
	public void onScopeClosed(ReceiverContext<Object> context) {
		Deque<Opened> opened = this.opened.get();
		Opened last = (opened != null) ? opened.peek() : null;
		if (opened != null && last != null && last.context == context) {
			opened.pop();
			last.scope.close();
			if (opened.isEmpty()) {
				this.opened.remove();
			}
		}
	}

	/**
	 * The scope that was opened for an observation.
	 *
	 * @param context the observation
	 * @param scope restores the caller
	 */
	private record Opened(Observation.Context context, Scope scope) {

	}

}

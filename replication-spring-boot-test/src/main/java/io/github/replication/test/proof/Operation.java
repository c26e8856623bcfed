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

import java.util.Locale;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * A read or write of one register, and its outcome.
 *
 * @param session the session that it ran for
 * @param instance the instance of the application that ran it
 * @param kind how the register was read or written
 * @param register the register
 * @param span when it ran
 * @param outcome the outcome
 * @param served the answer, {@code null} if there was none
 * @param error the error, {@code null} if there was none
 * @since 0.1.0
 */
public record Operation(long session, String instance, OperationKind kind, int register, Span span, Outcome outcome,
		@Nullable Served served, @Nullable Error error) {

	/**
	 * Creates an operation.
	 * @throws IllegalArgumentException if it succeeded without an answer
	 */
	public Operation {
		Assert.isTrue(outcome != Outcome.OK || served != null, () -> "served must not be null if the outcome is OK");
	}

	/**
	 * The version that was read or written.
	 * @return the version, 0 if the operation has not succeeded
	 */
	public long version() {
		return (this.outcome == Outcome.OK && this.served != null) ? this.served.version() : 0;
	}

	/**
	 * Whether it was acknowledged.
	 * @return {@code true} if the outcome is {@link Outcome#OK}
	 */
	public boolean isOk() {
		return this.outcome == Outcome.OK;
	}

	/**
	 * Whether it had ended before another one began.
	 * @param other another operation
	 * @return {@code false} if they overlap, or the other one was before
	 */
	public boolean isBefore(Operation other) {
		return this.span.completed() <= other.span.invoked();
	}

	@Override
	public String toString() {
		return String.format(Locale.ROOT, "#%d-%d %9.3fs %8.1f ms  session %d  %s of register %d %s  by %s on %s",
				this.span.invoked(), this.span.completed(), seconds(this.span.from()),
				1000 * seconds(this.span.nanos()), this.session, this.kind, this.register,
				isOk() ? "-> " + version() : this.outcome + " " + this.error, this.instance,
				(this.served != null) ? this.served : "?");
	}

	private static double seconds(long nanos) {
		return (double) nanos / TimeUnit.SECONDS.toNanos(1);
	}

	/**
	 * The error of an operation.
	 *
	 * @param state the SQLSTATE, empty if there is none
	 * @param message the messages of the exceptions
	 */
	public record Error(String state, String message) {

		@Override
		public String toString() {
			return this.state + " " + this.message;
		}

	}

}

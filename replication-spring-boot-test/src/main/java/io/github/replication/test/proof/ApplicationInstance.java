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

import java.time.Duration;

import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.BeanFactory;

import io.github.replication.CallerContext;

/**
 * A Spring application that has imported {@link ProofConfiguration}.
 *
 * @since 0.1.0
 */
public final class ApplicationInstance implements Instance {

	private final String name;

	private final Registers registers;

	private final SteppingClock clock;

	private final @Nullable CallerContext callers;

	/**
	 * Creates an instance.
	 * @param name its name
	 * @param application the application's beans
	 */
	public ApplicationInstance(String name, BeanFactory application) {
		this.name = name;
		this.registers = application.getBean(Registers.class);
		this.clock = application.getBean(SteppingClock.class);
		this.callers = application.getBeanProvider(CallerContext.class).getIfAvailable();
	}

	@Override
	public String name() {
		return this.name;
	}

	@Override
	public void prepare(int registers) {
		this.registers.create(registers);
	}

	/**
	 * Speaks to this application's callers alone, where
	 * {@code Replication.withPosition(...)} speaks to those of all applications of the
	 * process. A scope that is not tracked keeps the knowledge of the thread's own caller
	 * apart from the next request.
	 */
	@Override
	public @Nullable String request(@Nullable String token, Runnable work) {
		if (this.callers == null) {
			work.run();
			return null;
		}
		try (CallerContext.Scope apart = this.callers.untracked();
				CallerContext.Scope session = this.callers.withPosition((token != null) ? token : "")) {
			work.run();
			return this.callers.position();
		}
	}

	@Override
	public Served run(OperationKind kind, int register, Runnable inside) {
		return switch (kind) {
			case READ -> this.registers.read(register);
			case READ_IN_TRANSACTION -> this.registers.readInTransaction(register);
			case READ_IN_AUTO_COMMIT -> this.registers.readInAutoCommit(register);
			case READ_INSIDE_WRITE -> this.registers.readInside(register);
			case READ_FRESH -> this.registers.readFresh(register);
			case READ_EVENTUAL -> this.registers.readEventual(register);
			case READ_STRONG -> this.registers.readStrong(register);
			case WRITE -> this.registers.write(register);
			case WRITE_IN_AUTO_COMMIT -> this.registers.writeInAutoCommit(register);
			case WRITE_AROUND_READ -> this.registers.writeAround(register, inside);
			case WRITE_IN_READ_ONLY -> this.registers.writeInReadOnly(register);
		};
	}

	@Override
	public void stepClock(Duration step) {
		this.clock.step(step);
	}

	@Override
	public void occupy(Duration time) {
		this.registers.occupy(time);
	}

}

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

/**
 * One instance of an application that has registers: numbered, each with a version that
 * every write counts up. All instances of a proof work on the same registers. Used by
 * several threads at once.
 *
 * @since 0.1.0
 * @see ApplicationInstance
 */
public interface Instance {

	/**
	 * The name of the instance.
	 * @return a name that no other instance has
	 */
	String name();

	/**
	 * Creates the registers that do not exist yet.
	 * @param registers how many there are to be, numbered from 0
	 */
	void prepare(int registers);

	/**
	 * Runs work for a session, as a request does that brings a token and takes one away.
	 * Nothing else that the thread has done before may count.
	 * @param token the token of the session, {@code null} for none, or several tokens
	 * separated by commas
	 * @param work the work to run on the calling thread
	 * @return the token that the session takes along, {@code null} for none
	 */
	@Nullable String request(@Nullable String token, Runnable work);

	/**
	 * Reads or writes a register, inside of {@link #request}.
	 * @param kind how
	 * @param register the number of the register
	 * @param inside the work of {@link OperationKind#WRITE_AROUND_READ} before it
	 * commits; nothing else runs it
	 * @return the answer
	 * @throws RuntimeException if it fails
	 */
	Served run(OperationKind kind, int register, Runnable inside);

	/**
	 * Keeps a connection of a read pool busy.
	 * @param time how long
	 */
	void occupy(Duration time);

	/**
	 * Lets the instance's time of day leap.
	 * @param step how far, which may be negative
	 */
	void stepClock(Duration step);

}

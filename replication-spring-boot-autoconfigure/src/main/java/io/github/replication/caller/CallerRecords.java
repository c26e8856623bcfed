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

import org.jspecify.annotations.Nullable;

import io.github.replication.CallerContext;
import io.github.replication.CallerContexts;
import io.github.replication.WriteRecord;
import io.github.replication.caller.CallerRecord.Requirement;
import io.github.replication.position.PositionToken;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WriteMark;

/**
 * Finds the record of the current caller: the one opened for the request that the thread
 * works for, else the thread's own.
 *
 * @since 0.1.0
 */
public final class CallerRecords implements WriteRecord, CallerContext, AutoCloseable {

	private final CallerTokens tokens;

	private final ThreadLocal<@Nullable CallerRecord> bound = new ThreadLocal<>();

	private final ThreadLocal<CallerRecord> own;

	/**
	 * The writes that the reads of all threads without a caller have to see.
	 */
	private final AwaitedWrites ofThreads = new AwaitedWrites(null);

	/**
	 * Creates the records of an application.
	 * @param tokens encodes and decodes tokens
	 */
	public CallerRecords(CallerTokens tokens) {
		this.tokens = tokens;
		this.own = ThreadLocal.withInitial(() -> forThread(new AwaitedWrites(this.ofThreads)));
	}

	/**
	 * The record of the current caller.
	 * @return the record to ask and to write to
	 */
	public CallerRecord current() {
		CallerRecord record = this.bound.get();
		return (record != null) ? record : this.own.get();
	}

	/**
	 * Encodes and decodes the tokens of callers.
	 * @return the tokens of this application
	 */
	public CallerTokens tokens() {
		return this.tokens;
	}

	/**
	 * Creates a record for a caller that lives as long as one request.
	 * @param origin finds the guarantee that the caller has brought along, {@code null}
	 * for none
	 * @return a record in which nothing is written yet
	 */
	public CallerRecord forRequest(@Nullable CallerOrigin origin) {
		return new CallerRecord(this.tokens.clock(), window(), this.tokens::rotationOf, origin);
	}

	/**
	 * Creates a record for a caller outside of requests, which does not stay with a node:
	 * its reads are spread.
	 * @return a record in which nothing is written yet
	 */
	public CallerRecord forThread() {
		return forThread(new AwaitedWrites(null));
	}

	private CallerRecord forThread(AwaitedWrites required) {
		return new CallerRecord(this.tokens.clock(), window(), CallerRecord.SPREAD, required, null);
	}

	private long window() {
		return this.tokens.window().toNanos();
	}

	/**
	 * Requires the reads of every thread without a caller to see a write for a while: any
	 * of them may read for the current caller, as the threads of a parallel stream do. A
	 * transaction under way is not concerned.
	 * @param write the write to see
	 * @return ends the requirement; it ends with the window of the write at the latest
	 */
	public Requirement requireInThreads(WriteMark write) {
		return this.ofThreads.add(write, this.tokens.clock().nanoTime() - window());
	}

	/**
	 * Detaches the current thread from its caller: its reads and writes are not the
	 * caller's until the scope is closed. For infrastructure that keeps its own data,
	 * such as sessions, in the same database.
	 * @return restores the caller; to be closed by the same thread
	 */
	public Scope detached() {
		CallerRecord previous = bind(forThread());
		return () -> restore(previous);
	}

	/**
	 * Makes a record the one of the current thread.
	 * @param record the record of the caller that the thread now works for
	 * @return the record that was bound before, for {@link #restore}
	 */
	public @Nullable CallerRecord bind(CallerRecord record) {
		CallerRecord previous = this.bound.get();
		this.bound.set(record);
		return previous;
	}

	/**
	 * Restores the record that {@link #bind} has returned.
	 * @param previous the record bound before, {@code null} for none
	 */
	public void restore(@Nullable CallerRecord previous) {
		if (previous == null) {
			this.bound.remove();
		}
		else {
			this.bound.set(previous);
		}
	}

	@Override
	public boolean hasWritten() {
		return current().hasWritten();
	}

	@Override
	public @Nullable String position() {
		PositionToken token = this.tokens.resolved(current());
		return token.isEmpty() ? null : token.toString();
	}

	@Override
	public Scope withPosition(String position) {
		return inner(this.tokens.decode(position), true);
	}

	@Override
	public Scope untracked() {
		return inner(SessionGuarantee.NONE, false);
	}

	private Scope inner(SessionGuarantee more, boolean tracked) {
		CallerRecord previous = bind(current().inner(more, tracked));
		return () -> restore(previous);
	}

	@Override
	public void close() {
		CallerContexts.remove(this);
	}

	@Override
	public String toString() {
		return "CallerRecords[window=" + this.tokens.window() + "]";
	}

}

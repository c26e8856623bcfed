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

package io.github.replication.integration;

import java.net.Socket;
import java.util.concurrent.atomic.AtomicReference;

import io.github.replication.twin.DriverSocketFactory;

/**
 * Opens the sockets of pgjdbc, and interrupts a thread that opens one. For URLs that name
 * it as their {@code socketFactory}.
 */
public final class InterruptingSocketFactory extends DriverSocketFactory {

	private static final AtomicReference<Thread> INTERRUPTED = new AtomicReference<>();

	/**
	 * The parameter of a URL whose connections interrupt.
	 */
	static String parameter() {
		return "socketFactory=" + InterruptingSocketFactory.class.getName();
	}

	/**
	 * Interrupts the current thread when it opens a connection next.
	 */
	static void interruptNext() {
		INTERRUPTED.set(Thread.currentThread());
	}

	@Override
	public Socket createSocket() {
		if (INTERRUPTED.compareAndSet(Thread.currentThread(), null)) {
			Thread.currentThread().interrupt();
		}
		return new Socket();
	}

}

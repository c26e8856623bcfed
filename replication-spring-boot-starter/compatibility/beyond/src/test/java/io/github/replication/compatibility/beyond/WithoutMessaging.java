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

package io.github.replication.compatibility.beyond;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.autoconfigure.AutoConfigurationImportFilter;
import org.springframework.boot.autoconfigure.AutoConfigurationMetadata;
import org.springframework.context.EnvironmentAware;
import org.springframework.core.env.Environment;

/**
 * Keeps what is about messages out of applications that have none, which start in half
 * the time.
 */
class WithoutMessaging implements AutoConfigurationImportFilter, EnvironmentAware {

	static final String PROPERTY = "test.without-messaging";

	private static final String MESSAGING = "org\\.springframework\\.(cloud"
			+ "|boot\\.(amqp|artemis|integration|jms|kafka))\\..*";

	private boolean active;

	@Override
	public void setEnvironment(Environment environment) {
		this.active = environment.getProperty(PROPERTY, boolean.class, false);
	}

	@Override
	public boolean[] match(@Nullable String[] classes, AutoConfigurationMetadata metadata) {
		boolean[] matches = new boolean[classes.length];
		for (int i = 0; i < classes.length; i++) {
			String name = classes[i];
			matches[i] = !this.active || name == null || !name.matches(MESSAGING);
		}
		return matches;
	}

}

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

package io.github.replication.autoconfigure;

import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.ApplicationContext;

/**
 * A look at the application once it has started, where replicas are configured. An
 * application that was processed ahead of time has it without them as well.
 *
 * @param context the application
 * @param check looks at it
 */
record StartupCheck(ApplicationContext context,
		SmartInitializingSingleton check) implements SmartInitializingSingleton {

	@Override
	public void afterSingletonsInstantiated() {
		if (OnReplicationCondition.isConfigured(this.context)) {
			this.check.afterSingletonsInstantiated();
		}
	}

}

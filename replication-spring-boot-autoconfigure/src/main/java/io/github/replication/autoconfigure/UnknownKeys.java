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

import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.handler.IgnoreTopLevelConverterNotFoundBindHandler;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.UnboundElementsSourceFilter;

/**
 * Stops the start of an application that has a key below {@code replication} which is
 * none of the properties, although no bean binds them. It may be meant to name a replica.
 */
final class UnknownKeys {

	private UnknownKeys() {
	}

	/**
	 * Refuses keys that are no properties.
	 * @param binder binds the environment
	 * @throws org.springframework.boot.context.properties.bind.BindException if there is
	 * such a key
	 */
	static void refuse(Binder binder) {
		binder.bind(ReplicationProperties.PREFIX, Bindable.of(ReplicationProperties.class),
				new NoUnboundElementsBindHandler(new IgnoreTopLevelConverterNotFoundBindHandler(),
						new UnboundElementsSourceFilter()));
	}

}

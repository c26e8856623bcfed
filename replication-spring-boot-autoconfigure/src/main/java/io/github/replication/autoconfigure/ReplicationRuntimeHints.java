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

import java.sql.DatabaseMetaData;

import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.aot.hint.TypeReference;

/**
 * The hints for a native image: the proxy of metadata, and the classes that the driver
 * creates by name.
 */
final class ReplicationRuntimeHints implements RuntimeHintsRegistrar {

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		hints.proxies().registerJdkProxy(DatabaseMetaData.class);
		hints.reflection()
			.registerTypeIfPresent(classLoader, "org.springframework.security.core.context.SecurityContextHolder");
		hints.reflection()
			.registerTypeIfPresent(classLoader, "org.postgresql.ssl.WrappedFactory",
					(driver) -> hints.reflection()
						.registerType(TypeReference.of("io.github.replication.autoconfigure.SslBundleSocketFactory"),
								MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS));
	}

}

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

import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;

import io.github.replication.autoconfigure.ReplicationProperties.Cookie;
import io.github.replication.autoconfigure.ReplicationProperties.SameSite;

/**
 * Refuses settings of cookies that browsers ignore without a word, or that no response
 * can hold (RFC 6265, section 4.1.1; RFC 6265bis, section 4.1.3, on prefixes of names).
 *
 * @param cookie the settings
 */
record CookieSettings(Cookie cookie) {

	private static final String PREFIX = "replication.read-your-writes.cookie.";

	private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.-]+");

	private static final Pattern DOMAIN = Pattern
		.compile("\\.?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*");

	private static final Pattern PATH = Pattern.compile("/[\\x20-\\x3a\\x3c-\\x7e]*");

	private static final String SECURE_PREFIX = "__secure-";

	private static final String HOST_PREFIX = "__host-";

	void validate() {
		String name = this.cookie.getName();
		require(StringUtils.hasText(name) && NAME.matcher(name).matches(), "name", name,
				"This is no name for a cookie.", "Use letters, digits, hyphens, dots and underscores.");
		String domain = this.cookie.getDomain();
		require(domain == null || DOMAIN.matcher(domain).matches(), "domain", domain,
				"A cookie with this domain is never set.",
				"Set the name of a host or of a domain above it, such as example.com, without scheme, port and path.");
		String path = this.cookie.getPath();
		require(path == null || PATH.matcher(path).matches(), "path", path,
				"Browsers ignore a path that does not begin with a slash, and a response can hold no semicolon in it.",
				"Set a path such as /app, or remove the property.");
		validatePrefix(name.toLowerCase(Locale.ROOT));
		require(this.cookie.getSameSite() != SameSite.NONE || !isInsecure(), "same-site", "none",
				"Browsers drop such a cookie unless it is secure.",
				"Remove " + PREFIX + "secure=false, or set same-site to lax.");
	}

	private void validatePrefix(String name) {
		require(!name.startsWith(SECURE_PREFIX) && !name.startsWith(HOST_PREFIX) || isSecure(), "name",
				this.cookie.getName(), "Browsers drop a cookie of such a name unless it is secure.",
				"Set " + PREFIX + "secure=true, or choose another name.");
		require(!name.startsWith(HOST_PREFIX) || (this.cookie.getDomain() == null && "/".equals(this.cookie.getPath())),
				"name", this.cookie.getName(), "Browsers drop a cookie of such a name unless it is of the host alone.",
				"Set " + PREFIX + "path=/ and remove " + PREFIX + "domain, or choose another name.");
	}

	private boolean isSecure() {
		return Boolean.TRUE.equals(this.cookie.getSecure());
	}

	private boolean isInsecure() {
		return Boolean.FALSE.equals(this.cookie.getSecure());
	}

	private static void require(boolean condition, String key, @Nullable String value, String problem, String remedy) {
		if (!condition) {
			throw new InvalidReplicationConfigurationException(PREFIX + key, String.valueOf(value), problem, remedy);
		}
	}

}

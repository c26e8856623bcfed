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

package io.github.replication.web;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.mock.web.MockHttpServletResponse;

import static org.assertj.core.api.Assertions.assertThat;

class SharedCachesTests {

	private final MockHttpServletResponse response = new MockHttpServletResponse();

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "Cache-Control | public | true", "Cache-Control | max-age=0 | true",
					"Cache-Control | S-MaxAge=1 | true", "Cache-Control | s-maxage=1 | true",
					"Cache-Control | 'max-age=1, private' | false", "Cache-Control | 'public, no-store' | false",
					"Cache-Control | no-cache | false", "Cache-Control | 'private=\"a\", max-age=1' | true",
					"Expires | Thu, 01 Jan 1970 00:00:00 GMT | true", "CDN-Cache-Control | max-age=1 | true",
					"CDN-Cache-Control | no-store | false", "Surrogate-Control | max-age=1 | true",
					"Last-Modified | Thu, 01 Jan 1970 00:00:00 GMT | false" })
	void responseIsStoredThatSaysSo(String header, String value, boolean stored) {
		this.response.addHeader(header, value);
		assertThat(SharedCaches.mayStore(this.response)).isEqualTo(stored);
	}

	@Test
	void noHeaderSaysNothing() {
		assertThat(SharedCaches.mayStore(this.response)).isFalse();
	}

	@Test
	void privateResponseIsNotStored() {
		this.response.addHeader("Cache-Control", "public, max-age=60");
		this.response.addHeader("Cache-Control", "s-maxage=600, must-revalidate");
		this.response.addHeader("CDN-Cache-Control", "max-age=60");
		this.response.addHeader("Expires", "Thu, 01 Jan 2099 00:00:00 GMT");
		SharedCaches.makePrivate(this.response);
		assertThat(SharedCaches.mayStore(this.response)).isFalse();
		assertThat(this.response.getHeaders("Cache-Control")).containsExactly("private, max-age=60, must-revalidate");
	}

}

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

package io.github.replication.store;

import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class PositionNamesTests {

	@Test
	void userHasTheNameThatTheApplicationKnows() {
		assertThat(PositionNames.ofUser("alice")).isEqualTo("alice");
		assertThat(PositionNames.ofUser("")).isEmpty();
		assertThat(PositionNames.ofUser("a\u001Fb")).isEqualTo("a\u001Fb");
	}

	@Test
	void noUserHasTheNameOfACacheOrOfAnotherUser() {
		String cache = PositionNames.ofCache("products");
		String key = PositionNames.ofKey("products", "1");
		List<String> users = List.of("products", "cache:products", "key:8:products:1", cache, key, "\u001F" + cache,
				"\u001F", "\u001F\u001F");
		assertThat(users.stream().map(PositionNames::ofUser)).doesNotHaveDuplicates().doesNotContain(cache, key);
	}

	@Test
	void keysOfDifferentCachesAreApart() {
		assertThat(Stream.of(PositionNames.ofKey("a:b", "c"), PositionNames.ofKey("a", "b:c"),
				PositionNames.ofKey("", "a:b:c"), PositionNames.ofKey("a:b:c", ""), PositionNames.ofCache("a:b:c")))
			.doesNotHaveDuplicates();
	}

}

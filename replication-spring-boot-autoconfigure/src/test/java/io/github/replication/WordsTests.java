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

package io.github.replication;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The language of comments and documents. The aim is no form of "tell", fewer than 20
 * times "what" in 10,000 words, and fewer than 8 % of the sentences longer than 30 words.
 * A text that has not reached it has limits of its own, which may only go down.
 */
class WordsTests {

	private static final Path ROOT = Path.of("..");

	private static final int LONG_SENTENCE = 30;

	private static final Pattern TELL = Pattern.compile("(?i)\\b(tell|tells|told|telling)\\b");

	private static final Pattern WHAT = Pattern.compile("(?i)\\bwhat\\b");

	private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z'-]*");

	private static final Pattern COMMENT = Pattern.compile("/\\*\\*(.*?)\\*/|(?<!:)//([^\n]*)", Pattern.DOTALL);

	private static final Pattern PUBLIC_TYPE = Pattern.compile("(?m)^public ");

	private static final Pattern FENCE = Pattern.compile("(?s)```.*?```");

	private static final Pattern SENTENCE_END = Pattern
		.compile("(?<=[.!?])\\s+|\n\\s*\n|\n(?=[-|#])|\\||\\s@\\w+\\s|<p>|</?li>|<ul>");

	@ParameterizedTest
	@CsvSource({ "replication-spring-boot-autoconfigure/src/main/java/io/github/replication, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/actuate, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/autoconfigure, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/balance, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/cache, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/caller, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/interceptor, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/jdbc, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/message, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/metrics, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/node, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/policy, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/position, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/postgres, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/store, 0, 20, 8",
			"replication-spring-boot-autoconfigure/src/main/java/io/github/replication/web, 0, 20, 8",
			"replication-spring-boot-test/src/main/java/io/github/replication/test, 0, 79, 8",
			"replication-spring-boot-test/src/main/java/io/github/replication/test/autoconfigure, 0, 130, 8",
			"replication-spring-boot-test/src/main/java/io/github/replication/test/balance, 0, 66, 8",
			"replication-spring-boot-test/src/main/java/io/github/replication/test/containers, 0, 53, 8",
			"replication-spring-boot-test/src/main/java/io/github/replication/test/proof, 0, 179, 8",
			"replication-spring-boot-test/src/main/java/io/github/replication/test/routing, 0, 58, 8" })
	void commentsKeepTheirLimits(String source, long tell, long what, long longSentences) {
		assertKept(commentsIn(ROOT.resolve(source)), tell, what, longSentences);
	}

	@ParameterizedTest
	@CsvSource({ "CHANGELOG.md, 0, 151, 8", "CONTRIBUTING.md, 0, 155, 8", "README.md, 0, 20, 8",
			"docs/architecture.md, 0, 20, 8", "docs/beyond.md, 0, 20, 8", "docs/connecting.md, 0, 20, 8",
			"docs/jdbc.md, 0, 20, 8", "docs/migrating.md, 0, 20, 8", "docs/nodes.md, 0, 20, 8",
			"docs/operations.md, 0, 20, 8", "docs/performance.md, 0, 20, 21", "docs/platforms.md, 0, 20, 8",
			"docs/properties.md, 0, 20, 8", "docs/read-your-writes.md, 0, 20, 8", "docs/testing.md, 0, 20, 8",
			"docs/troubleshooting.md, 0, 20, 8" })
	void documentsKeepTheirLimits(String document, long tell, long what, long longSentences) throws Exception {
		assertKept(FENCE.matcher(Files.readString(ROOT.resolve(document))).replaceAll(""), tell, what, longSentences);
	}

	@ParameterizedTest
	@ValueSource(strings = { "replication-spring-boot-autoconfigure", "replication-spring-boot-test" })
	void publicTypesSaySinceWhenTheyExist(String module) throws Exception {
		try (Stream<Path> files = Files.walk(ROOT.resolve(module + "/src/main/java"))) {
			assertThat(files.filter((file) -> file.toString().endsWith(".java"))
				.map(WordsTests::read)
				.filter((source) -> PUBLIC_TYPE.matcher(source).find())).isNotEmpty()
				.allSatisfy((source) -> assertThat(PUBLIC_TYPE.split(source)[0]).contains("\n * @since "));
		}
	}

	private static String read(Path file) {
		try {
			return Files.readString(file);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void habitsAreCounted() {
		String text = "It tells that it was told what happened. " + "word ".repeat(LONG_SENTENCE + 1) + ".";
		assertThat(count(TELL, text)).isEqualTo(2);
		assertThat(count(WHAT, text)).isEqualTo(1);
		assertThat(shareOfLongSentences(text)).isEqualTo(50);
	}

	private static void assertKept(String text, long tell, long what, long longSentences) {
		assertThat(count(WORD, text)).as("words").isPositive();
		assertThat(count(TELL, text)).as("forms of tell").isLessThanOrEqualTo(tell);
		assertThat(per10000(count(WHAT, text), text)).as("what in 10,000 words").isLessThanOrEqualTo(what);
		assertThat(shareOfLongSentences(text)).as("percent of long sentences").isLessThanOrEqualTo(longSentences);
	}

	private static String commentsIn(Path folder) {
		try (Stream<Path> files = Files.walk(folder, 1)) {
			return files.filter((file) -> file.toString().endsWith(".java"))
				.sorted()
				.map(WordsTests::comments)
				.collect(Collectors.joining("\n\n"));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static String comments(Path file) {
		StringBuilder comments = new StringBuilder();
		Matcher comment = COMMENT.matcher(read(file));
		while (comment.find()) {
			String text = (comment.group(1) != null) ? comment.group(1) : comment.group(2);
			comments.append(text.replaceAll("(?m)^\\s*\\* ?", "")).append("\n\n");
		}
		return comments.toString();
	}

	private static long count(Pattern pattern, String text) {
		return pattern.matcher(text).results().count();
	}

	private static long per10000(long number, String text) {
		return number * 10_000 / count(WORD, text);
	}

	private static long shareOfLongSentences(String text) {
		List<String> sentences = Arrays.stream(SENTENCE_END.split(text))
			.filter((part) -> count(WORD, part) > 2)
			.toList();
		long tooLong = sentences.stream().filter((sentence) -> count(WORD, sentence) > LONG_SENTENCE).count();
		return tooLong * 100 / Math.max(1, sentences.size());
	}

}

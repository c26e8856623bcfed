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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The language of sources and documents: no form of "tell", in names and messages
 * neither, fewer than 20 times "what" in 10,000 words, and fewer than 8 % of the
 * sentences longer than 30 words.
 */
class WordsTests {

	private static final Path ROOT = Path.of("..");

	private static final int LONG_SENTENCE = 30;

	/**
	 * As a word of a name, too, such as {@code isTold}.
	 */
	private static final Pattern TELL = Pattern
		.compile("(?<![A-Za-z])(?i:tell|tells|told|telling)(?![a-z])|(?<=[a-z])(Tell|Tells|Told|Telling)(?![a-z])");

	private static final Pattern WHAT = Pattern.compile("(?i)\\bwhat\\b");

	private static final Pattern WORD = Pattern.compile("[A-Za-z][A-Za-z'-]*");

	private static final Pattern COMMENT = Pattern.compile("/\\*\\*(.*?)\\*/|(?<!:)//([^\n]*)", Pattern.DOTALL);

	private static final Pattern PUBLIC_TYPE = Pattern.compile("(?m)^public ");

	private static final Pattern FENCE = Pattern.compile("(?s)```.*?```");

	private static final Pattern SENTENCE_END = Pattern
		.compile("(?<=[.!?])\\s+|\n\\s*\n|\n(?=[-|#])|\\||\\s@\\w+\\s|<p>|</?li>|<ul>");

	private static final long TOO_MANY_WHAT = 20;

	private static final long TOO_MANY_LONG_SENTENCES = 8;

	private static final List<String> MODULES = List.of("replication-spring-boot-autoconfigure",
			"replication-spring-boot-test", "sample-app", "benchmarks");

	/**
	 * Written by runs of benchmarks, of the proof, of mutations and of Patroni.
	 */
	private static final List<String> GENERATED = List.of("docs/benchmarks.md", "docs/mutations.md", "docs/patroni.md",
			"docs/proof.md");

	static Stream<Arguments> packages() throws IOException {
		List<Arguments> packages = new ArrayList<>();
		for (String module : MODULES) {
			Path root = ROOT.resolve(module + "/src/main/java/io/github/replication");
			try (Stream<Path> files = Files.walk(root)) {
				files.filter((file) -> file.endsWith("package-info.java"))
					.map(Path::getParent)
					.sorted()
					.forEach((folder) -> packages.add(Arguments.of(root.relativize(folder).toString(), folder)));
			}
		}
		return packages.stream();
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("packages")
	void commentsKeepTheirLimits(String name, Path folder) {
		assertKept(commentsIn(folder));
	}

	static Stream<String> modules() {
		return MODULES.stream();
	}

	@ParameterizedTest
	@MethodSource("modules")
	void namesAndMessagesKeepTheirLimits(String module) throws Exception {
		try (Stream<Path> files = Files.walk(ROOT.resolve(module + "/src"))) {
			assertThat(files.filter((file) -> file.toString().endsWith(".java") && !file.endsWith("WordsTests.java")))
				.isNotEmpty()
				.allSatisfy((file) -> assertThat(count(TELL, read(file))).as("forms of tell").isZero());
		}
	}

	static Stream<String> documents() throws IOException {
		return StreamSupport.stream(DocumentationTests.documents().spliterator(), false)
			.filter((document) -> !GENERATED.contains(document));
	}

	@ParameterizedTest
	@MethodSource("documents")
	void documentsKeepTheirLimits(String document) throws Exception {
		assertKept(FENCE.matcher(Files.readString(ROOT.resolve(document))).replaceAll(""));
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
		assertThat(count(TELL, text + " wasTold tellAll TOLD intellect Tellers")).isEqualTo(5);
		assertThat(count(WHAT, text)).isEqualTo(1);
		assertThat(shareOfLongSentences(text)).isEqualTo(50);
	}

	private static void assertKept(String text) {
		assertThat(count(WORD, text)).as("words").isPositive();
		assertThat(count(TELL, text)).as("forms of tell").isZero();
		assertThat(per10000(count(WHAT, text), text)).as("what in 10,000 words").isLessThan(TOO_MANY_WHAT);
		assertThat(shareOfLongSentences(text)).as("percent of long sentences").isLessThan(TOO_MANY_LONG_SENTENCES);
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

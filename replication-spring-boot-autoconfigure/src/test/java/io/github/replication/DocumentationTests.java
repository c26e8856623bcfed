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
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.jayway.jsonpath.JsonPath;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import io.github.replication.metrics.ReplicationMeter;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the documents list is what there is.
 */
class DocumentationTests {

	private static final Path ROOT = Path.of("..");

	private static final Pattern ROW = Pattern.compile("(?m)^\\| (`replication\\..*?) \\| (.*?) \\| .* \\|$");

	private static final Pattern NAME = Pattern.compile("`([^`]+)`");

	/**
	 * A name in capitals and small letters, alone or before its methods.
	 */
	private static final Pattern CODE = Pattern.compile("`([A-Z][a-z]+(?:[A-Z][a-z]+)*)[`.]");

	private static final Pattern RULE = Pattern.compile("(?m)^\\| (.*?) \\| (.*?) \\| (.*?) \\|$");

	private static final Set<String> FOREIGN_TYPES = Set.of("AbstractRoutingDataSource", "DataSource");

	private static final Pattern LONG = Pattern.compile("(?m)^\\s*@Tag\\(\"long\"\\)$");

	private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

	private static final Pattern LINK = Pattern.compile("]\\(([^)#:]*)(?:#([^)]*))?\\)");

	private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.*)$");

	@Test
	void everyClassInTheArchitectureExists() throws Exception {
		Set<String> types = typesOfTheProject();
		Set<String> named = CODE.matcher(read("docs/architecture.md"))
			.results()
			.map((code) -> code.group(1))
			.filter((name) -> !FOREIGN_TYPES.contains(name))
			.collect(Collectors.toCollection(TreeSet::new));
		assertThat(named).hasSizeGreaterThan(100).allMatch(types::contains);
	}

	private static Set<String> typesOfTheProject() throws IOException {
		return sources("/src/").keySet();
	}

	private static Map<String, Path> sources(String part) throws IOException {
		try (Stream<Path> files = Files.walk(ROOT)) {
			return files.filter((file) -> file.toString().contains(part))
				.filter((file) -> file.toString().endsWith(".java"))
				.collect(Collectors.toMap(DocumentationTests::typeOf, Function.identity(), (one, other) -> one));
		}
	}

	private static String typeOf(Path source) {
		String name = source.getFileName().toString();
		return name.substring(0, name.length() - ".java".length());
	}

	@Test
	void everyRuleLivesInAClassAndHasATest() throws Exception {
		Set<String> classes = sources("/src/main/").keySet();
		Set<String> tests = sources("/src/test/").keySet();
		assertThat(rules()).hasSizeGreaterThan(30).allSatisfy((rule) -> {
			assertThat(names(rule.classes())).isNotEmpty().allMatch(classes::contains);
			assertThat(names(rule.tests())).isNotEmpty()
				.allMatch((name) -> tests.contains(name) && name.endsWith("Tests"));
		});
	}

	@Test
	void everyReasonIsInATestOfItsRule() throws Exception {
		Map<String, Path> tests = sources("/src/test/");
		for (Reason reason : Reason.values()) {
			assertThat(rules()).filteredOn((rule) -> names(rule.rule()).contains(reason.name()))
				.as(reason.name())
				.singleElement()
				.satisfies((rule) -> assertThat(names(rule.tests())).map(tests::get)
					.anySatisfy((test) -> assertThat(test).content().containsPattern("\\b" + reason + "\\b")));
		}
	}

	private static List<Rule> rules() {
		String architecture = read("docs/architecture.md");
		int start = architecture.indexOf("## Where each rule lives");
		return RULE.matcher(architecture.substring(start, architecture.indexOf("\n## ", start + 1)))
			.results()
			.map((row) -> new Rule(row.group(1), row.group(2), row.group(3)))
			.filter((rule) -> rule.classes().contains("`"))
			.toList();
	}

	private static List<String> names(String cell) {
		return NAME.matcher(cell).results().map((match) -> match.group(1)).toList();
	}

	@Test
	void everyTestThatTakesLongIsListed() throws Exception {
		String document = read("CONTRIBUTING.md");
		int start = document.indexOf("### The tests that take long");
		Set<String> listed = RULE.matcher(document.substring(start, document.indexOf("\n### ", start + 1)))
			.results()
			.flatMap((row) -> names(row.group(1)).stream())
			.collect(Collectors.toCollection(TreeSet::new));
		Set<String> tagged = new TreeSet<>();
		try (Stream<Path> files = Files.walk(ROOT)) {
			for (Path file : files.filter(DocumentationTests::isTest).toList()) {
				if (LONG.matcher(Files.readString(file)).find()) {
					tagged.add(typeOf(file));
				}
			}
		}
		assertThat(tagged).isNotEmpty().isEqualTo(listed);
	}

	private static boolean isTest(Path file) {
		return file.toString().contains("/src/test/") && file.toString().endsWith("Tests.java");
	}

	@Test
	void readmeIsShort() throws Exception {
		assertThat(read("README.md").lines()).hasSizeBetween(100, 200).allMatch((line) -> line.length() <= 100);
	}

	@Test
	void everyPackageIsInTheArchitecture() throws Exception {
		String architecture = read("docs/architecture.md");
		try (Stream<Path> packages = Files.list(Path.of("src/main/java/io/github/replication"))) {
			assertThat(packages.filter(Files::isDirectory))
				.allSatisfy((name) -> assertThat(architecture).contains("`" + name.getFileName() + "`"));
		}
	}

	@Test
	void everyMeterIsListed() throws Exception {
		String table = Stream.of(ReplicationMeter.values()).map(DocumentationTests::row).collect(Collectors.joining());
		assertThat(read("docs/operations.md")).contains("| --- | --- | --- | --- | --- |\n" + table + "\n");
	}

	private static String row(ReplicationMeter meter) {
		return "| `" + meter.meterName() + "` | " + meter.kind().name().toLowerCase(Locale.ROOT) + " | "
				+ ((meter.unit() != null) ? meter.unit() : "") + " | "
				+ meter.tags().stream().map((tag) -> "`" + tag + "`").collect(Collectors.joining(", ")) + " | "
				+ meter.description() + " |\n";
	}

	@Test
	void everyReasonIsExplained() throws Exception {
		String readme = read("README.md");
		for (Reason reason : Reason.values()) {
			assertThat(readme).contains("`" + reason + "`");
		}
	}

	@Test
	void everyStateIsExplained() throws Exception {
		for (NodeState state : NodeState.values()) {
			assertThat(documents())
				.anySatisfy((document) -> assertThat(read(document)).contains("| `" + state + "` |"));
		}
	}

	@Test
	void everyPropertyIsListedWithItsDefault() throws Exception {
		Map<String, String> documented = documentedProperties();
		Map<String, Object> properties = properties();
		properties.forEach((name, value) -> {
			assertThat(documented).as("documented properties").containsKey(name);
			if (value != null) {
				assertThat(documented.get(name)).as("default of " + name).startsWith("`" + value);
			}
		});
		assertThat(documented.keySet()).as("properties that exist")
			.allMatch((name) -> properties.containsKey(name) || name.startsWith("replication.replicas.<name>."));
	}

	private static Map<String, String> documentedProperties() {
		Map<String, String> documented = new TreeMap<>();
		Matcher rows = ROW.matcher(read("docs/properties.md"));
		while (rows.find()) {
			String first = null;
			for (String name : NAME.matcher(rows.group(1)).results().map((match) -> match.group(1)).toList()) {
				first = (first != null) ? first : name;
				documented.put(name.startsWith(".") ? first.substring(0, first.lastIndexOf('.')) + name : name,
						rows.group(2));
			}
		}
		return documented;
	}

	private static Map<String, Object> properties() throws IOException {
		try (InputStream metadata = ReadOnly.class.getClassLoader()
			.getResourceAsStream("META-INF/spring-configuration-metadata.json")) {
			Map<String, Object> properties = new LinkedHashMap<>();
			for (Map<String, Object> property : JsonPath.parse(metadata)
				.<Iterable<Map<String, Object>>>read("$.properties")) {
				String name = (String) property.get("name");
				if (name.startsWith("replication.") && !name.equals("replication.replicas")) {
					properties.put(name, property.get("defaultValue"));
				}
			}
			return properties;
		}
	}

	@ParameterizedTest
	@MethodSource("documents")
	void everyExampleIsCompiled(String document) throws Exception {
		String compiled = compiledExamples();
		for (MatchResult example : EXAMPLE.matcher(read(document)).results().toList()) {
			assertThat(compiled).contains(withoutSpace(example.group(1)));
		}
	}

	private static String compiledExamples() throws IOException {
		StringBuilder compiled = new StringBuilder();
		for (String module : List.of("replication-spring-boot-autoconfigure", "replication-spring-boot-test",
				"replication-spring-boot-starter/compatibility/beyond",
				"replication-spring-boot-starter/compatibility/integrations",
				"replication-spring-boot-starter/compatibility/wrappers")) {
			try (Stream<Path> sources = Files
				.list(ROOT.resolve(module + "/src/test/java/io/github/replication/documentation"))) {
				for (Path source : sources.toList()) {
					compiled.append(withoutSpace(Files.readString(source)));
				}
			}
		}
		return compiled.toString();
	}

	private static String withoutSpace(String text) {
		return text.replaceAll("\\s+", "");
	}

	@ParameterizedTest
	@MethodSource("documents")
	void everyLinkLeadsSomewhere(String document) throws Exception {
		Path folder = ROOT.resolve(document).resolveSibling("");
		for (MatchResult link : LINK.matcher(read(document)).results().toList()) {
			Path target = link.group(1).isEmpty() ? ROOT.resolve(document) : folder.resolve(link.group(1));
			assertThat(target).exists();
			if (link.group(2) != null) {
				assertThat(anchors(Files.readString(target))).as(document).contains(link.group(2));
			}
		}
	}

	private static TreeSet<String> anchors(String text) {
		return HEADING.matcher(text)
			.results()
			.map((heading) -> heading.group(1).toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9 -]", "").replace(' ', '-'))
			.collect(Collectors.toCollection(TreeSet::new));
	}

	static Iterable<String> documents() throws IOException {
		try (Stream<Path> documents = Files.list(ROOT.resolve("docs"))) {
			return Stream.concat(
					Stream.of("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "sample-app/README.md",
							"docs/operations/README.md"),
					documents.map((document) -> "docs/" + document.getFileName())
						.filter((document) -> document.endsWith(".md"))
						.sorted())
				.toList();
		}
	}

	private static String read(String document) {
		try {
			return Files.readString(ROOT.resolve(document));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private record Rule(String rule, String classes, String tests) {

	}

}

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

package io.github.replication.sample;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.TakesScreenshot;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.ClassPathResource;

import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page in a browser: its stories work as they are told, without an error of a script.
 */
@EnabledIf(value = "isBrowserInstalled", disabledReason = "There is no chromium with its driver in /usr/bin")
class NewsroomPageTests {

	private static final Path BROWSER = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	private static Launcher launcher;

	private static int port;

	private static PostgresCluster cluster;

	@TempDir
	private Path profile;

	private WebDriver browser;

	private WebDriverWait wait;

	static boolean isBrowserInstalled() {
		return Files.isExecutable(BROWSER) && Files.isExecutable(DRIVER);
	}

	@BeforeAll
	static void startNewsroom() {
		launcher = new Launcher("--server.port=0");
		ConfigurableApplicationContext context = launcher.start();
		port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
		cluster = context.getBean(PostgresCluster.class);
	}

	@AfterAll
	static void endNewsroom() {
		launcher.close();
	}

	@BeforeEach
	void open() {
		this.browser = newBrowser("one");
		this.wait = new WebDriverWait(this.browser, Duration.ofSeconds(90));
		this.wait.withMessage(() -> text("#story") + texts("[data-node]") + texts("#letters"));
		openPage();
	}

	private WebDriver newBrowser(String user) {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(BROWSER.toString());
		options.addArguments("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--disable-dev-shm-usage", "--window-size=1280,1000", "--user-data-dir=" + this.profile.resolve(user));
		LoggingPreferences logs = new LoggingPreferences();
		logs.enable(LogType.BROWSER, Level.ALL);
		options.setCapability("goog:loggingPrefs", logs);
		ChromeDriverService driver = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
		return new ChromeDriver(driver, options);
	}

	private void openPage() {
		this.browser.get("http://localhost:" + port + "/");
		this.wait.until((page) -> {
			List<String> states = texts("[data-node] .state");
			return states.size() == 3 && states.stream().allMatch("serves"::equals);
		});
		this.wait.until((page) -> !texts("article h2").isEmpty());
	}

	@AfterEach
	void close() {
		this.browser.quit();
		cluster.reset();
	}

	@Test
	void pageShowsArticlesAndServers() throws Exception {
		assertThat(texts("[data-node] h3")).anyMatch((text) -> text.contains("primary") && text.contains("serves"))
			.anyMatch((text) -> text.contains("replica-1"));
		assertThat(text("article .by .mark")).contains("replica-").contains("READ_ONLY");
		screenshot("newsroom");
		assertNoErrors();
	}

	@Test
	void commentVanishesOnlyWithoutReadYourWrites() throws Exception {
		press("[data-story='comment']");
		next("Switch read-your-writes off");
		next("Hold the replicas back");
		next("Write a comment");
		this.wait
			.until((page) -> text("#story dd.wrong").startsWith("nothing: your comment has vanished from replica-"));
		screenshot("story-comment-off");
		next("Switch read-your-writes on");
		next("Comment again");
		this.wait.until((page) -> text("#story dd.right").contains("from primary"));
		assertThat(text("#story dd.right")).startsWith("Is this still here?");
		screenshot("story-comment-on");
		last("Let the replicas go");
		assertNoErrors();
	}

	@Test
	void cacheKeepsThePastOnlyWithoutReadYourWrites() throws Exception {
		press("[data-story='cache']");
		next("Switch read-your-writes off");
		next("Hold the replicas back");
		next("Change a headline");
		this.wait.until((page) -> text("#story dd.wrong").contains("from replica-"));
		next("Wait until the replicas have it");
		this.wait.until((page) -> text("#story dd.wrong").endsWith("from the cache"));
		screenshot("story-cache-off");
		next("Switch read-your-writes on");
		next("Hold the replicas back");
		next("Change it again");
		this.wait.until((page) -> text("#story dd.right").contains("from primary"));
		screenshot("story-cache-on");
		last("Let the replicas go");
		assertNoErrors();
	}

	@Test
	void messageOutrunsItsDataOnlyWithoutReadYourWrites() throws Exception {
		press("[data-story='message']");
		next("Switch read-your-writes off");
		next("Hold the replicas back");
		next("Publish an article");
		this.wait.until((page) -> text("#story dd.wrong").startsWith("did not find the article: the letter is lost"));
		screenshot("story-message-off");
		next("Switch read-your-writes on");
		next("Publish again");
		this.wait.until((page) -> text("#story dd.right").contains("from primary"));
		assertThat(text("#story dd.right")).startsWith("writes about");
		screenshot("story-message-on");
		last("Let the replicas go");
		assertNoErrors();
	}

	@Test
	void replicaDiesAndComesBack() throws Exception {
		press("[data-story='replica']");
		next("Let readers come");
		this.wait.until((page) -> text("#load").matches("[1-9]\\d* visits.*"));
		next("Kill one replica");
		this.wait.until((page) -> texts("[data-node] .state").contains("cannot be reached"));
		screenshot("story-replica");
		next("Bring it back");
		this.wait.until((page) -> texts("[data-node] .state").stream().allMatch("serves"::equals));
		last("Send the readers away");
		assertThat(text("#load")).contains(" 0 failed. 0 changes");
		assertNoErrors();
	}

	@Test
	void primaryDiesAndWritesComeBack() throws Exception {
		press("[data-story='primary']");
		next("Kill the primary");
		this.wait.until((page) -> texts("[data-node] .state").contains("cannot be reached"));
		next("Make a replica the primary");
		this.wait.until((page) -> texts("[data-node] h3").stream()
			.anyMatch((text) -> text.startsWith("replica-") && text.contains("primary")));
		screenshot("story-primary");
		last("Bring the old primary back");
		this.wait.until((page) -> texts("[data-node] .state").stream().allMatch("serves"::equals));
		assertNoErrors();
	}

	@Test
	void replicaIsAddedAndRemoved() {
		press("#add button");
		this.wait.until((page) -> texts("[data-node='replica-3'] .state").equals(List.of("serves")));
		press("[aria-label='Remove: replica-3']");
		this.wait.until((page) -> texts("[data-node]").size() == 3);
		assertNoErrors();
	}

	@Test
	void secondUserReadsTheOldStateWhileTheFirstSeesTheOwnChange() {
		cluster.replicas().forEach((replica) -> replica.applyDelay(Duration.ofMinutes(1)));
		WebDriver first = this.browser;
		WebDriver second = newBrowser("two");
		try {
			this.browser = second;
			openPage();
			this.browser = first;
			press("article summary");
			this.wait.until((page) -> !texts("article[data-id] form input").isEmpty());
			type("article input[name='author']", "Ada");
			type("article input[name='text']", "Only I see this.");
			press("article form button");
			this.wait.until((page) -> texts("article li").stream()
				.anyMatch((text) -> text.contains("Only I see this.") && text.contains("from primary (BEHIND)")));
			String article = (String) ((ChromeDriver) first)
				.executeScript("return document.querySelector('article').dataset.id");
			this.browser = second;
			press("article[data-id='" + article + "'] summary");
			new WebDriverWait(second, Duration.ofSeconds(90))
				.until((page) -> text("#served").startsWith("Your page came from replica-"));
			assertThat(texts("article li")).noneMatch((text) -> text.contains("Only I see this."));
			assertNoErrors();
		}
		finally {
			this.browser = first;
			second.quit();
		}
		assertNoErrors();
	}

	private void type(String selector, String text) {
		this.browser.findElement(By.cssSelector(selector)).sendKeys(text);
	}

	@Test
	void leverThatCannotBePulledIsExplained() {
		press("[aria-label='Start: replica-1']");
		this.wait.until((page) -> text("#lever-problem").equals("replica-1 runs already."));
	}

	@ParameterizedTest
	@ValueSource(strings = { "light", "dark" })
	void pageIsAccessible(String scheme) throws Exception {
		((ChromeDriver) this.browser).executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
		press("[data-story='comment']");
		press("article summary");
		this.wait.until((page) -> !texts("article li").isEmpty());
		screenshot("newsroom-" + scheme);
		assertThat(violations()).isEmpty();
	}

	/**
	 * What axe-core takes for a serious or critical obstacle.
	 */
	@SuppressWarnings("unchecked")
	private List<String> violations() throws IOException {
		((ChromeDriver) this.browser)
			.executeScript(new ClassPathResource("axe.min.js").getContentAsString(StandardCharsets.UTF_8));
		this.browser.manage().timeouts().scriptTimeout(Duration.ofSeconds(60));
		return (List<String>) ((ChromeDriver) this.browser).executeAsyncScript("""
				const done = arguments[arguments.length - 1];
				axe.run().then(result => done(result.violations
					.filter(violation => ['serious', 'critical'].includes(violation.impact))
					.map(violation => violation.id + ': ' + violation.nodes.map(node => node.target).join(', '))));
				""");
	}

	/**
	 * Takes a step of a story, and waits until it is done.
	 */
	private void next(String label) {
		this.wait.until((page) -> button(label));
		press("#story button.next");
		this.wait.until((page) -> !button(label) && !texts("#story button.next").isEmpty());
	}

	private void last(String label) {
		this.wait.until((page) -> button(label));
		press("#story button.next");
		this.wait.until((page) -> texts("#story button").equals(List.of("Done")));
	}

	private boolean button(String label) {
		return texts("#story button.next").contains(label);
	}

	private void press(String selector) {
		this.browser.findElement(By.cssSelector(selector)).click();
	}

	private String text(String selector) {
		List<String> texts = texts(selector);
		return texts.isEmpty() ? "" : texts.get(0);
	}

	/**
	 * The texts of the elements at one moment, since the page changes all the time.
	 */
	@SuppressWarnings("unchecked")
	private List<String> texts(String selector) {
		Object texts = ((ChromeDriver) this.browser).executeScript(
				"return [...document.querySelectorAll(arguments[0])].map(element => element.innerText.trim())",
				selector);
		return (List<String>) texts;
	}

	private void screenshot(String name) throws Exception {
		Path folder = Files.createDirectories(Path.of("target/screenshots"));
		Files.write(folder.resolve(name + ".png"), ((TakesScreenshot) this.browser).getScreenshotAs(OutputType.BYTES));
	}

	/**
	 * There is no error but that the newsroom did not answer while it was starting again.
	 */
	private void assertNoErrors() {
		assertThat(this.browser.manage().logs().get(LogType.BROWSER).getAll())
			.filteredOn((entry) -> entry.getLevel().equals(Level.SEVERE) && !entry.getMessage().contains("net::ERR_"))
			.extracting(LogEntry::getMessage)
			.isEmpty();
	}

}

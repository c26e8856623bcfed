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

import org.junit.jupiter.api.AfterEach;
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

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.core.io.ClassPathResource;
import org.springframework.test.annotation.DirtiesContext;

import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page in a browser: its stories work as they are told, without an error of a script.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@DirtiesContext
@EnabledIf(value = "isBrowserInstalled", disabledReason = "There is no chromium with its driver in /usr/bin")
class NewsroomPageTests {

	private static final Path BROWSER = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	@LocalServerPort
	private int port;

	@Autowired
	private PostgresCluster cluster;

	@TempDir
	private Path profile;

	private WebDriver browser;

	private WebDriverWait wait;

	static boolean isBrowserInstalled() {
		return Files.isExecutable(BROWSER) && Files.isExecutable(DRIVER);
	}

	@BeforeEach
	void open() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(BROWSER.toString());
		options.addArguments("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--disable-dev-shm-usage", "--window-size=1280,1000", "--user-data-dir=" + this.profile);
		LoggingPreferences logs = new LoggingPreferences();
		logs.enable(LogType.BROWSER, Level.ALL);
		options.setCapability("goog:loggingPrefs", logs);
		ChromeDriverService driver = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
		this.browser = new ChromeDriver(driver, options);
		this.wait = new WebDriverWait(this.browser, Duration.ofSeconds(30));
		this.browser.get("http://localhost:" + this.port + "/");
		this.wait.until((page) -> texts("[data-node] .state").equals(List.of("serves", "serves", "serves")));
		this.wait.until((page) -> !texts("article h2").isEmpty());
	}

	@AfterEach
	void close() {
		this.browser.quit();
		this.cluster.reset();
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
	void commentDoesNotVanishWhileTheReplicasAreHeldBack() throws Exception {
		press("[data-story='comment']");
		next("Hold the replicas back");
		next("Write a comment");
		this.wait.until((page) -> texts("article li").stream()
			.anyMatch((text) -> text.contains("Is this still here?") && text.contains("from primary (BEHIND)")));
		screenshot("vanishing-comment");
		this.wait.until((page) -> button("Look again"));
		next("Look again");
		this.wait.until((page) -> button("Look again") || button("Let the replicas go"));
		assertNoErrors();
	}

	@Test
	void replicaDiesAndComesBack() throws Exception {
		press("[data-story='replica']");
		next("Let visitors read");
		next("Kill one replica");
		this.wait.until((page) -> texts("[data-node] .state").contains("cannot be reached"));
		screenshot("replica-dies");
		next("Bring it back");
		this.wait.until((page) -> texts("[data-node] .state").stream().allMatch("serves"::equals));
		next("Send the visitors away");
		assertNoErrors();
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

	private void next(String label) {
		this.wait.until((page) -> button(label));
		press("#story button.next");
		this.wait.until((page) -> !button(label) || label.equals("Look again"));
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

	private void assertNoErrors() {
		assertThat(this.browser.manage().logs().get(LogType.BROWSER).getAll())
			.filteredOn((entry) -> entry.getLevel().equals(Level.SEVERE))
			.extracting(LogEntry::getMessage)
			.isEmpty();
	}

}

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
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.TakesScreenshot;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebDriverException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.support.ui.WebDriverWait;

import org.springframework.context.ApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.io.ClassPathResource;
import org.springframework.test.util.ReflectionTestUtils;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.test.PostgresCluster;
import io.github.replication.test.PostgresNode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The page in a browser: its stories work as they are written, without an error of a
 * script.
 */
@EnabledIf(value = "isBrowserInstalled", disabledReason = "There is no chromium with its driver in /usr/bin")
@Timeout(value = 15, unit = TimeUnit.MINUTES)
@Tag("long")
class NewsroomPageTests {

	private static final Path BROWSER = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	private static final Path PICTURES = Path.of("target/screenshots");

	/**
	 * The pictures of the documents, taken anew with {@code -Dnewsroom.pictures=true}.
	 */
	private static final Path DOCUMENTED = Path.of("../docs/images");

	private static final int WIDE = 1280;

	private static final int NARROW = 400;

	private static final int HEIGHT = 857;

	/**
	 * A limit for a machine that has much else to do.
	 */
	private static final Duration PATIENCE = Duration.ofMinutes(4);

	private static final Duration POLL = Duration.ofMillis(100);

	/**
	 * An article that has a comment from the beginning.
	 */
	private static final String STORKS = "article[data-id='3']";

	/**
	 * Marks of what a server has served that is a replica, or the primary, at that
	 * moment.
	 */
	private static final String FROM_REPLICA = "from (replica-\\d|primary, now a replica)";

	private static final String FROM_PRIMARY = "from (primary|replica-\\d, now the primary)";

	private static final String UNPROTECTED = FROM_REPLICA + ": any replica may serve a read \\(READ_ONLY\\)";

	private static final String BEHIND = FROM_PRIMARY + ": no replica has your latest change yet \\(BEHIND\\)";

	private static Launcher launcher;

	private static int port;

	private static PostgresCluster cluster;

	@TempDir
	private static Path profiles;

	/**
	 * The browser of the first user, who is somebody else in each test. To start one
	 * takes longer than many a test.
	 */
	private static WebDriver firstBrowser;

	private WebDriver browser;

	private WebDriverWait wait;

	static boolean isBrowserInstalled() {
		return Files.isExecutable(BROWSER) && Files.isExecutable(DRIVER);
	}

	/**
	 * A busy machine is no reason to take a server out of rotation. Where no server is
	 * left, that is to be known soon.
	 */
	@BeforeAll
	static void startNewsroom() {
		launcher = new Launcher("--server.port=0", "--replication.monitor.timeout=10s", "--replication.max-lag=10m",
				"--spring.datasource.hikari.connection-timeout=10000");
		ConfigurableApplicationContext context = launcher.start();
		port = context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
		cluster = context.getBean(PostgresCluster.class);
	}

	@AfterAll
	static void endNewsroom() {
		try {
			quit();
		}
		finally {
			launcher.close();
		}
	}

	private static void quit() {
		WebDriver browser = firstBrowser;
		firstBrowser = null;
		if (browser != null) {
			browser.quit();
		}
	}

	@BeforeEach
	void open() throws Exception {
		Visitor visitor = new Visitor(port);
		if (!isByPosition(visitor)) {
			visitor.post("/api/cluster/read-your-writes?mode=position", "");
			Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> isByPosition(visitor));
		}
		if (firstBrowser == null) {
			firstBrowser = newBrowser("one");
		}
		this.browser = firstBrowser;
		this.wait = patience(this.browser);
		resize(this.browser, WIDE);
		openPage();
	}

	private static boolean isByPosition(Visitor visitor) throws Exception {
		return visitor.get("/api/cluster").body().contains("\"mode\":\"position\"");
	}

	private WebDriverWait patience(WebDriver browser) {
		WebDriverWait wait = new WebDriverWait(browser, PATIENCE, POLL);
		wait.ignoring(WebDriverException.class);
		wait.withMessage(() -> text("#served") + text("#story") + texts("[data-node]") + texts("#letters"));
		return wait;
	}

	private WebDriver newBrowser(String user) {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(BROWSER.toString());
		options.addArguments("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
				"--disable-background-networking", "--disable-component-update", "--disable-sync",
				"--disable-dev-shm-usage", "--disable-back-forward-cache",
				"--user-data-dir=" + profiles.resolve(user + "-" + UUID.randomUUID()));
		LoggingPreferences logs = new LoggingPreferences();
		logs.enable(LogType.BROWSER, Level.ALL);
		options.setCapability("goog:loggingPrefs", logs);
		ChromeDriverService driver = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile()).build();
		ChromeDriver browser = new ChromeDriver(driver, options);
		resize(browser, WIDE);
		return browser;
	}

	private static void resize(WebDriver browser, int width) {
		((ChromeDriver) browser).executeCdpCommand("Emulation.setDeviceMetricsOverride",
				Map.of("width", width, "height", HEIGHT, "deviceScaleFactor", 1, "mobile", false));
	}

	private void openPage() {
		this.browser.get("http://localhost:" + port + "/");
		this.wait.until((page) -> mode().equals("position") && allServe(3));
		this.wait.until((page) -> !texts("article h2").isEmpty());
	}

	private String mode() {
		return (String) script("return document.getElementById('mode').value");
	}

	private boolean allServe(int servers) {
		List<String> states = texts("[data-node] .state");
		return states.size() == servers && states.stream().allMatch("serves"::equals);
	}

	@AfterEach
	void close() throws Exception {
		try {
			forget();
		}
		catch (WebDriverException ex) {
			// The next test has another browser.
			quit();
		}
		finally {
			cluster.reset();
		}
		for (PostgresNode replica : cluster.replicas()) {
			new Visitor(port).post("/api/cluster/" + replica.name() + "/delay?seconds=0", "");
			new Visitor(port).post("/api/cluster/" + replica.name() + "/resume", "");
		}
	}

	/**
	 * Lets the browser forget who the user was and what the test wished and saw. It keeps
	 * no page to go back to either, whose stream of events would take one of its few
	 * connections.
	 */
	private void forget() {
		this.browser.get("about:blank");
		((ChromeDriver) this.browser).executeCdpCommand("Network.clearBrowserCookies", Map.of());
		((ChromeDriver) this.browser).executeCdpCommand("Emulation.setEmulatedMedia", Map.of("features", List.of()));
		this.browser.manage().logs().get(LogType.BROWSER);
	}

	@Test
	void pageShowsArticlesAndServers() throws Exception {
		assertThat(texts("[data-node] h3")).hasSize(3)
			.anyMatch((text) -> text.startsWith("replica-") && text.endsWith("serves"));
		assertThat(texts("[data-node] .position"))
			.allMatch((text) -> text.matches("Place in the log of changes: [0-9A-F]+/[0-9A-F]+"));
		assertThat(texts("article .by .mark")).hasSizeGreaterThan(2)
			.allMatch((text) -> text.matches(FROM_REPLICA + ": it has all that you must see \\(READ_ONLY\\)"));
		screenshot("newsroom");
		assertNoErrors();
	}

	@Test
	void commentVanishesOnlyWithoutReadYourWrites() throws Exception {
		press("[data-story='comment']");
		next("Switch read-your-writes off");
		next("Hold the replicas back");
		next("Write a comment");
		assertThat(text("#story dd.wrong")).matches("nothing: your comment has vanished " + UNPROTECTED);
		screenshot("story-comment-off");
		next("Switch read-your-writes on");
		next("Comment again");
		assertThat(text("#story dd.right")).matches("Is this still here\\? \\(.*\\) " + BEHIND);
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
		String past = text("#story dd.wrong");
		assertThat(past).matches(".+ " + UNPROTECTED);
		next("Wait until the replicas have it");
		assertThat(text("#story dd.wrong")).isEqualTo(past.split(" from ")[0] + " from the cache");
		screenshot("story-cache-off");
		next("Switch read-your-writes on");
		next("Hold the replicas back");
		next("Change it again");
		assertThat(text("#story dd.right")).matches("Changed at .* " + BEHIND);
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
		assertThat(text("#story dd.wrong")).matches("did not find the article: the letter is lost " + UNPROTECTED);
		screenshot("story-message-off");
		next("Switch read-your-writes on");
		next("Publish again");
		assertThat(text("#story dd.right")).matches("writes about “News of .*” " + BEHIND);
		screenshot("story-message-on");
		last("Let the replicas go");
		assertNoErrors();
	}

	@Test
	void replicaDiesAndComesBack() throws Exception {
		press("[data-story='replica']");
		next("Let readers come");
		assertVisitorsNoticeNothing();
		next("Kill one replica");
		this.wait.until((page) -> texts("[data-node] .state").contains("cannot be reached"));
		assertVisitorsNoticeNothing();
		screenshot("story-replica");
		next("Bring it back");
		assertThat(texts("[data-node] .state")).containsOnly("serves");
		assertVisitorsNoticeNothing();
		last("Send the readers away");
		this.wait.until((page) -> script("return document.getElementById('readers').value").equals("0"));
		assertThat(text("#load")).contains(" 0 failed. 0 changes");
		assertNoErrors();
	}

	private void assertVisitorsNoticeNothing() {
		assertThat(texts("#story dd")).hasSize(2).last().isEqualTo("none");
		assertThat(Integer.parseInt(texts("#story dd").get(0))).isGreaterThan(50);
	}

	@Test
	void primaryDiesAndWritesComeBack() throws Exception {
		String old = cluster.primary().name();
		press("[data-story='primary']");
		next("Kill the primary");
		assertThat(text("#story dd.right")).matches("\\d+ articles " + FROM_REPLICA + ": .*");
		this.wait.until((page) -> text("[data-node='" + old + "'] .state").equals("cannot be reached"));
		next("Make a replica the primary");
		String successor = text("#story dd.right");
		assertThat(successor).isNotEqualTo(old);
		assertThat(text("[data-node='" + successor + "'] .lag")).isEqualTo("Takes every write.");
		next("Write a comment");
		assertThat(text("#story dd.right")).startsWith("Is this still here?");
		screenshot("story-primary");
		last("Bring the old primary back");
		this.wait.until((page) -> allServe(3));
		assertThat(text("[data-node='" + old + "'] .lag")).endsWith(" s behind the primary");
		assertNoErrors();
	}

	@Test
	void storyThatIsLeftPutsEverythingBack() {
		press("[data-story='comment']");
		next("Switch read-your-writes off");
		next("Hold the replicas back");
		this.wait.until((page) -> texts("[data-node] .pulled").stream().anyMatch((text) -> text.contains("15 s")));
		this.browser.findElement(By.xpath("//button[.='Leave the story']")).click();
		this.wait.until((page) -> text("#story").isEmpty() && mode().equals("position"));
		this.wait.until((page) -> texts("[data-node] .pulled").stream().allMatch(String::isEmpty));
		assertNoErrors();
	}

	@Test
	void storyNeedsNoMouse() {
		WebElement page = this.browser.findElement(By.tagName("body"));
		while (!focused().equals("A replica dies")) {
			page.sendKeys(Keys.TAB);
			page = this.browser.switchTo().activeElement();
		}
		for (String step : List.of("Let readers come", "Kill one replica", "Bring it back", "Send the readers away",
				"Done", "A replica dies")) {
			this.browser.switchTo().activeElement().sendKeys(Keys.ENTER);
			this.wait.until((story) -> focused().equals(step));
		}
		assertThat(text("#story")).isEmpty();
		assertNoErrors();
	}

	private String focused() {
		return this.browser.switchTo().activeElement().getText();
	}

	@Test
	void leverThatReplacesAnotherTakesItsFocus() {
		press("[aria-label='Pause: replica-2']");
		this.wait.until((page) -> focused().equals("Resume"));
		assertThat(text("[data-node='replica-2'] .pulled")).startsWith("Paused: ");
		this.browser.switchTo().activeElement().sendKeys(Keys.ENTER);
		this.wait.until((page) -> focused().equals("Pause"));
		assertNoErrors();
	}

	@Test
	void pageWithoutADatabaseSaysSoAndGoesOnByItself() {
		cluster.nodes().forEach(PostgresNode::kill);
		this.browser.get("http://localhost:" + port + "/");
		this.wait.until((page) -> text("#served")
			.equals("No server of the database answers. Start one, or wait until one is back."));
		cluster.primary().start();
		cluster.replicas().forEach(PostgresNode::start);
		this.wait.until((page) -> !texts("article h2").isEmpty());
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
			press(STORKS + " summary");
			this.wait.until((page) -> !texts(STORKS + " li").isEmpty());
			type(STORKS + " input[name='author']", "Ada");
			type(STORKS + " input[name='text']", "Only I see this.");
			press(STORKS + " form button");
			this.wait.until((page) -> texts(STORKS + " li").stream()
				.anyMatch((text) -> text.matches("Ada: Only I see this\\. " + BEHIND)));
			this.browser = second;
			press(STORKS + " summary");
			patience(second).until((page) -> !texts(STORKS + " li").isEmpty());
			assertThat(texts(STORKS + " li"))
				.allMatch((text) -> text.matches(".*" + FROM_REPLICA + ": it has all that you must see.*"))
				.noneMatch((text) -> text.contains("Only I see this."));
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
		String replica = cluster.replicas().get(0).name();
		press("[aria-label='Make it the primary: " + replica + "']");
		this.wait.until((page) -> text("#lever-problem")
			.equals(cluster.primary().name() + " still runs: kill it first, or there are two primaries."));
	}

	@Test
	void hintsAreShownWithFigureCauseAndRemedy() {
		String hint = "(?s).*\\d+ % \\(\\d+ of \\d+\\) read-write transactions changed nothing\\. A transaction runs on the"
				+ " primary unless it is declared read-only\\. Annotate methods that only read with @ReadOnly .*";
		this.wait.until((page) -> {
			changeNothing(120);
			return String.valueOf(script("return document.getElementById('hints').textContent")).matches(hint);
		});
		assertThat(this.browser.findElement(By.id("hints")).isDisplayed()).isTrue();
		assertNoErrors();
	}

	private static void changeNothing(int times) {
		ApplicationContext newsroom = (ApplicationContext) ReflectionTestUtils.getField(launcher, "context");
		assertThat(newsroom).isNotNull();
		TransactionTemplate transaction = new TransactionTemplate(newsroom.getBean(PlatformTransactionManager.class));
		for (int i = 0; i < times; i++) {
			transaction.execute((status) -> newsroom.getBean(ArticleRepository.class).count());
		}
	}

	@Test
	void curvesStandStillForThoseWhoWantNoMotion() {
		media("prefers-reduced-motion", "reduce");
		openPage();
		assertThat(drawingsDuringTenEvents()).isLessThanOrEqualTo(2 * 2L);
		media("prefers-reduced-motion", "no-preference");
		openPage();
		assertThat(drawingsDuringTenEvents()).isGreaterThan(2 * 5L);
	}

	private long drawingsDuringTenEvents() {
		this.browser.manage().timeouts().scriptTimeout(Duration.ofMinutes(2));
		return (long) ((ChromeDriver) this.browser).executeAsyncScript("""
				const done = arguments[arguments.length - 1];
				let drawings = 0;
				const observer = new MutationObserver(changes => {
					drawings += changes.filter(change => change.target.className === 'chart').length;
				});
				observer.observe(document.getElementById('servers'), { childList: true, subtree: true });
				let events = 0;
				const source = new EventSource('/api/cluster/events');
				source.onmessage = () => {
					if (++events > 10) {
						source.close();
						done(drawings);
					}
				};
				""");
	}

	@ParameterizedTest
	@CsvSource({ "light, 1280", "dark, 1280", "light, 400", "dark, 400" })
	void pageIsAccessible(String scheme, int width) throws Exception {
		media("prefers-color-scheme", scheme);
		resize(this.browser, width);
		press("[data-story='primary']");
		next("Kill the primary");
		press(STORKS + " summary");
		this.wait.until((page) -> !texts(STORKS + " li").isEmpty());
		press("[aria-label^='Freeze: replica']");
		this.wait
			.until((page) -> texts("[data-node] .pulled").stream().anyMatch((text) -> text.startsWith("Frozen: ")));
		save("newsroom-" + scheme + "-" + width);
		assertThat(violations()).isEmpty();
		assertThat((long) script("return document.documentElement.scrollWidth")).isLessThanOrEqualTo(width);
	}

	private void media(String feature, String value) {
		((ChromeDriver) this.browser).executeCdpCommand("Emulation.setEmulatedMedia",
				Map.of("features", List.of(Map.of("name", feature, "value", value))));
	}

	/**
	 * The serious and critical obstacles that axe-core finds.
	 */
	@SuppressWarnings("unchecked")
	private List<String> violations() throws IOException {
		script(new ClassPathResource("axe.min.js").getContentAsString(StandardCharsets.UTF_8));
		this.browser.manage().timeouts().scriptTimeout(Duration.ofMinutes(2));
		return (List<String>) ((ChromeDriver) this.browser).executeAsyncScript("""
				const done = arguments[arguments.length - 1];
				axe.run().then(result => done(result.violations
					.filter(violation => ['serious', 'critical'].includes(violation.impact))
					.map(violation => violation.id + ': ' + violation.nodes.map(node => node.target).join(', '))));
				""");
	}

	private Object script(String script) {
		return ((ChromeDriver) this.browser).executeScript(script);
	}

	/**
	 * Takes a step of a story, and waits until it is done.
	 */
	private void next(String label) {
		step(label, () -> !button(label) && !texts("#story button.next").isEmpty());
	}

	private void last(String label) {
		step(label, () -> texts("#story button").equals(List.of("Done")));
	}

	/**
	 * Takes a step, unless it fails: then with its own words.
	 */
	private void step(String label, BooleanSupplier done) {
		this.wait.until((page) -> button(label));
		press("#story button.next");
		this.wait.until((page) -> done.getAsBoolean() || !text("#story .problem").isEmpty());
		assertThat(text("#story .problem")).as(label).isEmpty();
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

	/**
	 * Takes pictures for the documents and of narrow and dark pages, and looks for
	 * obstacles in each scheme.
	 */
	private void screenshot(String name) throws Exception {
		save(name);
		resize(this.browser, NARROW);
		save(name + "-" + NARROW);
		media("prefers-color-scheme", "dark");
		save(name + "-" + NARROW + "-dark");
		resize(this.browser, WIDE);
		save(name + "-dark");
		assertThat(violations()).isEmpty();
		media("prefers-color-scheme", "light");
	}

	private void save(String name) throws Exception {
		script("scrollTo(0, 0)");
		Path picture = Files.createDirectories(PICTURES).resolve(name + ".png");
		Files.write(picture, ((TakesScreenshot) this.browser).getScreenshotAs(OutputType.BYTES));
		if (Boolean.getBoolean("newsroom.pictures") && Files.exists(DOCUMENTED.resolve(name + ".png"))) {
			Files.copy(picture, DOCUMENTED.resolve(name + ".png"), StandardCopyOption.REPLACE_EXISTING);
		}
	}

	/**
	 * There is no error but that the newsroom did not answer while it was starting again,
	 * or answered that something does not work.
	 */
	private void assertNoErrors() {
		assertThat(this.browser.manage().logs().get(LogType.BROWSER).getAll())
			.filteredOn((entry) -> entry.getLevel().equals(Level.SEVERE) && !entry.getMessage().contains("net::ERR_")
					&& !entry.getMessage().contains("responded with a status of 503"))
			.extracting(LogEntry::getMessage)
			.isEmpty();
	}

}

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

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.core.OverridingClassLoader;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;
import org.springframework.security.authentication.AnonymousAuthenticationToken;
import org.springframework.security.authentication.UsernamePasswordAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.security.core.userdetails.User;

import io.github.replication.store.BoundedPositionStore;
import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionNames;
import io.github.replication.store.PositionStore;

import static org.assertj.core.api.Assertions.assertThat;

class UserPositionCarrierTests {

	private static final Duration WINDOW = Duration.ofSeconds(10);

	private static final String TOKEN = "2.cafe.1-10.";

	private final BoundedPositionStore store = new BoundedPositionStore(new InMemoryPositionStore(System::nanoTime),
			Duration.ofSeconds(1), System::nanoTime);

	private final UserPositionCarrier carrier = new UserPositionCarrier(this.store, WINDOW);

	@BeforeEach
	void store() {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setUserPrincipal(() -> "ann");
		this.carrier.send(request, new MockHttpServletResponse(), TOKEN, List.of());
	}

	@AfterEach
	void logOut() {
		SecurityContextHolder.clearContext();
	}

	@Test
	void readMarkOfAnActiveUserIsKeptAtTheCostOfACallNowAndThen() {
		AtomicLong minutes = new AtomicLong();
		LongSupplier nanoTime = () -> Duration.ofMinutes(minutes.get()).toNanos();
		Counting counting = new Counting(new InMemoryPositionStore(nanoTime));
		UserPositionCarrier carrier = new UserPositionCarrier(
				new BoundedPositionStore(counting, Duration.ofSeconds(1), nanoTime), WINDOW);
		String read = "2.cafe..1-2-3-0001";
		carrier.send(requestOfAnn(), new MockHttpServletResponse(), read, List.of());
		for (int i = 1; i <= 600; i++) {
			minutes.set(i);
			assertThat(carrier.receive(requestOfAnn())).containsExactly(read);
			if (i % 30 == 0) {
				// by a thread that nobody waits for
				int puts = 1 + i / 30;
				Awaitility.await().until(() -> counting.puts.get() == puts);
			}
		}
		assertThat(counting.puts).hasValue(21);
		minutes.addAndGet(61);
		assertThat(carrier.receive(requestOfAnn())).isEmpty();
	}

	/**
	 * A caller that has left its node may come back to it in the same request.
	 */
	@Test
	void readMarkThatIsNotKeptAnyLongerIsPutAtOnce() {
		String one = "2.cafe..1-2-3-0001";
		String two = "2.cafe..2-4-3-000002";
		this.carrier.send(requestOfAnn(), new MockHttpServletResponse(), one, List.of());
		this.carrier.send(requestOfAnn(), new MockHttpServletResponse(), two, List.of(one));
		this.carrier.send(requestOfAnn(), new MockHttpServletResponse(), one, List.of(two));
		assertThat(this.carrier.receive(requestOfAnn())).containsExactlyInAnyOrder(TOKEN, one);
	}

	private static MockHttpServletRequest requestOfAnn() {
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setUserPrincipal(() -> "ann");
		return request;
	}

	@Test
	void userOfSpringSecurityIsTheOneWithTheNameOfItsDetails() {
		logIn(authenticated("ann"));
		assertThat(this.carrier.receive(new MockHttpServletRequest())).containsExactly(TOKEN);
	}

	@Test
	void userRemainsWhenSpringSecurityHasClearedItsContext() {
		MockHttpServletRequest request = new MockHttpServletRequest();
		assertThat(this.carrier.isCallerKnown(request)).isFalse();
		logIn(authenticated("ben"));
		assertThat(this.carrier.isCallerKnown(request)).isTrue();
		logOut();
		this.carrier.send(request, new MockHttpServletResponse(), TOKEN, List.of());
		logIn(authenticated("ben"));
		assertThat(this.carrier.receive(new MockHttpServletRequest())).containsExactly(TOKEN);
	}

	@Test
	void userOfTheRequestComesBeforeTheOneOfTheThread() {
		logIn(authenticated("ann"));
		MockHttpServletRequest request = new MockHttpServletRequest();
		request.setUserPrincipal(() -> "ben");
		assertThat(this.carrier.receive(request)).isEmpty();
	}

	@Test
	void visitorWhoIsAnonymousOrNotAuthenticatedIsNoUser() {
		logIn(new AnonymousAuthenticationToken("key", "ann", AuthorityUtils.createAuthorityList("ANYBODY")));
		assertThat(this.carrier.isCallerKnown(new MockHttpServletRequest())).isFalse();
		logIn(UsernamePasswordAuthenticationToken.unauthenticated("ann", "guessed"));
		assertThat(this.carrier.isCallerKnown(new MockHttpServletRequest())).isFalse();
		logIn(null);
		assertThat(this.carrier.isCallerKnown(new MockHttpServletRequest())).isFalse();
	}

	@Test
	void requestNamesItsUserWithoutSpringSecurity() throws Exception {
		PositionCarrier carrier = (PositionCarrier) new WithoutSecurity().loadClass(UserPositionCarrier.class.getName())
			.getConstructor(BoundedPositionStore.class, Duration.class)
			.newInstance(this.store, WINDOW);
		MockHttpServletRequest request = new MockHttpServletRequest();
		assertThat(carrier.receive(request)).isEmpty();
		request.setUserPrincipal(() -> "ann");
		assertThat(carrier.receive(request)).containsExactly(TOKEN);
	}

	@Test
	void userWithTheNameOfACacheHasPositionsOfItsOwn() {
		for (String name : List.of(PositionNames.ofCache("products"), PositionNames.ofKey("products", "1"))) {
			this.store.put(name, "2.cafe.1-20.", List.of(), WINDOW);
			MockHttpServletRequest request = new MockHttpServletRequest();
			request.setUserPrincipal(() -> name);
			assertThat(this.carrier.receive(request)).isEmpty();
			this.carrier.send(request, new MockHttpServletResponse(), TOKEN, List.of("2.cafe.1-20."));
			assertThat(this.carrier.receive(request)).containsExactly(TOKEN);
			assertThat(this.store.find(name)).containsExactly("2.cafe.1-20.");
		}
	}

	private static Authentication authenticated(String name) {
		User details = new User(name, "secret", List.of());
		return UsernamePasswordAuthenticationToken.authenticated(details, null, details.getAuthorities());
	}

	private static void logIn(@Nullable Authentication authentication) {
		SecurityContextHolder.setContext(new SecurityContextImpl(authentication));
	}

	/**
	 * Counts the tokens that are put.
	 */
	private record Counting(PositionStore store, AtomicInteger puts) implements PositionStore {

		Counting(PositionStore store) {
			this(store, new AtomicInteger());
		}

		@Override
		public Collection<String> find(String user) {
			return this.store.find(user);
		}

		@Override
		public void put(String user, String token, Collection<String> replaced, Duration timeToLive) {
			this.store.put(user, token, replaced, timeToLive);
			this.puts.incrementAndGet();
		}

	}

	/**
	 * Loads the carrier anew, where Spring Security is missing.
	 */
	private static final class WithoutSecurity extends OverridingClassLoader {

		WithoutSecurity() {
			super(UserPositionCarrierTests.class.getClassLoader());
		}

		@Override
		protected boolean isEligibleForOverriding(String name) {
			return name.startsWith(UserPositionCarrier.class.getName()) || name.equals(SplitToken.class.getName())
					|| isSecurity(name);
		}

		@Override
		protected @Nullable Class<?> loadClassForOverriding(String name) throws ClassNotFoundException {
			if (isSecurity(name)) {
				throw new ClassNotFoundException(name);
			}
			return super.loadClassForOverriding(name);
		}

		private static boolean isSecurity(String name) {
			return name.startsWith("org.springframework.security.");
		}

	}

}

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import io.github.replication.web.PositionSlots.Held;
import io.github.replication.web.PositionSlots.Place;

import static org.assertj.core.api.Assertions.assertThat;

class PositionSlotsTests {

	private static final Duration LIFE = Duration.ofSeconds(10);

	private static final int ADDRESS = 4711;

	private static final int SEEDS = Integer.getInteger("schedules", 300);

	private final AtomicLong time = new AtomicLong();

	private final PositionSlots slots = newSlots();

	private long position;

	private int lastAddress = ADDRESS;

	private PositionSlots newSlots() {
		return new PositionSlots(LIFE, this.time::get);
	}

	/**
	 * A client that has written on another instance, so that this one knows of it.
	 */
	private Client clientThatHasMet(PositionSlots another) {
		Client client = new Client();
		client.write(another);
		client.write(this.slots);
		return client;
	}

	@Test
	void clientsOfOneAddressThatHaveWrittenDoNotDisturbEachOther() {
		PositionSlots another = newSlots();
		Client first = new Client();
		first.write(another);
		first.write(this.slots);
		first.write(another);
		this.time.addAndGet(LIFE.toNanos() / 10);
		List<Client> clients = IntStream.range(0, 20).mapToObj((i) -> new Client()).toList();
		for (Client client : clients) {
			this.time.incrementAndGet();
			client.write(another);
			client.write(this.slots);
		}
		for (int round = 0; round < 10; round++) {
			this.time.incrementAndGet();
			PositionSlots instance = (round % 2 == 0) ? this.slots : another;
			List<Request> requests = clients.stream().map((client) -> client.begin(instance)).toList();
			requests.forEach(Request::answer);
			requests.forEach(Request::arrive);
		}
		// two may have drawn the same lane
		assertThat(clients.stream().filter(Client::hasUnknown).count()).isLessThanOrEqualTo(2);
	}

	@Test
	void twoRequestsOfOneClientAtTheSameTimeAreNoticedByAnInstanceThatKeepsToOneCookie() {
		Client client = clientThatHasMet(newSlots());
		client.unknown.clear();
		Request first = client.begin(this.slots);
		Request second = client.begin(this.slots);
		first.answer();
		second.answer();
		second.arrive();
		first.arrive();
		assertThat(client.hasUnknown()).isTrue();
	}

	@Test
	void positionIsNotInDoubtAgainOnceTheClientHasBroughtItBack() {
		Client client = clientThatHasMet(newSlots());
		Request first = client.begin(this.slots);
		Request second = client.begin(this.slots);
		first.answer();
		second.answer();
		first.arrive();
		second.arrive();
		assertThat(client.hasUnknown()).isTrue();
		client.write(this.slots);
		assertThat(client.hasUnknown()).isFalse();
	}

	@Test
	void positionInAnotherCookieDoesNotCover() {
		PositionSlots another = newSlots();
		Client client = clientThatHasMet(another);
		Request first = client.begin(this.slots);
		Request second = client.begin(this.slots);
		first.answer();
		second.answer();
		second.arrive();
		client.write(another);
		assertThat(client.hasUnknown()).isTrue();
		client.write(this.slots);
		assertThat(client.hasUnknown()).isFalse();
		first.arrive();
		assertThat(client.hasUnknown()).isTrue();
	}

	/**
	 * What is said of the one cookie arrives after what was said of the other later.
	 */
	@Test
	void positionsInDoubtInTwoCookiesAreBothInDoubtInAnyOrder() {
		for (int later = 0; later < 4; later++) {
			Client client = new Client();
			client.session = "A" + later;
			PositionSlots alone = newSlots();
			List<Request> requests = IntStream.range(0, 6).mapToObj((i) -> client.begin(alone)).toList();
			requests.forEach(Request::answer);
			requests.get(5).arrive();
			requests.get(4).arrive();
			for (int i = 0; i < 8 && client.hasUnknown(); i++) {
				client.write(alone);
			}
			assertThat(client.hasUnknown()).isFalse();
			for (int i = 0; i < later; i++) {
				client.write(alone);
			}
			for (int i = 3; i >= 0; i--) {
				requests.get(i).arrive();
				assertThat(client.knowsAll()).isTrue();
			}
		}
	}

	/**
	 * The first writes of a client may be on their way at the same time although the
	 * second began after the first was answered.
	 */
	@Test
	void firstPositionThatIsLateIsNoticedWhereTheClientHasASession() {
		Client client = clientThatHasMet(newSlots());
		Client other = new Client();
		other.session = "A1";
		Request first = other.begin(this.slots);
		first.answer();
		this.time.incrementAndGet();
		Request second = other.begin(this.slots);
		second.answer();
		second.arrive();
		first.arrive();
		assertThat(other.knowsAll()).isTrue();
	}

	/**
	 * As when nobody has written for a while, and then a client does so on both at once.
	 */
	@Test
	void instancesThatHaveMetKeepToDifferentCookies() {
		for (int i = 0; i < 100; i++) {
			PositionSlots one = newSlots();
			PositionSlots another = newSlots();
			Client first = new Client();
			for (int k = 0; k < 2; k++) {
				first.write(one);
				first.write(another);
			}
			this.time.addAndGet(LIFE.toNanos() + 1);
			Client client = new Client();
			client.address = ADDRESS + 1;
			Request earlier = client.begin(one);
			Request later = client.begin(another);
			earlier.answer();
			later.answer();
			later.arrive();
			earlier.arrive();
			assertThat(client.newest()).isEqualTo(client.seen());
			this.time.addAndGet(LIFE.toNanos() + 1);
		}
	}

	/**
	 * As when another instance is replaced by a new one again and again.
	 */
	@Test
	void instancesThatFollowOneAnotherDoNotCountAsMany() {
		for (int i = 0; i < 20; i++) {
			clientThatHasMet(newSlots());
			this.time.addAndGet(LIFE.toNanos() / 2);
		}
		this.time.addAndGet(LIFE.toNanos() / 2 + 1);
		Client client = clientThatHasMet(newSlots());
		client.write(this.slots);
		client.unknown.clear();
		client.write(this.slots);
		assertThat(client.hasUnknown()).isFalse();
	}

	/**
	 * A client can make up any number of instances, and need not write.
	 */
	@Test
	void instancesThatAClientMakesUpAreBounded() {
		bringMadeUp(1000);
		assertThat(this.slots.others()).isLessThanOrEqualTo(16);
		this.time.addAndGet(LIFE.toNanos() + 1);
		bringMadeUp(1);
		assertThat(this.slots.others()).isEqualTo(1);
		Client client = new Client();
		client.write(this.slots);
		assertThat(client.hasUnknown()).isFalse();
	}

	private void bringMadeUp(int instances) {
		for (int i = 0; i < instances; i++) {
			String mark = "2..1-1._" + HexFormat.of().toHexDigits(i, 6) + "000000";
			this.slots.received(ADDRESS, Map.of(i % PositionSlots.COUNT, mark), Map.of(), null);
		}
	}

	@Test
	void instanceThatWritesForLongWithoutAnotherUsesAllCookiesAgain() {
		bringMadeUp(4);
		assertThat(cookiesOfEightWrites()).isEqualTo(1);
		this.time.addAndGet(Duration.ofHours(2).toNanos());
		for (int i = 0; i < 300; i++) {
			cookiesOfEightWrites();
		}
		assertThat(cookiesOfEightWrites()).isEqualTo(PositionSlots.COUNT);
	}

	@Test
	void instanceThatIsIdleForLongStillKeepsToItsCookie() {
		bringMadeUp(4);
		assertThat(cookiesOfEightWrites()).isEqualTo(1);
		this.time.addAndGet(Duration.ofHours(2).toNanos());
		assertThat(cookiesOfEightWrites()).isEqualTo(1);
	}

	@Test
	void instanceThatMeetsAnotherWithinTheHourStillKeepsToItsCookie() {
		PositionSlots another = newSlots();
		for (int hour = 0; hour < 3; hour++) {
			clientThatHasMet(another);
			this.time.addAndGet(Duration.ofMinutes(40).toNanos());
			for (int i = 0; i < 300; i++) {
				assertThat(cookiesOfEightWrites()).isEqualTo(1);
			}
		}
	}

	private int cookiesOfEightWrites() {
		Client client = new Client();
		client.address = ++this.lastAddress;
		for (int i = 0; i < 8; i++) {
			client.write(this.slots);
		}
		return client.positions.size();
	}

	/**
	 * Such a response is on its way again, as of now.
	 */
	@Test
	void laterPositionOfASlowResponseIsInDoubtForThoseThatRepeatIt() {
		PositionSlots slots = newSlots();
		Client client = new Client();
		client.session = "session";
		Request slow = client.begin(slots);
		slow.answer();
		this.time.addAndGet(LIFE.toNanos() + 1);
		Request late = client.begin(slots);
		while (slotOf(late) != slotOf(slow)) {
			late = client.begin(slots);
			late.answer();
		}
		Request repeating = client.begin(slots);
		slow.answerLater();
		repeating.answerAgain();
		repeating.arrive();
		late.arrive();
		assertThat(client.knowsAll()).isTrue();
	}

	private static int slotOf(Request request) {
		Place place = request.place;
		return (place != null) ? place.slot() : -1;
	}

	/**
	 * Clients send requests in parallel to several instances. Answers are sent and arrive
	 * in any order, and some never. All come from one address. They have sessions, or
	 * have written before.
	 */
	@ParameterizedTest
	@CsvSource({ "1,1", "1,3", "2,1", "2,3", "3,2", "4,2", "6,2" })
	void clientKnowsItsLatestPositionOrThatItIsNotKnown(int instances, int clients) {
		for (int seed = 0; seed < SEEDS; seed++) {
			Random random = new Random(seed);
			List<PositionSlots> all = IntStream.range(0, instances).mapToObj((i) -> newSlots()).toList();
			Client first = new Client();
			first.address = ADDRESS + 1;
			for (int i = 0; i < 3 * instances; i++) {
				first.write(all.get(i % instances));
			}
			boolean sessions = random.nextBoolean();
			List<Client> users = IntStream.range(0, clients).mapToObj((i) -> new Client()).toList();
			for (Client user : users) {
				if (sessions) {
					user.session = "session" + random.nextInt();
				}
				else {
					user.write(all.get(random.nextInt(instances)));
				}
			}
			// without a session, requests are known to be of one client while it holds a
			// cookie
			long pause = LIFE.toNanos() / ((sessions && random.nextBoolean()) ? 30 : 10_000);
			List<Request> answered = new ArrayList<>();
			List<Request> begun = new ArrayList<>();
			for (int step = 0; step < 200; step++) {
				int action = random.nextInt(3);
				this.time.addAndGet(pause);
				if (instances > PositionSlots.COUNT && step % 10 == 0) {
					// as long as there is traffic, instances know that they are many
					all.forEach(first::write);
				}
				answered.removeIf((request) -> isPast(request.answeredAt));
				if (action == 0 && begun.size() + answered.size() < 6 * clients) {
					begun.add(users.get(random.nextInt(clients)).begin(all.get(random.nextInt(instances))));
				}
				else if (action == 1 && !begun.isEmpty()) {
					Request request = begun.remove(random.nextInt(begun.size()));
					if (request.place != null && !request.place.mark().isEmpty()) {
						request.answerLater();
					}
					else {
						switch (random.nextInt(20)) {
							case 0 -> request.answerUnknown();
							case 1, 2, 3, 4, 5 -> request.answerAgain();
							default -> request.answer();
						}
						if (random.nextInt(8) == 0) {
							begun.add(request);
							continue;
						}
					}
					answered.add(request);
				}
				else if (!answered.isEmpty()) {
					Request request = answered.remove(random.nextInt(answered.size()));
					request.arrive();
					assertThat(request.client.knowsAll()).as("seed %d, step %d", seed, step).isTrue();
				}
			}
		}
	}

	private boolean isPast(long since) {
		return this.time.get() - since > LIFE.toNanos();
	}

	/**
	 * A client with a cookie store.
	 */
	private final class Client {

		private final Map<Integer, Stored> positions = new HashMap<>();

		private final Map<Long, Long> seen = new HashMap<>();

		private final Map<Integer, Stored> unknown = new HashMap<>();

		private int address = ADDRESS;

		private @Nullable String session;

		void write(PositionSlots slots) {
			Request request = begin(slots);
			request.answer();
			request.arrive();
		}

		Request begin(PositionSlots slots) {
			expire();
			return new Request(this, slots,
					slots.received(this.address, values(this.positions), values(this.unknown), this.session));
		}

		private void expire() {
			this.positions.values().removeIf((stored) -> isPast(stored.at));
			this.seen.values().removeIf(PositionSlotsTests.this::isPast);
			this.unknown.values().removeIf((stored) -> isPast(stored.at + LIFE.toNanos()));
		}

		private Map<Integer, String> values(Map<Integer, Stored> cookies) {
			Map<Integer, String> values = new HashMap<>();
			cookies.forEach((slot, stored) -> values.put(slot, stored.value));
			return values;
		}

		long newest() {
			return this.positions.values().stream().mapToLong(Stored::written).max().orElse(0);
		}

		long seen() {
			return this.seen.keySet().stream().mapToLong(Long::longValue).max().orElse(0);
		}

		boolean knowsAll() {
			expire();
			return hasUnknown() || newest() >= seen();
		}

		boolean hasUnknown() {
			Map<Integer, String> positions = values(this.positions);
			return this.unknown.entrySet()
				.stream()
				.anyMatch((entry) -> !PositionSlots.isCovered(entry.getValue().value, positions.get(entry.getKey())));
		}

	}

	private record Stored(String value, long written, long at) {

	}

	/**
	 * A request that writes, and its response.
	 */
	private final class Request {

		private final Client client;

		private final PositionSlots slots;

		private final Held held;

		private long written;

		private long answeredAt;

		private @Nullable Place place;

		Request(Client client, PositionSlots slots, Held held) {
			this.client = client;
			this.slots = slots;
			this.held = held;
		}

		void answer() {
			answer(++PositionSlotsTests.this.position);
		}

		/**
		 * Answers the latest position, as a read does that covers, or a write that has
		 * asked together with another.
		 */
		void answerAgain() {
			answer(PositionSlotsTests.this.position);
		}

		private void answer(long position) {
			answer(position, () -> this.slots.place(this.held, value()));
		}

		/**
		 * Answers a later position in place of the one that was to be answered.
		 */
		void answerLater() {
			Place earlier = this.place;
			assertThat(earlier).isNotNull();
			answer(++PositionSlotsTests.this.position, () -> this.slots.replace(this.held, earlier, value()));
		}

		/**
		 * Answers that the position is not known.
		 */
		void answerUnknown() {
			answer(++PositionSlotsTests.this.position, () -> this.slots.placeUnknown(this.held));
		}

		private void answer(long position, Supplier<Place> place) {
			this.written = position;
			this.answeredAt = PositionSlotsTests.this.time.get();
			this.place = place.get();
		}

		private String value() {
			return "2.cafe.1-" + this.written + ".";
		}

		void arrive() {
			Place place = this.place;
			assertThat(place).isNotNull();
			long now = PositionSlotsTests.this.time.get();
			if (!place.mark().isEmpty()) {
				this.client.positions.put(place.slot(), new Stored(value() + place.mark(), this.written, now));
			}
			if (!place.unknown().isEmpty()) {
				this.client.unknown.put(place.slot(), new Stored(place.unknown(), this.written, now));
			}
			this.client.seen.put(this.written, now);
		}

	}

}

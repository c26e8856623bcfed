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
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import io.github.replication.web.SentPositions.Sent;

/**
 * Chooses the cookies of positions, so that of several responses to one client at the
 * same time none overwrites another's position unnoticed. There are four. An instance
 * that is alone lets successive responses take turns. One that has seen the mark of
 * another keeps to one cookie, which the others leave to it, since it cannot know their
 * order.
 * <p>
 * A cookie can be used if the client has brought back the value that was sent for it
 * last. Otherwise an earlier response may be on its way, and arrive later. Many clients
 * look the same, for instance those behind one address. So the mark at the end of a value
 * names the instance that has set it, and a lane: a number that follows from the session,
 * or that a client keeps while it writes. Two requests can only be of one client if they
 * share a lane, or if one of them began before the client had any.
 * <p>
 * Each cookie has another one beside it, which is set where the position is not known, or
 * where another response may overwrite it. It counts until the cookie holds a position
 * that was taken later and repeats its mark, and again once a late response has
 * overwritten that position. It lives twice as long as a position: a late response may
 * come as late as the former lives, and that which it overwrites was later. A response
 * that is later still is not reckoned with. No cookie is deleted, since a parallel
 * response may have set it again. Safe for use by several threads.
 */
final class PositionSlots {

	/**
	 * The number of cookies.
	 */
	static final int COUNT = 4;

	private static final char SEPARATOR = '_';

	/**
	 * An instance, a lane, a number of the response, and the mark of an unknown position
	 * that is covered.
	 */
	private static final Pattern MARK = Pattern
		.compile("(?<instance>[0-9a-f]{6})(?<lane>[0-9a-f]{3})(?<response>[0-9a-f]{3})(?<covered>[0-9a-f]{6})?");

	private static final Pattern UNKNOWN = Pattern.compile("[0-9a-f]{6}");

	private static final int UNKNOWNS = 1 << 6 * 4;

	private static final int INSTANCES = 1 << 6 * 4;

	private static final int LANES = 1 << 3 * 4;

	private static final int TURNS = 1024;

	/**
	 * How many other instances are remembered. More than there are cookies would change
	 * nothing.
	 */
	private static final int MOST_OTHERS = 4 * COUNT;

	/**
	 * How long no other instance must have been seen before this one counts as alone.
	 */
	private static final long SOLITUDE = Duration.ofHours(1).toNanos();

	/**
	 * How many positions must have followed others of this instance since then, so that
	 * an application that is idle does not count as one of a single instance.
	 */
	private static final int SOLITARY_POSITIONS = 1000;

	/**
	 * Stands for all requests of a client.
	 */
	private static final int ANY = -1;

	/**
	 * Stands for the requests of a client that has no lane yet.
	 */
	private static final int NONE = -2;

	/**
	 * Uses all cookies, as no other instance is known.
	 */
	private static final int ALONE = -1;

	private final String instance = hex(ThreadLocalRandom.current().nextInt(INSTANCES), 6);

	private final long life;

	private final LongSupplier nanoTime;

	private final Turn[] turns = new Turn[TURNS];

	private final AtomicInteger responses = new AtomicInteger();

	/**
	 * Other instances that were seen while their cookies live.
	 */
	private final Map<String, Other> others = new ConcurrentHashMap<>();

	/**
	 * The number of the cookie that this instance keeps to, once it has seen another.
	 */
	private volatile int own = ALONE;

	private volatile long lastSeen;

	/**
	 * The positions since then of clients that have brought those of this instance alone.
	 */
	private final AtomicInteger solitary = new AtomicInteger();

	/**
	 * Creates the slots.
	 * @param life how long a cookie lives, and another instance counts since it was seen
	 * @param nanoTime yields the monotonic time
	 */
	PositionSlots(Duration life, LongSupplier nanoTime) {
		this.life = life.toNanos();
		this.nanoTime = nanoTime;
		for (int i = 0; i < TURNS; i++) {
			this.turns[i] = new Turn(ThreadLocalRandom.current().nextInt(COUNT));
		}
	}

	private static String hex(int number, int digits) {
		return HexFormat.of().toHexDigits(number, digits);
	}

	/**
	 * Returns the position in the value of a cookie.
	 */
	static String withoutMark(String value) {
		int mark = value.indexOf(SEPARATOR);
		return (mark >= 0) ? value.substring(0, mark) : value;
	}

	private static String markOf(String value) {
		return value.substring(value.indexOf(SEPARATOR) + 1);
	}

	/**
	 * Whether a position stands for one that was not known.
	 * @param unknown the mark of that
	 * @param position the value of the position, {@code null} if there is none
	 */
	static boolean isCovered(String unknown, @Nullable String position) {
		if (position == null) {
			return false;
		}
		Matcher mark = MARK.matcher(markOf(position));
		return mark.matches() && unknown.equals(mark.group("covered"));
	}

	/**
	 * Whether this instance may set a position over one that is not known.
	 */
	boolean mayCover(Held held) {
		int own = this.own;
		return (held.open() & ((own != ALONE) ? 1 << own : -1)) != 0;
	}

	/**
	 * Notes the cookies that a request has come with.
	 * @param client a number that all requests of a client share
	 * @param positions the values of positions by the number of their cookie
	 * @param unknown the marks of positions that are not known by the same number
	 * @param session the id of the client's session, {@code null} if none is known
	 */
	Held received(int client, Map<Integer, String> positions, Map<Integer, String> unknown, @Nullable String session) {
		SortedSet<Integer> lanes = new TreeSet<>();
		int[] brought = new int[COUNT];
		int others = 0;
		for (Map.Entry<Integer, String> position : positions.entrySet()) {
			int slot = position.getKey();
			Matcher mark = MARK.matcher(markOf(position.getValue()));
			if (mark.matches()) {
				brought[slot] = hash(withoutMark(position.getValue()), mark.group("instance"), mark.group("response"));
				lanes.add(HexFormat.fromHexDigits(mark.group("lane")));
				if (!mark.group("instance").equals(this.instance)) {
					others |= 1 << slot;
					note(mark.group("instance"), slot, this.nanoTime.getAsLong());
				}
			}
		}
		boolean laneless = lanes.isEmpty() && session == null;
		int lane = (session != null) ? Math.floorMod(session.hashCode(), LANES)
				: !lanes.isEmpty() ? lanes.first() : ThreadLocalRandom.current().nextInt(LANES);
		lanes.add(lane);
		Map<Integer, String> marks = new HashMap<>(unknown);
		marks.values().removeIf((mark) -> !UNKNOWN.matcher(mark).matches());
		int open = marks.entrySet()
			.stream()
			.filter((mark) -> !isCovered(mark.getValue(), positions.get(mark.getKey())))
			.mapToInt((mark) -> 1 << mark.getKey())
			.sum();
		return new Held(client, lanes, lane, laneless, brought, others, marks, open, this.nanoTime.getAsLong());
	}

	/**
	 * Notes another instance, as far as there is room: a client can make up any number.
	 */
	private void note(String instance, int slot, long now) {
		this.lastSeen = now;
		this.solitary.set(0);
		forgetOthers(now);
		if (this.others.size() < MOST_OTHERS || this.others.containsKey(instance)) {
			this.others.put(instance, new Other(slot, now));
		}
	}

	private void forgetOthers(long now) {
		this.others.values().removeIf((other) -> now - other.at() > this.life);
	}

	/**
	 * The number of other instances that count.
	 */
	int others() {
		return this.others.size();
	}

	private static int hash(String position, String instance, String response) {
		return (position + instance + response).hashCode();
	}

	/**
	 * Chooses the cookie of a position.
	 * @param held the cookies that the request has come with
	 * @param position the position, without a mark
	 */
	Place place(Held held, String position) {
		long now = this.nanoTime.getAsLong();
		if (held.isOfThisInstance()) {
			this.solitary.incrementAndGet();
		}
		int own = own(held.others(), now);
		Turn turn = turn(held.client());
		turn.lock.lock();
		try {
			turn.sent.forget(now, this.life);
			Placing placing = new Placing(turn, held, position, now);
			int slot = placing.choose(own);
			boolean shared = this.others.size() >= COUNT || (held.others() & 1 << slot) != 0;
			boolean contended = shared || placing.isContended(slot);
			placing.noteOverwritten(slot, (sent) -> true);
			return placing.place(slot, hex(this.responses.getAndIncrement(), 3), contended);
		}
		finally {
			turn.lock.unlock();
		}
	}

	/**
	 * Chooses the cookie of a position that is not known.
	 * @param held the cookies that the request has come with
	 */
	Place placeUnknown(Held held) {
		int own = own(held.others(), this.nanoTime.getAsLong());
		Turn turn = turn(held.client());
		turn.lock.lock();
		try {
			return new Place((own != ALONE) ? own : turn.slot, 0, "", "", newUnknown());
		}
		finally {
			turn.lock.unlock();
		}
	}

	private Turn turn(int client) {
		return this.turns[Math.floorMod(client, TURNS)];
	}

	private static String newUnknown() {
		return hex(ThreadLocalRandom.current().nextInt(UNKNOWNS), 6);
	}

	/**
	 * Puts a later position into the cookie of the same response.
	 * @param held the cookies that the request has come with
	 * @param place the cookie
	 * @param position the later position
	 */
	Place replace(Held held, Place place, String position) {
		Turn turn = turn(held.client());
		turn.lock.lock();
		try {
			Placing placing = new Placing(turn, held, position, this.nanoTime.getAsLong());
			boolean contended = !place.unknown().isEmpty() || placing.isContendedSince(place);
			placing.noteOverwritten(place.slot(), (sent) -> !sent.isLatest(place.slot(), place.sent()));
			return placing.place(place.slot(), place.response(), contended);
		}
		finally {
			turn.lock.unlock();
		}
	}

	/**
	 * The cookie that this instance keeps to. It moves if another instance has set that
	 * of a client, to one that none has set, if there is one. It keeps to none any longer
	 * once it is sure to be alone.
	 * @param others the cookies that other instances have set, a bit for each
	 */
	private int own(int others, long now) {
		forgetOthers(now);
		if (isAloneAgain(now)) {
			this.own = ALONE;
		}
		int own = this.own;
		if ((own == ALONE) ? this.others.isEmpty() : (others & 1 << own) == 0) {
			return own;
		}
		int taken = this.others.values()
			.stream()
			.mapToInt((other) -> 1 << other.slot())
			.reduce(others, (a, b) -> a | b);
		int first = ThreadLocalRandom.current().nextInt(COUNT);
		int free = IntStream.range(first, first + COUNT)
			.map((slot) -> slot % COUNT)
			.filter((slot) -> (taken & 1 << slot) == 0)
			.findFirst()
			.orElse((own != ALONE) ? own : first);
		this.own = free;
		return free;
	}

	/**
	 * Whether other instances would have been seen if there were any: clients that go
	 * from one to another bring what both have set.
	 */
	private boolean isAloneAgain(long now) {
		return this.own != ALONE && this.solitary.get() >= SOLITARY_POSITIONS && now - this.lastSeen > SOLITUDE
				&& this.others.isEmpty();
	}

	/**
	 * Another instance.
	 *
	 * @param slot the cookie that it has set last
	 * @param at when it was seen, by the monotonic clock in nanoseconds
	 */
	private record Other(int slot, long at) {

	}

	/**
	 * The cookies that a request has come with.
	 *
	 * @param client a number that all requests of the client share
	 * @param lanes the lanes of the client
	 * @param lane the one that it is to keep
	 * @param laneless whether it had none, so that this is a new one
	 * @param brought a hash of each position and its response by the number of the
	 * cookie, 0 for none
	 * @param others the cookies that other instances have set, a bit for each
	 * @param unknown the marks of positions that were not known by the number of their
	 * cookie
	 * @param open the cookies whose position does not cover that, a bit for each
	 * @param at when they were received, by the monotonic clock in nanoseconds
	 */
	record Held(int client, Set<Integer> lanes, int lane, boolean laneless, int[] brought, int others,
			Map<Integer, String> unknown, int open, long at) {

		/**
		 * Whether all positions are of this instance, and there is one.
		 */
		boolean isOfThisInstance() {
			return this.others == 0 && Arrays.stream(this.brought).anyMatch((position) -> position != 0);
		}

	}

	/**
	 * The cookie of a position.
	 *
	 * @param slot its number
	 * @param sent a hash of the position and its response
	 * @param response a number of the response
	 * @param mark what is to follow the position in its value
	 * @param unknown the mark that says that the position is not known, or that it may
	 * overwrite another one, empty if it does not
	 */
	record Place(int slot, int sent, String response, String mark, String unknown) {

	}

	/**
	 * The choice of a cookie for one position.
	 */
	private final class Placing {

		private final Turn turn;

		private final Held held;

		private final String value;

		private final int position;

		private final long now;

		Placing(Turn turn, Held held, String position, long now) {
			this.turn = turn;
			this.held = held;
			this.value = position;
			this.position = position.hashCode();
			this.now = now;
		}

		int choose(int own) {
			if (own != ALONE) {
				return own;
			}
			for (int slot = 0; slot < COUNT; slot++) {
				if ((this.held.open() & 1 << slot) != 0 && !isContended(slot)) {
					return slot;
				}
			}
			if (this.turn.position == this.position && !isContended(this.turn.slot)) {
				return this.turn.slot;
			}
			int next = (this.turn.slot + 1) % COUNT;
			return IntStream.range(next, next + COUNT)
				.map((slot) -> slot % COUNT)
				.filter((slot) -> !isContended(slot))
				.findFirst()
				.orElse(next);
		}

		Place place(int slot, String response, boolean contended) {
			String unknown = contended ? newUnknown() : "";
			if (contended) {
				noted().forEach((sent) -> sent.doubt(slot, unknown));
			}
			int sent = hash(this.value, PositionSlots.this.instance, response);
			note(slot, sent);
			return new Place(slot, sent, response, SEPARATOR + PositionSlots.this.instance + hex(this.held.lane(), 3)
					+ response + this.held.unknown().getOrDefault(slot, ""), unknown);
		}

		private void note(int slot, int response) {
			Stream<Integer> shared = this.held.laneless() ? Stream.of(ANY, NONE) : Stream.of(ANY);
			Stream.concat(shared.map(this::sentAnew), noted())
				.forEach((sent) -> sent.note(slot, this.position, response, this.now));
			this.turn.slot = slot;
			this.turn.position = this.position;
		}

		/**
		 * Whether a position may overwrite another one, or be overwritten by an earlier
		 * one, and the client does not know.
		 */
		boolean isContended(int slot) {
			return isOnItsWay(slot, (sent) -> sent.isAnother(slot, this.position)) || isInDoubt(slot);
		}

		/**
		 * Whether another position was placed since, or an earlier one may arrive later.
		 */
		boolean isContendedSince(Place place) {
			return isInDoubt(place.slot())
					|| sent().anyMatch((sent) -> sent == null || !sent.isLatest(place.slot(), place.sent()));
		}

		private boolean isInDoubt(int slot) {
			String known = this.held.unknown().get(slot);
			return sent().anyMatch((sent) -> sent != null
					&& sent.isOverwritten(slot, this.now - PositionSlots.this.life) && !sent.doubt(slot).equals(known));
		}

		/**
		 * Notes whether an earlier response may arrive later, of which the client does
		 * not know yet.
		 */
		void noteOverwritten(int slot, Predicate<Sent> condition) {
			if (isOnItsWay(slot, condition)) {
				noted().forEach((sent) -> sent.noteOverwritten(slot, this.now));
			}
		}

		/**
		 * Whether the latest position in a cookie may not have arrived.
		 */
		private boolean isOnItsWay(int slot, Predicate<Sent> condition) {
			long since = this.now - PositionSlots.this.life;
			return sent().anyMatch((sent) -> isOnItsWay(sent, slot, since, condition))
					|| isOnItsWay(sent(this.held.laneless() ? ANY : NONE), slot, this.held.at(), condition);
		}

		private boolean isOnItsWay(@Nullable Sent sent, int slot, long since, Predicate<Sent> condition) {
			return sent != null && sent.isOnItsWay(slot, this.held.brought()[slot], since) && condition.test(sent);
		}

		/**
		 * The positions that were sent to each lane of the client, {@code null} for none.
		 */
		private Stream<@Nullable Sent> sent() {
			return this.held.lanes().stream().map(this::sent);
		}

		private @Nullable Sent sent(int lane) {
			return this.turn.sent.get(this.held.client(), lane);
		}

		private Stream<Sent> noted() {
			return this.held.lanes().stream().map(this::sentAnew);
		}

		private Sent sentAnew(int lane) {
			return this.turn.sent.getOrCreate(this.held.client(), lane);
		}

	}

	/**
	 * The clients that share a number: the cookie whose turn it was last, and the
	 * positions that were sent to them.
	 */
	private static final class Turn {

		private final ReentrantLock lock = new ReentrantLock();

		private final SentPositions sent = new SentPositions();

		private int slot;

		private int position;

		Turn(int slot) {
			this.slot = slot;
		}

	}

}

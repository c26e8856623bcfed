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
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * Chooses the cookies of positions, so that of several responses to one client at the
 * same time none overwrites another's position unnoticed. There are four. An instance
 * that is alone lets successive responses take turns. One that sees the marks of others
 * keeps to one cookie, which the others leave to it, since it cannot know their order.
 * <p>
 * A cookie can be used if the client has brought back the value that was sent for it
 * last. Otherwise an earlier response may be on its way, and arrive later. Many clients
 * look the same, for instance those behind one address. So the mark at the end of a value
 * names the instance that has set it, and a lane: a number that follows from the session,
 * or that a client keeps while it writes. Two requests can only be of one client if they
 * share a lane, or if one of them began before the client had any.
 * <p>
 * Where another response may overwrite a position, one more cookie says that something
 * was written, another one if the log may not be flushed as far as that. It counts until
 * a position that was taken later repeats its mark, and again once that position has been
 * overwritten. If an earlier response replaces it, the earlier mark counts instead, and
 * what repeats that was taken later as well. A cookie that was set over a position on its
 * way is not relied on while that may arrive: all that goes into it is said to be unknown
 * again. No cookie is deleted, since a parallel response may have set it again. Safe for
 * use by several threads.
 */
final class PositionSlots {

	/**
	 * The number of cookies.
	 */
	static final int COUNT = 4;

	private static final char SEPARATOR = '_';

	/**
	 * An instance, a lane, and the marks of the unknown positions that are covered.
	 */
	private static final Pattern MARK = Pattern
		.compile("(?<instance>[0-9a-f]{6})(?<lane>[0-9a-f]{3})(?<covered>(?:[0-9a-f]{8}){0,2})");

	/**
	 * The mark of an unknown position.
	 */
	private static final Pattern UNKNOWN = Pattern.compile("[0-9a-f]{8}");

	private static final int INSTANCES = 1 << 6 * 4;

	private static final int LANES = 1 << 3 * 4;

	private static final int TURNS = 1024;

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

	/**
	 * When other instances were seen last.
	 */
	private final Map<String, Long> others = new ConcurrentHashMap<>();

	/**
	 * The number of the cookie that this instance keeps to, or begins with while it is
	 * alone again.
	 */
	private volatile int own = ALONE;

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
	 * Whether positions stand for one that was not known.
	 * @param unknown the value of the cookie that says so
	 * @param positions the values of positions by the number of their cookie
	 */
	static boolean isCovered(String unknown, Map<Integer, String> positions) {
		String id = idOf(unknown);
		return !id.isEmpty() && positions.values()
			.stream()
			.map((position) -> MARK.matcher(markOf(position)))
			.anyMatch((mark) -> mark.matches() && covers(mark.group("covered"), id));
	}

	private static boolean covers(String covered, String id) {
		return covered.startsWith(id) || covered.endsWith(id);
	}

	/**
	 * The mark of a position that was not known, another one each time it is set, empty
	 * for none.
	 */
	private static String idOf(String unknown) {
		String mark = markOf(unknown);
		return UNKNOWN.matcher(mark).matches() ? mark : "";
	}

	/**
	 * Returns a new end of a value that says that a position is not known.
	 */
	static String markOfUnknown() {
		return SEPARATOR + hex(ThreadLocalRandom.current().nextInt(), 8);
	}

	/**
	 * Notes the cookies that a request has come with.
	 * @param positions the values of positions by the number of their cookie
	 * @param unknown the values that say that a position is not known
	 * @param session the id of the client's session, {@code null} if none is known
	 */
	Held received(Map<Integer, String> positions, Collection<String> unknown, @Nullable String session) {
		SortedSet<Integer> lanes = new TreeSet<>();
		int[] brought = new int[COUNT];
		int others = 0;
		for (Map.Entry<Integer, String> position : positions.entrySet()) {
			int slot = position.getKey();
			brought[slot] = withoutMark(position.getValue()).hashCode();
			Matcher mark = MARK.matcher(markOf(position.getValue()));
			if (mark.matches()) {
				lanes.add(HexFormat.fromHexDigits(mark.group("lane")));
				if (!mark.group("instance").equals(this.instance)) {
					others |= 1 << slot;
					this.others.put(mark.group("instance"), this.nanoTime.getAsLong());
				}
			}
		}
		boolean laneless = lanes.isEmpty() && session == null;
		int lane = (session != null) ? Math.floorMod(session.hashCode(), LANES)
				: !lanes.isEmpty() ? lanes.first() : ThreadLocalRandom.current().nextInt(LANES);
		lanes.add(lane);
		String covered = unknown.stream().map(PositionSlots::idOf).collect(Collectors.joining());
		return new Held(lanes, lane, laneless, brought, others, covered, this.nanoTime.getAsLong());
	}

	/**
	 * Chooses the cookie of a position.
	 * @param client a number that all requests of a client share
	 * @param held the cookies that the request has come with
	 * @param position the position, without a mark
	 * @param asynchronous whether the log may not be flushed as far as that
	 */
	Place place(int client, Held held, String position, boolean asynchronous) {
		long now = this.nanoTime.getAsLong();
		int others = countOthers(now);
		int own = (others > 0) ? keepClearOf(held.others()) : ALONE;
		Turn turn = this.turns[Math.floorMod(client, TURNS)];
		turn.lock.lock();
		try {
			turn.forget(now, this.life);
			Placing placing = new Placing(turn, client, held, position, this.life, now);
			int slot = placing.choose(own, this.own);
			boolean shared = own != ALONE && (others >= COUNT || (held.others() & 1 << own) != 0);
			boolean contended = shared || placing.isContended(slot) || placing.isRepeatedContended(slot);
			placing.noteContended(slot);
			placing.note(slot, contended, asynchronous);
			String mark = SEPARATOR + this.instance + hex(held.lane(), 3) + held.covered();
			return new Place(slot, mark, contended ? markOfUnknown() : "", turn.isAsynchronous(now, this.life));
		}
		finally {
			turn.lock.unlock();
		}
	}

	/**
	 * Notes that a later position goes into the cookie of the same response.
	 * @param client a number that all requests of a client share
	 * @param held the cookies that the request has come with
	 * @param place the cookie
	 * @param position the later position
	 * @param asynchronous whether the log may not be flushed as far as that
	 */
	void replace(int client, Held held, Place place, String position, boolean asynchronous) {
		Turn turn = this.turns[Math.floorMod(client, TURNS)];
		turn.lock.lock();
		try {
			new Placing(turn, client, held, position, this.life, this.nanoTime.getAsLong()).note(place.slot(),
					place.isContended(), asynchronous);
		}
		finally {
			turn.lock.unlock();
		}
	}

	/**
	 * The number of other instances that were seen while their cookies live.
	 */
	private int countOthers(long now) {
		this.others.values().removeIf((seen) -> now - seen > this.life);
		return this.others.size();
	}

	/**
	 * Moves to a cookie that no other instance has set, if there is one.
	 */
	private int keepClearOf(int others) {
		int own = this.own;
		if (own != ALONE && (others & 1 << own) == 0) {
			return own;
		}
		int first = (own == ALONE) ? ThreadLocalRandom.current().nextInt(COUNT) : own;
		int slot = first;
		for (int i = 1; i < COUNT && (others & 1 << slot) != 0; i++) {
			slot = (first + i) % COUNT;
		}
		this.own = ((others & 1 << slot) == 0) ? slot : first;
		return this.own;
	}

	/**
	 * The cookies that a request has come with.
	 *
	 * @param lanes the lanes of the client
	 * @param lane the one that it is to keep
	 * @param laneless whether it had none, so that this is a new one
	 * @param brought a hash of each position by the number of its cookie, 0 for none
	 * @param others the cookies that other instances have set, a bit for each
	 * @param covered the marks of the positions that were not known
	 * @param at when they were received, by the monotonic clock in nanoseconds
	 */
	record Held(Set<Integer> lanes, int lane, boolean laneless, int[] brought, int others, String covered, long at) {

		/**
		 * Whether the client has no position.
		 */
		boolean isEmpty() {
			return Arrays.stream(this.brought).allMatch((position) -> position == 0);
		}

	}

	/**
	 * The cookie of a position.
	 *
	 * @param slot its number
	 * @param mark what is to follow the position in its value
	 * @param markOfUnknown what is to follow in the value of the cookie that says that
	 * another response may overwrite the position, empty if none may
	 * @param asynchronous whether the log may not be flushed as far as a position that
	 * may be overwritten
	 */
	record Place(int slot, String mark, String markOfUnknown, boolean asynchronous) {

		boolean isContended() {
			return !this.markOfUnknown.isEmpty();
		}

	}

	/**
	 * The choice of a cookie for one position.
	 */
	private static final class Placing {

		private final Turn turn;

		private final int client;

		private final Held held;

		private final int position;

		private final long life;

		private final long now;

		Placing(Turn turn, int client, Held held, String position, long life, long now) {
			this.turn = turn;
			this.client = client;
			this.held = held;
			this.position = position.hashCode();
			this.life = life;
			this.now = now;
		}

		int choose(int own, int first) {
			if (own != ALONE) {
				return own;
			}
			if (this.turn.position == this.position && !isContended(this.turn.slot)) {
				return this.turn.slot;
			}
			if (this.held.isEmpty() && first != ALONE && !isContended(first)) {
				return first;
			}
			int next = (this.turn.slot + 1) % COUNT;
			for (int i = 0; i < COUNT; i++) {
				int slot = (next + i) % COUNT;
				if (!isContended(slot)) {
					return slot;
				}
			}
			return next;
		}

		/**
		 * Whether another position may arrive after this one in the same cookie.
		 */
		boolean isContended(int slot) {
			return isOnItsWay(slot) || this.held.lanes()
				.stream()
				.map((lane) -> this.turn.sent(this.client, lane))
				.anyMatch((sent) -> sent != null && sent.isContended(slot, this.now - this.life));
		}

		/**
		 * Whether the latest position in the cookie may not have arrived.
		 */
		private boolean isOnItsWay(int slot) {
			long since = this.held.at() - this.life;
			return this.held.lanes().stream().anyMatch((lane) -> isOnItsWay(lane, slot, since))
					|| isOnItsWay(this.held.laneless() ? ANY : NONE, slot, this.held.at());
		}

		private boolean isOnItsWay(int lane, int slot, long since) {
			Sent sent = this.turn.sent(this.client, lane);
			return sent != null && sent.positions[slot] != 0 && sent.positions[slot] != this.position
					&& sent.positions[slot] != this.held.brought()[slot] && sent.times[slot] - since >= 0;
		}

		/**
		 * Whether the same position was sent last, over one that may be on its way.
		 */
		boolean isRepeatedContended(int slot) {
			return this.turn.position == this.position && this.turn.slot == slot && this.turn.contended
					&& this.held.brought()[slot] != this.position;
		}

		void noteContended(int slot) {
			if (isOnItsWay(slot)) {
				this.held.lanes().forEach((lane) -> sentAnew(lane).contendedAt[slot] = this.now);
			}
		}

		void note(int slot, boolean contended, boolean asynchronous) {
			note(ANY, slot);
			if (this.held.laneless()) {
				note(NONE, slot);
			}
			this.held.lanes().forEach((lane) -> note(lane, slot));
			this.turn.slot = slot;
			this.turn.position = this.position;
			this.turn.contended = contended;
			if (asynchronous) {
				this.turn.asynchronousAt = this.now;
			}
		}

		private void note(int lane, int slot) {
			Sent sent = sentAnew(lane);
			sent.positions[slot] = this.position;
			sent.times[slot] = this.now;
		}

		private Sent sentAnew(int lane) {
			return this.turn.sentAnew(this.client, lane);
		}

	}

	/**
	 * Recent positions of the clients that share a number.
	 */
	private static final class Turn {

		private static final int ENTRIES = 1024;

		private final ReentrantLock lock = new ReentrantLock();

		private int slot;

		private int position;

		private boolean contended;

		private Map<Key, Sent> recent = new HashMap<>();

		private Map<Key, Sent> old = Map.of();

		private long recentSince;

		/**
		 * When the log was not flushed as far as a position last, {@code null} if never.
		 */
		private @Nullable Long asynchronousAt;

		Turn(int slot) {
			this.slot = slot;
		}

		void forget(long now, long life) {
			if (this.recent.isEmpty()) {
				this.recentSince = now;
			}
			if (now - this.recentSince > life || this.recent.size() > ENTRIES) {
				this.old = this.recent;
				this.recent = new HashMap<>();
				this.recentSince = now;
			}
		}

		boolean isAsynchronous(long now, long life) {
			return this.asynchronousAt != null && now - this.asynchronousAt <= life;
		}

		@Nullable Sent sent(int client, int lane) {
			Key of = new Key(client, lane);
			Sent sent = this.recent.get(of);
			return (sent != null) ? sent : this.old.get(of);
		}

		Sent sentAnew(int client, int lane) {
			Sent sent = sent(client, lane);
			Sent anew = (sent != null) ? sent : new Sent();
			this.recent.put(new Key(client, lane), anew);
			return anew;
		}

	}

	/**
	 * Requests that may be of one client.
	 *
	 * @param client a number that all requests of a client share
	 * @param lane their lane, {@link #ANY} or {@link #NONE}
	 */
	private record Key(int client, int lane) {

	}

	/**
	 * The position that each cookie has got last, and when. Also when that was last while
	 * an earlier one was on its way.
	 */
	private static final class Sent {

		private final int[] positions = new int[COUNT];

		private final long[] times = new long[COUNT];

		private final @Nullable Long[] contendedAt = new Long[COUNT];

		boolean isContended(int slot, long since) {
			Long at = this.contendedAt[slot];
			return at != null && at - since >= 0;
		}

	}

}

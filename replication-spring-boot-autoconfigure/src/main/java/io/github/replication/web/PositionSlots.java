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
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
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
 * names the instance that has set it, and a lane: a number that a client keeps while it
 * writes. Two requests can only be of one client if they share a lane, or if one of them
 * began before the client had any.
 * <p>
 * Where another response may overwrite a position, one more cookie says that something
 * was written, another one if the log may not be flushed as far as that. Its mark names
 * the cookies this is about. It counts until each of these holds a position that was
 * taken later and repeats the mark. So it counts again if a late response overwrites that
 * position. No cookie is deleted, since a parallel response may have set it again. Safe
 * for use by several threads.
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
		.compile("(?<instance>[0-9a-f]{4})(?<lane>[0-9a-f]{3})(?<covered>(?:[0-9a-f]{8}){0,2})");

	private static final int INSTANCES = 1 << 4 * 4;

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

	private final String instance = hex(ThreadLocalRandom.current().nextInt(INSTANCES), 4);

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
		return Unknown.of(unknown, positions).isCovered();
	}

	/**
	 * Whether a position of this instance would cover the one that was not known, where
	 * no other does yet.
	 */
	boolean mayCover(Held held) {
		int own = this.own;
		return (held.open() & ((own != ALONE) ? 1 << own : -1)) != 0;
	}

	/**
	 * Returns the end of a value that says that a position is not known.
	 * @param held the cookies that the request has come with
	 */
	static String markOfUnknown(Held held) {
		return Unknown.next(held.doubted());
	}

	/**
	 * Notes the cookies that a request has come with.
	 * @param positions the values of positions by the number of their cookie
	 * @param unknown the values that say that a position is not known
	 */
	Held received(Map<Integer, String> positions, Collection<String> unknown) {
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
		List<Unknown> unknowns = unknown.stream().map((value) -> Unknown.of(value, positions)).toList();
		return new Held(lanes, brought, others, unknowns, this.nanoTime.getAsLong());
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
			placing.note(slot, contended, asynchronous);
			String mark = SEPARATOR + this.instance + hex(held.lane(), 3) + held.ids();
			int about = held.doubted() | placing.contended() | 1 << slot;
			return new Place(slot, mark, contended ? Unknown.next(about) : "", turn.isAsynchronous(now, this.life));
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
	 * @param lanes the lanes of the client, in ascending order
	 * @param brought a hash of each position by the number of its cookie, 0 for none
	 * @param others the cookies that other instances have set, a bit for each
	 * @param unknowns the positions that were not known
	 * @param at when they were received, by the monotonic clock in nanoseconds
	 */
	record Held(SortedSet<Integer> lanes, int[] brought, int others, List<Unknown> unknowns, long at) {

		/**
		 * The cookies whose positions may be overwritten, a bit for each.
		 */
		int doubted() {
			return this.unknowns.stream().mapToInt(Unknown::slots).reduce(0, (one, other) -> one | other);
		}

		/**
		 * The cookies that are to cover what was not known, a bit for each.
		 */
		int open() {
			return this.unknowns.stream().mapToInt(Unknown::open).reduce(0, (one, other) -> one | other);
		}

		private String ids() {
			return this.unknowns.stream().map(Unknown::id).collect(Collectors.joining());
		}

		/**
		 * The lane of the client, a new one if it has none.
		 */
		int lane() {
			return this.lanes.isEmpty() ? ThreadLocalRandom.current().nextInt(LANES) : this.lanes.first();
		}

	}

	/**
	 * A cookie that says that a position is not known.
	 *
	 * @param id its mark, another one each time it is set, empty for none
	 * @param slots the cookies whose positions may be overwritten, a bit for each
	 * @param covering the cookies whose positions repeat the mark, a bit for each
	 */
	record Unknown(String id, int slots, int covering) {

		private static final int ALL = (1 << COUNT) - 1;

		private static final Pattern FORMAT = Pattern.compile("(?<id>[0-9a-f]{8})(?<slots>[0-9a-f])");

		private static Unknown of(String value, Map<Integer, String> positions) {
			Matcher mark = FORMAT.matcher(markOf(value));
			if (!mark.matches()) {
				return new Unknown("", 0, 0);
			}
			int covering = 0;
			for (Map.Entry<Integer, String> position : positions.entrySet()) {
				Matcher of = MARK.matcher(markOf(position.getValue()));
				if (of.matches() && covers(of.group("covered"), mark.group("id"))) {
					covering |= 1 << position.getKey();
				}
			}
			return new Unknown(mark.group("id"), HexFormat.fromHexDigits(mark.group("slots")), covering);
		}

		private static boolean covers(String covered, String id) {
			return covered.startsWith(id) || covered.endsWith(id);
		}

		boolean isCovered() {
			return !this.id.isEmpty() && open() == 0;
		}

		/**
		 * The cookies that are to cover it, any one of them if it is about none.
		 */
		int open() {
			if (this.id.isEmpty()) {
				return 0;
			}
			return (this.slots != 0) ? this.slots & ~this.covering : (this.covering == 0) ? ALL : 0;
		}

		private static String next(int slots) {
			return SEPARATOR + hex(ThreadLocalRandom.current().nextInt(), 8) + hex(slots, 1);
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
			for (int slot = 0; slot < COUNT; slot++) {
				if ((this.held.doubted() & this.held.open() & 1 << slot) != 0 && !isContended(slot)) {
					return slot;
				}
			}
			if (this.turn.position == this.position) {
				return this.turn.slot;
			}
			if (this.held.lanes().isEmpty() && first != ALONE && !isContended(first)) {
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
		 * Whether another position may be on its way to the client in the same cookie.
		 */
		boolean isContended(int slot) {
			if (isOnItsWay(NONE, slot, this.held.at())) {
				return true;
			}
			if (this.held.lanes().isEmpty()) {
				return isOnItsWay(ANY, slot, this.held.at());
			}
			return isUnnoticed(slot) || this.held.lanes()
				.stream()
				.anyMatch((lane) -> isOnItsWay(lane, slot, this.held.at() - this.life));
		}

		/**
		 * Whether an earlier position may be on its way although a later one has arrived,
		 * and the client does not know.
		 */
		private boolean isUnnoticed(int slot) {
			return (contended() & ~this.held.doubted() & 1 << slot) != 0;
		}

		/**
		 * The cookies that several positions of the client have gone into at a time.
		 */
		int contended() {
			int contended = 0;
			for (int lane : this.held.lanes()) {
				Sent sent = this.turn.sent(this.client, lane);
				contended |= (sent != null) ? sent.contendedSince(this.now - this.life) : 0;
			}
			return contended;
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

		void note(int slot, boolean contended, boolean asynchronous) {
			this.turn.slot = slot;
			this.turn.position = this.position;
			this.turn.contended = contended;
			if (asynchronous) {
				this.turn.asynchronousAt = this.now;
			}
			note(ANY, slot, contended);
			if (this.held.lanes().isEmpty()) {
				note(NONE, slot, contended);
			}
			this.held.lanes().forEach((lane) -> note(lane, slot, contended));
		}

		private void note(int lane, int slot, boolean contended) {
			Sent sent = this.turn.sentAnew(this.client, lane);
			sent.positions[slot] = this.position;
			sent.times[slot] = this.now;
			if (contended) {
				sent.contended |= 1 << slot;
				sent.contendedAt[slot] = this.now;
			}
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
	 * The position that each cookie has got last, and when. Also whether that was while
	 * an earlier one was on its way.
	 */
	private static final class Sent {

		private final int[] positions = new int[COUNT];

		private final long[] times = new long[COUNT];

		private final long[] contendedAt = new long[COUNT];

		private int contended;

		int contendedSince(long time) {
			int since = 0;
			for (int slot = 0; slot < COUNT; slot++) {
				if (this.contendedAt[slot] - time >= 0) {
					since |= this.contended & 1 << slot;
				}
			}
			return since;
		}

	}

}

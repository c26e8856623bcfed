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

package io.github.replication.caller;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

import org.jspecify.annotations.Nullable;

import io.github.replication.position.PositionResolver.Place;
import io.github.replication.position.PositionToken;
import io.github.replication.position.PositionToken.Reached;
import io.github.replication.position.PositionToken.Read;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SessionGuarantee;
import io.github.replication.position.WriteMark;

/**
 * The tokens that a caller has brought with one request, and from them the token that
 * leaves with the response. Not safe for use by several threads at once.
 *
 * @since 0.1.0
 */
public final class Arrival {

	private static final String NO_VERSION = "00";

	/**
	 * Those below are of no read that was sent with a response.
	 */
	private static final int LEAST_VERSION = 2;

	private static final int VERSIONS = Character.MAX_RADIX * Character.MAX_RADIX;

	private final CallerTokens tokens;

	private final Set<String> texts = new HashSet<>();

	private final List<Read> reads = new ArrayList<>();

	/**
	 * When the request arrived, by the monotonic clock in nanoseconds.
	 */
	private final long since;

	/**
	 * The tick of that moment.
	 */
	private final long tick;

	private @Nullable WriteMark write;

	/**
	 * The mark that was sent last, which the announcements after it repeat.
	 */
	private volatile @Nullable Read departed;

	private boolean renewing;

	private String version = NO_VERSION;

	/**
	 * Creates the arrival of a caller that has brought nothing yet.
	 * @param tokens decodes tokens
	 */
	public Arrival(CallerTokens tokens) {
		this.tokens = tokens;
		this.since = tokens.clock().nanoTime();
		this.tick = tokens.clock().now();
	}

	/**
	 * Adds tokens that have just arrived.
	 * @param texts the tokens, from any source; tokens that were added before are left
	 * out
	 * @return the guarantee of their maximum; tokens that are malformed, of another
	 * version or of another cluster are ignored
	 */
	public SessionGuarantee add(Collection<String> texts) {
		WriteMark write = null;
		boolean read = false;
		for (String text : texts) {
			PositionToken token = PositionToken.parse(text);
			if (token != null && isOfCluster(token) && this.texts.add(text)) {
				WriteMark written = this.tokens.decode(token.reached());
				write = (write != null) ? write.and(written) : written;
				read = add(token.read()) || read;
			}
		}
		if (write != null) {
			this.write = write.and(this.write);
		}
		return new SessionGuarantee(write, read ? mark() : null);
	}

	/**
	 * Whether a token is to be used, and may be replaced: one of another cluster that
	 * shares the host name is neither.
	 */
	private boolean isOfCluster(PositionToken token) {
		int cluster = this.tokens.cluster();
		return token.cluster() == 0 || cluster == 0 || token.cluster() == cluster;
	}

	/**
	 * Whether a token may be replaced by one that this application sends: not one that
	 * may belong to another cluster, nor one that cannot be read. That may be of a later
	 * version, which another instance uses already.
	 * @param text a token
	 * @return {@code true} if it names the same cluster
	 */
	public boolean mayReplace(String text) {
		PositionToken token = PositionToken.parse(text);
		return token != null && token.cluster() == this.tokens.cluster();
	}

	private boolean add(@Nullable Read read) {
		if (read == null || this.reads.contains(read)) {
			return false;
		}
		this.reads.add(read);
		return current().contains(read);
	}

	/**
	 * The reads that no other has superseded, one for each node.
	 */
	private List<Read> current() {
		if (this.reads.size() < 2) {
			return List.copyOf(this.reads);
		}
		Map<Integer, Read> current = new LinkedHashMap<>();
		for (Read read : latest()) {
			current.putIfAbsent(read.node(), read);
		}
		if (current.size() > 1) {
			current.remove(Read.NONE);
		}
		return List.copyOf(current.values());
	}

	/**
	 * The reads that no other has superseded. Those that seem to supersede each other, by
	 * a version that two of them happen to have, all count.
	 */
	private List<Read> latest() {
		List<Read> latest = this.reads.stream()
			.filter((read) -> this.reads.stream().noneMatch((other) -> other.supersedes(read)))
			.toList();
		return latest.isEmpty() ? this.reads : latest;
	}

	private @Nullable ReadMark mark() {
		ReadMark mark = null;
		for (Read read : current()) {
			if (read.node() != Read.NONE) {
				mark = this.tokens.arrived(read.node(), read.rotation()).and(mark);
			}
		}
		return mark;
	}

	/**
	 * Returns the token to store as soon as something was written, without asking a
	 * server.
	 * @param record the caller's record
	 * @return a token that covers the writes and the tokens that have arrived
	 */
	public PositionToken announcement(CallerRecord record) {
		this.tokens.lookUp(record);
		Read departed = this.departed;
		return new PositionToken(this.tokens.cluster(), this.tokens.encode(record.guarantee().write()),
				(departed != null) ? departed : unchanged());
	}

	/**
	 * The token to send with a response, after asking for the position if the caller has
	 * written. Waits no longer than the timeout of a probe.
	 * @param record the caller's record
	 * @param written whether a write was recorded or learnt of
	 * @param shared whether the response may be stored by a shared cache, so that it must
	 * not contain a read mark
	 * @return the token, {@code null} if there is nothing new
	 */
	public @Nullable PositionToken departure(CallerRecord record, boolean written, boolean shared) {
		boolean writing = written && this.tokens.isTracking();
		boolean silent = shared && !writing;
		if (silent) {
			keep(record);
		}
		ReadMark read = (this.tokens.isMonotonic() && !silent) ? record.ownRead() : null;
		boolean seen = read != null && read.node() == ReadMark.PRIMARY && (writing || record.isBehind())
				&& this.tokens.isExact();
		if (writing || seen) {
			this.tokens.resolve(record);
		}
		else {
			this.tokens.lookUp(record);
		}
		WriteMark write = record.guarantee().write();
		if (seen && read != null) {
			WriteMark reading = WriteMark.unresolved(read.tick(), false, read.at());
			write = this.tokens.resolve(reading.and(write));
		}
		Reached reached = this.tokens.encode(write);
		boolean moved = (writing || seen || (!silent && isCorrected(write))) && reached != null;
		this.renewing = moved;
		Read mark = (read == null) ? null : (seen && reached != null) ? successor(record) : next(read, record.isKept());
		if (!moved && mark == null) {
			return null;
		}
		Read departed = (mark != null) ? mark : unchanged();
		this.departed = departed;
		return new PositionToken(this.tokens.cluster(), reached, departed);
	}

	/**
	 * Whether the position of the token that departed last counts from then on: it was
	 * written, or seen on the primary, even if the caller holds the same one already.
	 * @return {@code false} if the token only repeats a position
	 */
	public boolean isRenewing() {
		return this.renewing;
	}

	/**
	 * Notes what the caller has read although no response can take a mark of it along.
	 * @param record the caller's record
	 */
	public void keep(CallerRecord record) {
		ReadMark read = this.tokens.isMonotonic() ? record.ownRead() : null;
		if (read == null) {
			return;
		}
		Read last = last();
		if (last != null && last.node() == this.tokens.read(read).node()) {
			this.tokens.sharedMarks().stay(last, read.tick(), this.since);
		}
	}

	/**
	 * Whether the position of the arrived write was wrong or unknown, and is known now.
	 */
	private boolean isCorrected(@Nullable WriteMark write) {
		return this.write != null && write != null && write.isResolved() && !write.equals(this.write);
	}

	/**
	 * The mark that the caller has brought, or one that covers all if it has brought
	 * several.
	 */
	private @Nullable Read unchanged() {
		return (current().size() > 1) ? moving(new Read(0, ReadMark.PRIMARY, ReadMark.ANY)) : last();
	}

	/**
	 * The mark that the caller has brought, if it is one alone.
	 */
	private @Nullable Read last() {
		List<Read> current = current();
		return (current.size() == 1) ? current.get(0) : null;
	}

	/**
	 * The mark after a read from a node, {@code null} if it is the same that has arrived.
	 * A caller that stays needs a new mark only if a parallel request may have left the
	 * node, and superseded that one.
	 */
	private @Nullable Read next(ReadMark mark, boolean kept) {
		Read read = this.tokens.read(mark);
		Read last = last();
		if (last != null && last.node() == read.node()
				&& (kept || read.node() == ReadMark.PRIMARY || last.rotation() == read.rotation())) {
			return this.tokens.sharedMarks().stay(last, mark.tick(), this.since) ? superseding(last) : null;
		}
		return moving(read);
	}

	/**
	 * The mark in place of those that have arrived. If a parallel request has read from
	 * one of their nodes meanwhile, it is a mark that covers any node.
	 */
	private Read moving(Read read) {
		boolean alone = true;
		for (Read left : latest()) {
			boolean unread = this.tokens.sharedMarks().leave(left, this.tick);
			alone = alone && (unread || left.node() == read.node());
		}
		return superseding(alone ? read : new Read(0, ReadMark.PRIMARY, ReadMark.ANY));
	}

	/**
	 * The mark after a read on the primary that the position covers. It names the replica
	 * to use once that replica is as far. Parallel responses choose the same where they
	 * can.
	 */
	private @Nullable Read successor(CallerRecord record) {
		if (this.reads.isEmpty()) {
			return null;
		}
		Read last = last();
		int node = (last != null) ? record.successor() : lowest();
		Place place = this.tokens.placeOf(node);
		if (last != null && isUnchanged(last, node, place)) {
			return null;
		}
		return moving((place != null) ? new Read(place.index(), node, place.rotation())
				: new Read(Read.INDEXES, Read.NONE, ReadMark.ANY));
	}

	private boolean isUnchanged(Read last, int successor, @Nullable Place place) {
		if (place == null) {
			return last.node() == Read.NONE || this.tokens.placeOf(last.node()) != null;
		}
		return last.node() == successor;
	}

	private int lowest() {
		return current().stream()
			.mapToInt(Read::node)
			.filter((node) -> this.tokens.placeOf(node) != null)
			.boxed()
			.min(Integer::compareUnsigned)
			.orElse(ReadMark.PRIMARY);
	}

	/**
	 * The same read with the versions of those that have arrived, and a new one of its
	 * own, the same for all of this arrival.
	 */
	private Read superseding(Read read) {
		String[] versions = new String[Read.INDEXES];
		Arrays.fill(versions, NO_VERSION);
		this.reads.stream()
			.filter((arrived) -> !arrived.version().isEmpty())
			.forEach((arrived) -> versions[arrived.index()] = arrived.version());
		if (read.index() < Read.INDEXES) {
			versions[read.index()] = version();
		}
		return new Read(read.index(), read.node(), read.rotation(), withoutEnd(String.join("", versions)));
	}

	private static String withoutEnd(String versions) {
		int end = versions.length();
		while (end > NO_VERSION.length() && versions.startsWith(NO_VERSION, end - NO_VERSION.length())) {
			end -= NO_VERSION.length();
		}
		return versions.substring(0, end);
	}

	private String version() {
		while (this.version.equals(NO_VERSION) || this.reads.stream().anyMatch((read) -> read.isTaken(this.version))) {
			int number = ThreadLocalRandom.current().nextInt(LEAST_VERSION, VERSIONS);
			this.version = (number < Character.MAX_RADIX ? "0" : "") + Integer.toString(number, Character.MAX_RADIX);
		}
		return this.version;
	}

}

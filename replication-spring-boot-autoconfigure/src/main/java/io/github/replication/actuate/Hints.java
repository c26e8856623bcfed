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
package io.github.replication.actuate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.actuate.Figures.NodeFigures;
import io.github.replication.actuate.Figures.Place;

/**
 * Draws hints from figures. A share counts as much from {@value #MUCH} percent on, and
 * only once there are {@value #ENOUGH} to judge by.
 */
final class Hints {

	private static final int ENOUGH = 100;

	private static final int MUCH = 10;

	private final Figures figures;

	private final List<Hint> hints = new ArrayList<>();

	private Hints(Figures figures) {
		this.figures = figures;
	}

	static List<Hint> of(Figures figures) {
		Hints hints = new Hints(figures);
		hints.withoutTransaction();
		hints.unchanged();
		hints.behind();
		hints.positions();
		hints.fallback();
		figures.nodes().stream().filter(Hints::isServingReplica).forEach(hints::unused);
		hints.rights();
		return List.copyOf(hints.hints);
	}

	private void withoutTransaction() {
		long number = this.figures.decisions(Reason.NO_TRANSACTION);
		long all = this.figures.decisions(Reason.values());
		if (isMuch(number, all)) {
			add(Hint.Topic.WITHOUT_TRANSACTION, share(number, all) + " units of work ran outside of a transaction.",
					"Statements without a transaction run on the primary, as do the query methods of a repository that"
							+ " it declares itself.",
					"Annotate the services or repositories that read with @ReadOnly, or set"
							+ " replication.without-transaction=by-statement.");
		}
	}

	private void unchanged() {
		long number = this.figures.commits(false);
		long all = number + this.figures.commits(true);
		if (isMuch(number, all)) {
			add(Hint.Topic.READ_WRITE_UNCHANGED, share(number, all) + " read-write transactions changed nothing.",
					"A transaction runs on the primary unless it is declared read-only.",
					"Annotate methods that only read with @ReadOnly or @Transactional(readOnly = true).");
		}
	}

	private void behind() {
		long number = this.figures.decisions(Reason.BEHIND, Reason.RECENT_WRITE);
		long all = number + this.figures.decisions(Reason.READ_ONLY);
		if (isMuch(number, all)) {
			add(Hint.Topic.BEHIND, share(number, all) + " reads that a replica could serve went to the primary.",
					"No replica had replayed the writes that the caller had made or seen: replicas lag, or one caller writes"
							+ " all the time, as a job does.",
					"Look at replication.lag; set replication.read-your-writes.wait to the usual lag, such as 50ms; wrap"
							+ " writes that no reader waits for in Replication.untracked.");
		}
	}

	private void positions() {
		long sent = this.figures.positionsSent();
		long received = this.figures.positionsReceived();
		if (sent >= ENOUGH && received * 100 < sent * MUCH) {
			add(Hint.Topic.POSITION_NOT_RETURNED,
					sent + " responses carried the position of a write, " + received + " requests brought one back.",
					"The clients keep no cookies, or do not repeat the header, so that they may miss their own writes.",
					"Let clients keep cookies, set replication.read-your-writes.carrier=header and repeat it, or set it"
							+ " to user where users log in.");
		}
	}

	private void fallback() {
		for (NodeFigures node : this.figures.nodes()) {
			if (node.status().role() == Role.PRIMARY && node.exhaustions() > 0) {
				add(Hint.Topic.FALLBACK_EXHAUSTED,
						"Reads without a free connection in the read pool of " + node.status().name() + ": "
								+ node.exhaustions() + ".",
						"The reads that replicas do not serve are more than the pool for them can take.",
						"Bring back the replicas, or set replication.fallback-max-connections to a higher number.");
			}
		}
	}

	private static boolean isServingReplica(NodeFigures node) {
		return node.status().role() == Role.REPLICA && node.status().state().isInRotation();
	}

	private void unused(NodeFigures node) {
		long reads = this.figures.decisions(Reason.READ_ONLY, Reason.NO_REPLICA, Reason.TOO_STALE, Reason.BEHIND);
		if (node.decisions(Reason.READ_ONLY) > 0 || reads < ENOUGH) {
			return;
		}
		Place place = node.place();
		String property = "replication.replicas." + node.status().name();
		String figure = node.status().name() + " served none of " + reads + " reads.";
		if (place.weight() == 0) {
			add(Hint.Topic.REPLICA_UNUSED, figure, "Its weight is 0.", "Set " + property + ".weight to 1 or more.");
		}
		else if (place.group() != null) {
			add(Hint.Topic.REPLICA_UNUSED, figure,
					"It belongs to the group '" + place.group() + "', for which no read" + " has asked.",
					"Use @ReadOnly(group = \"" + place.group() + "\"), or remove " + property + ".group.");
		}
		else if (isOfAnotherZone(place.zone())) {
			add(Hint.Topic.REPLICA_UNUSED, figure,
					"It is in the zone " + place.zone() + ", and replicas of the application's own zone serve.",
					"Nothing, if it is a reserve; else remove " + property + ".zone.");
		}
		else {
			add(Hint.Topic.REPLICA_UNUSED, figure, "Callers stay with the replica that they have read from.",
					"Nothing, if there are few callers; else compare its lag with that of the others.");
		}
	}

	private boolean isOfAnotherZone(@Nullable String zone) {
		return this.figures.zone() != null && !this.figures.zone().equals(zone)
				&& this.figures.nodes()
					.stream()
					.anyMatch((node) -> isServingReplica(node) && this.figures.zone().equals(node.place().zone()));
	}

	private void rights() {
		String hidden = this.figures.nodes()
			.stream()
			.filter((node) -> isServingReplica(node) && node.status().position() != null
					&& node.status().receiving() == null)
			.map((node) -> node.status().name())
			.collect(Collectors.joining(", "));
		if (!hidden.isEmpty()) {
			add(Hint.Topic.MISSING_RIGHTS, "The WAL receivers of " + hidden + " are not visible.",
					"The database user may not see other sessions.",
					"GRANT pg_monitor to the user: health then shows whether replicas receive WAL and how commits wait"
							+ " for them, and a new timeline is seen sooner.");
		}
		String unknown = this.figures.nodes()
			.stream()
			.filter((node) -> node.status().state().isInRotation() && node.status().position() == null)
			.map((node) -> node.status().name())
			.collect(Collectors.joining(", "));
		if (!unknown.isEmpty()) {
			add(Hint.Topic.MISSING_RIGHTS, "The WAL positions of " + unknown + " are not known.",
					"The server refuses the functions that report them, or is not PostgreSQL.",
					"GRANT EXECUTE ON FUNCTION pg_current_wal_flush_lsn, pg_current_wal_insert_lsn and"
							+ " pg_last_wal_replay_lsn to the user: reads after a write then return to the replicas"
							+ " as soon as those have it.");
		}
	}

	private static boolean isMuch(long number, long all) {
		return all >= ENOUGH && number * 100 >= all * MUCH;
	}

	private static String share(long number, long all) {
		return String.format(Locale.ROOT, "%d %% (%d of %d)", Math.round(100.0 * number / all), number, all);
	}

	private void add(Hint.Topic topic, String figure, String cause, String remedy) {
		this.hints.add(new Hint(topic, figure, cause, remedy));
	}

}

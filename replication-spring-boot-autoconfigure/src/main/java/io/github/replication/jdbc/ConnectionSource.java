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

package io.github.replication.jdbc;

import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransactionRollbackException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.RoutingScope;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecords;
import io.github.replication.node.Cluster;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.NodeUnavailableException;
import io.github.replication.node.Positions;
import io.github.replication.node.Topology;
import io.github.replication.policy.Route;
import io.github.replication.policy.RouteRequest;
import io.github.replication.policy.RoutingPolicy;

/**
 * Gives a logical connection the physical one that a unit of work is to run on. Shared by
 * all connections of a data source.
 */
final class ConnectionSource {

	private static final Log logger = LogFactory.getLog(ConnectionSource.class);

	/**
	 * {@code transaction_rollback}, PostgreSQL's error codes, class 40.
	 */
	private static final String TRANSACTION_ROLLBACK = "40000";

	private final Cluster cluster;

	private final RoutingPolicy policy;

	private final NodeRouter router;

	private final CallerRecords callers;

	private final ConnectionCallbacks callbacks;

	private final PoolDefaults poolDefaults;

	private final Map<Method, Optional<Object>> metadata = new ConcurrentHashMap<>();

	/**
	 * Whether any session may commit without waiting for the log to be flushed: what one
	 * has set stays with its connection in the pool.
	 */
	private volatile boolean asynchronous;

	ConnectionSource(Cluster cluster, RoutingPolicy policy, CallerRecords callers, ConnectionCallbacks callbacks,
			PoolDefaults poolDefaults) {
		this.cluster = cluster;
		this.policy = policy;
		this.router = new NodeRouter();
		cluster.onSilence(RepeatableUnit::abortOn);
		this.callers = callers;
		this.callbacks = callbacks;
		this.poolDefaults = poolDefaults;
		this.asynchronous = HiddenWrites.isAsynchronous(poolDefaults.initSql());
	}

	boolean isAutoCommitByDefault() {
		return this.poolDefaults.autoCommit();
	}

	/**
	 * The isolation level of a transaction that does not name one.
	 */
	int defaultIsolation() {
		Integer isolation = this.poolDefaults.isolation();
		return (isolation != null) ? isolation : this.cluster.defaults().isolation();
	}

	boolean isByStatement() {
		return this.policy.isByStatement();
	}

	CallerRecord caller() {
		return this.callers.current();
	}

	/**
	 * Remembers that the caller has written, or may have, where the commit could not be
	 * asked how it was carried out.
	 * @param asynchronous whether the unit has chosen not to wait for the log
	 */
	void recordUncheckedWrite(boolean asynchronous) {
		caller().recordWrite(asynchronous || this.asynchronous);
	}

	/**
	 * Remembers what a statement has set for those that follow it.
	 */
	void noteSettings(@Nullable String sql) {
		if (!this.asynchronous && HiddenWrites.isAsynchronousFromNowOn(sql)) {
			this.asynchronous = true;
		}
	}

	/**
	 * Remembers that the caller has read.
	 */
	void recordRead(Binding binding) {
		if (this.cluster.positions().settings().monotonic()
				&& RoutingScope.current().consistency() != Consistency.EVENTUAL) {
			caller().recordRead(binding.nodeId(), binding.decidedBy());
		}
	}

	/**
	 * What metadata calls without arguments have answered, the same for every node.
	 */
	Map<Method, Optional<Object>> metadata() {
		return this.metadata;
	}

	/**
	 * Decides where a unit goes that keeps its connection if the rules allow it.
	 * @param request the facts
	 * @param current the connection it has
	 * @return the route on that connection's node, {@code null} if the unit needs another
	 */
	@Nullable Route routeOn(RouteRequest request, Binding current) throws SQLException {
		List<ClusterNode> excluded = RepeatableUnit.leftOut(this.cluster.topology());
		Route route = this.policy.require(decideWithout(excluded, request), request);
		boolean stays = route.node() == current.route().node() || (!excluded.contains(current.route().node())
				&& this.policy.mayServe(current.route().node(), route, request));
		return (stays && route.pool() == current.route().pool())
				? new Route(current.route().node(), route.pool(), route.reason()) : null;
	}

	/**
	 * Takes a connection of the node that is decided, or of the next that qualifies if
	 * that one cannot give any. What other threads of the caller write meanwhile counts.
	 */
	Binding acquire(RouteRequest request) throws SQLException {
		List<ClusterNode> excluded = RepeatableUnit.leftOut(this.cluster.topology());
		while (true) {
			RouteRequest current = request.with(caller().bound());
			Route route = this.policy.require(decide(current, excluded), current);
			RouteRequest decided = current.with(caller().bound());
			RepeatableUnit.uses(route.node());
			try {
				Binding binding = take(route);
				if (leadsToStandby(binding)) {
					binding.abort();
					binding.release();
					requireSuccessor(route.node());
					continue;
				}
				if (this.policy.stillServes(route, decided)) {
					binding.decidedBy(decided.bound().read());
					return binding;
				}
				binding.release();
			}
			catch (NodeUnavailableException ex) {
				if (route.reason() != Reason.READ_ONLY) {
					throw ex;
				}
				logger.debug(route.node() + " gives no connection, trying another node", ex);
				excluded = without(excluded, route.node(), ex.isUnreachable());
			}
		}
	}

	/**
	 * Whether what was taken for the primary has become a standby.
	 */
	private static boolean leadsToStandby(Binding binding) throws SQLException {
		return binding.route().reason() != Reason.READ_ONLY && NodeErrors.isOnStandby(binding.connection());
	}

	private void requireSuccessor(ClusterNode demoted) throws SQLException {
		this.cluster.demoted(demoted);
		if (!this.cluster.awaitSuccessor(demoted)) {
			throw NodeUnavailableException.standby(demoted.name());
		}
	}

	/**
	 * A statement or a commit has failed.
	 */
	void failed(Binding binding, SQLException ex) {
		ClusterNode node = binding.route().node();
		RepeatableUnit.uses(node);
		if (NodeErrors.isSuspicious(ex)) {
			this.cluster.suspect(node);
		}
		else if (binding.isOnWritePool() && !binding.isReadOnlyUnit() && ReadOnlyViolations.isViolation(ex)
				&& isOnStandby(binding)) {
			binding.evict();
			this.cluster.demoted(node);
		}
	}

	private static boolean isOnStandby(Binding binding) {
		try {
			return NodeErrors.isOnStandby(binding.connection());
		}
		catch (SQLException ex) {
			return false;
		}
	}

	/**
	 * Requires that a transaction may be committed where it has run: not on what was the
	 * primary before a failover.
	 */
	void requirePrimary(Binding binding) throws SQLException {
		ClusterNode primary = this.cluster.topology().primary();
		ClusterNode node = binding.route().node();
		if (node != primary) {
			binding.evict();
			throw new SQLTransactionRollbackException(
					node + " is not the primary any more, " + primary
							+ " is: the transaction has begun before that and was not committed. Run it again.",
					TRANSACTION_ROLLBACK);
		}
	}

	/**
	 * Decides by what is known, or, where that leads to the primary, by what the nodes
	 * tell when they are asked again. A caller that is bound to a replica whose
	 * connections are all in use is a reason to ask the others as well.
	 */
	private Route decide(RouteRequest request, List<ClusterNode> excluded) {
		Route route = decideWithout(excluded, request);
		List<ClusterNode> left = this.policy.leaving(route, request);
		if (left.isEmpty()) {
			return route;
		}
		List<ClusterNode> without = new ArrayList<>(excluded);
		without.addAll(left);
		Route other = decideWithout(without, request);
		if (this.policy.leaves(other, left)) {
			return other;
		}
		caller().keepNode();
		return route;
	}

	private Route decideWithout(List<ClusterNode> excluded, RouteRequest request) {
		Route route = this.policy.route(request, excluded);
		Positions positions = this.cluster.positions();
		Duration maxStaleness = request.scope().maxStaleness();
		if (route.reason() == Reason.TOO_STALE && maxStaleness != null
				&& positions.refresh(this.policy.replicas(request, excluded), maxStaleness)) {
			route = this.policy.route(request, excluded);
		}
		if (route.reason() == Reason.BEHIND || route.reason() == Reason.RECENT_WRITE) {
			CallerRecord caller = caller();
			positions.catchUp(this.policy.replicas(request, excluded), caller);
			route = this.policy.route(request.with(caller.bound()), excluded);
		}
		return route;
	}

	/**
	 * Takes a connection on which metadata can be read: the primary's, or that of any
	 * replica if the primary cannot be reached.
	 */
	Binding acquireForMetadata() throws SQLException {
		Topology topology = this.cluster.topology();
		if (!this.cluster.isPrimaryReachable()) {
			for (ClusterNode replica : topology.rotation(null).all()) {
				try {
					return take(new Route(replica, PoolKind.READ, Reason.NO_TRANSACTION));
				}
				catch (NodeUnavailableException ex) {
					logger.debug(replica + " gives no connection for metadata", ex);
				}
			}
		}
		return take(new Route(topology.primary(), PoolKind.WRITE, Reason.NO_TRANSACTION));
	}

	/**
	 * Lets the application prepare a connection that was just taken.
	 */
	void prepare(Binding binding) throws SQLException {
		RepeatableUnit.takes(binding);
		if (this.callbacks.hasPreparers()) {
			binding.startInAutoCommit();
			this.callbacks.prepare(binding.connection(), binding.route().decision(unit()));
		}
	}

	/**
	 * Makes a connection ready for a unit of work and tells the listeners.
	 */
	void begin(Binding binding, Route route, SessionSettings session, boolean readOnly) throws SQLException {
		RepeatableUnit.takes(binding);
		binding.begin(route, session, readOnly);
		RepeatableUnit.begins(binding);
		route.node().counts().decided(route.node().role(), route.reason());
		if (this.callbacks.isAnybodyTold()) {
			this.callbacks.tell(route.decision(unit()));
		}
	}

	/**
	 * The method or transaction that the current thread runs.
	 */
	static @Nullable String unit() {
		String transaction = TransactionSynchronizationManager.getCurrentTransactionName();
		return (transaction != null) ? transaction : RoutingScope.current().unit();
	}

	private Binding take(Route route) throws SQLException {
		Binding.enterPool(route);
		Connection connection = null;
		try {
			long start = route.node().askedAt();
			connection = this.router.getConnection(route);
			route.node().answeredSince(start);
			return new Binding(connection, route);
		}
		catch (SQLException | RuntimeException | Error ex) {
			Binding.leavePool(route);
			JdbcUtils.closeConnection(connection);
			throw ex;
		}
	}

	/**
	 * Excludes a node that gave no connection. After the wait for one that is busy no
	 * other busy node is waited for.
	 */
	private List<ClusterNode> without(List<ClusterNode> excluded, ClusterNode node, boolean unreachable) {
		List<ClusterNode> more = new ArrayList<>(excluded);
		more.add(node);
		if (!unreachable) {
			more.addAll(RoutingPolicy.busy(this.cluster.topology().replicas()));
		}
		return more;
	}

}

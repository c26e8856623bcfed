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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.jdbc.support.JdbcUtils;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import io.github.replication.Consistency;
import io.github.replication.PoolKind;
import io.github.replication.Reason;
import io.github.replication.Role;
import io.github.replication.RouteDecision;
import io.github.replication.RoutingScope;
import io.github.replication.caller.CallerRecord;
import io.github.replication.caller.CallerRecord.Requirement;
import io.github.replication.caller.CallerRecords;
import io.github.replication.node.Cluster;
import io.github.replication.node.ClusterNode;
import io.github.replication.node.NodeUnavailableException;
import io.github.replication.node.Topology;
import io.github.replication.policy.Route;
import io.github.replication.policy.RouteInquiry;
import io.github.replication.policy.RouteRequest;
import io.github.replication.policy.RoutingPolicy;
import io.github.replication.postgres.DriverConnection;
import io.github.replication.postgres.SqlState;

/**
 * Takes the physical connections of one data source, and holds the state that its logical
 * connections share. Safe for use by several threads.
 */
final class ConnectionSource {

	private static final Log logger = LogFactory.getLog(ConnectionSource.class);

	private static final int VALIDATION_SECONDS = 1;

	private final Cluster cluster;

	private final RouteInquiry routes;

	private final NodeRoutingDataSource router = new NodeRoutingDataSource();

	private final CallerRecords callers;

	private final ConnectionCallbacks callbacks;

	private final ConnectionDefaults connectionDefaults;

	private final FunctionCatalog catalog;

	private final StatementTexts texts;

	private final Set<PhysicalConnection> inUse = ConcurrentHashMap.newKeySet();

	private final Consumer<PhysicalConnection> onRelease = this.inUse::remove;

	private final StandbyCheck standbys = new StandbyCheck();

	private final FormerServerCheck formerServers = new FormerServerCheck();

	private final Map<Method, Optional<Object>> metadata = new ConcurrentHashMap<>();

	/**
	 * The number of sessions that each thread has begun and not closed.
	 */
	private final ThreadLocal<AtomicInteger> sessions = ThreadLocal.withInitial(AtomicInteger::new);

	/**
	 * Whether any session may commit without waiting for the log to be flushed: the
	 * setting of one stays with its connection in the pool.
	 */
	private volatile boolean asynchronous;

	ConnectionSource(Cluster cluster, RoutingPolicy policy, CallerRecords callers, ConnectionCallbacks callbacks,
			ConnectionDefaults connectionDefaults) {
		this.cluster = cluster;
		this.routes = new RouteInquiry(policy, cluster);
		cluster.onSilence(SilentNodeAborter::abortUnitsOn);
		cluster.onGivenUp(this::abortOn);
		this.callers = callers;
		this.callbacks = callbacks;
		this.connectionDefaults = connectionDefaults;
		this.catalog = new FunctionCatalog((question, delay) -> cluster.askLater(question::ask, delay),
				cluster.clock()::nanoTime);
		this.catalog.begin();
		this.texts = new StatementTexts(this.catalog);
		String initSql = connectionDefaults.initSql();
		this.asynchronous = initSql != null && text(initSql).mentionsSynchronousCommit();
	}

	/**
	 * Closes the connections to a node under the units that use them.
	 */
	private void abortOn(ClusterNode node) {
		for (PhysicalConnection physical : this.inUse) {
			if (physical.node() == node) {
				physical.abortUnderUnit();
			}
		}
	}

	boolean isAutoCommitByDefault() {
		return this.connectionDefaults.autoCommit();
	}

	/**
	 * The isolation level of a transaction that does not name one.
	 */
	int defaultIsolation() {
		Integer isolation = this.connectionDefaults.isolation();
		Integer reported = (isolation != null) ? isolation : this.cluster.defaultIsolation();
		return (reported != null) ? reported : Connection.TRANSACTION_READ_COMMITTED;
	}

	/**
	 * Whether that is known. A statement that the pool executes first may set another
	 * level.
	 */
	boolean isDefaultIsolationKnown() {
		return this.connectionDefaults.isolation() != null
				|| (this.connectionDefaults.initSql() == null && this.cluster.defaultIsolation() != null);
	}

	/**
	 * The isolation level of a new connection that is given none, {@code null} if it is
	 * not known.
	 */
	private @Nullable Integer defaultIsolation(Route route) {
		Integer isolation = (route.pool() == PoolKind.WRITE) ? this.connectionDefaults.isolation()
				: route.node().readPool().isolation();
		return (isolation != null || this.connectionDefaults.initSql() != null) ? isolation
				: route.node().defaultIsolation();
	}

	boolean isByStatement() {
		return this.routes.isByStatement();
	}

	CallerRecord caller() {
		return this.callers.current();
	}

	/**
	 * The number of sessions of the current thread that may hold a connection. Counted by
	 * the thread that begins a session, also if another closes it.
	 */
	AtomicInteger sessionsOfThread() {
		return this.sessions.get();
	}

	/**
	 * Returns the classification of a statement.
	 * @param sql the text, {@code null} if it is not known
	 */
	StatementText text(@Nullable String sql) {
		return this.texts.of(sql);
	}

	StatementTexts texts() {
		return this.texts;
	}

	/**
	 * The answers of metadata calls without arguments, the same for every node.
	 */
	Map<Method, Optional<Object>> metadata() {
		return this.metadata;
	}

	/**
	 * Records that the caller has written, or may have, where the commit could not be
	 * asked how it was carried out.
	 * @param asynchronous whether the unit has chosen not to wait for the log
	 */
	void recordUncheckedWrite(boolean asynchronous) {
		recordWrite(asynchronous || this.asynchronous);
	}

	/**
	 * Records that the caller has written.
	 * @param asynchronous whether the commit has not waited for the log
	 */
	void recordWrite(boolean asynchronous) {
		caller().recordWrite(asynchronous);
		this.cluster.wrote(asynchronous);
	}

	/**
	 * Whether the session alone decides on {@code synchronous_commit}. No text has set it
	 * for a session, no function of the application's sets it, such as a trigger, and the
	 * application prepares no session by means that are not seen.
	 */
	boolean isDurabilityOfSession() {
		return !this.asynchronous && !this.callbacks.hasPreparers() && !this.catalog.mayChangeDurability();
	}

	/**
	 * The time on the clock of the cluster, in nanoseconds.
	 */
	long nanoTime() {
		return this.cluster.clock().nanoTime();
	}

	/**
	 * Notes that the catalog has changed, or is about to.
	 */
	void catalogChanged() {
		this.catalog.changed();
	}

	/**
	 * Notes the settings of a statement that names {@code synchronous_commit}.
	 */
	void noteDurability(StatementText text) {
		caller().expectAsynchronousCommit();
		if (!this.asynchronous && text.setsSynchronousCommitForSession()) {
			this.asynchronous = true;
		}
	}

	/**
	 * Records that the caller has read.
	 */
	void recordRead(UnitOfWork unit) {
		if (!unit.isOnReplica()) {
			this.cluster.positions().primaryHasServed();
		}
		if (this.cluster.positions().settings().monotonic()
				&& RoutingScope.current().consistency() != Consistency.EVENTUAL) {
			caller().recordRead(unit.physical().nodeId(), unit.decidedBy());
		}
	}

	/**
	 * Whether the node of a unit still has the part that it was chosen for.
	 */
	boolean isInPlace(UnitOfWork unit) {
		Topology topology = this.cluster.topology();
		return (unit.isOnReplica())
				? topology.rotation(unit.request().scope().group()).all().contains(unit.route().node())
				: topology.primary() == unit.route().node();
	}

	/**
	 * Decides where a unit goes that keeps its connection if the rules allow it.
	 * @param request the facts
	 * @param current the connection it has
	 * @return the route on that connection, {@code null} if the unit needs another
	 */
	@Nullable Route routeOn(RouteRequest request, PhysicalConnection current) throws SQLException {
		Route route = this.routes.findOn(request, caller(), RetryAttempt.excluded(this.cluster.topology()),
				current.node(), current.pool());
		return (route != null && this.routes.stillServes(route, request, current.connection())) ? route : null;
	}

	/**
	 * Finds a connection to the decided node, or to the next one that qualifies if that
	 * node cannot give any. Writes of the caller's other threads count meanwhile.
	 * @param request the facts
	 * @param open the connections of the session, of which one may be of that pool
	 */
	PhysicalConnection acquire(RouteRequest request, SessionConnections open) throws SQLException {
		CallerRecord caller = caller();
		long since = RetryAttempt.runsAgainSince(this.cluster.clock());
		Requirement delay = (since != 0) ? caller.delayedSince(since) : null;
		PrimaryWait wait = null;
		try {
			List<ClusterNode> excluded = RetryAttempt.excluded(this.cluster.topology());
			RouteRequest current = (delay != null) ? request.with(caller.guarantee()) : request;
			while (true) {
				Topology topology = this.cluster.topology();
				Route route = this.routes.find(current, caller, excluded);
				wait = waitFor(route, caller, wait);
				try {
					PhysicalConnection physical = acquire(route, current, open, caller);
					if (physical != null) {
						return physical;
					}
				}
				catch (NodeUnavailableException ex) {
					if (wait != null && route.reason() != Reason.READ_ONLY) {
						wait.after(ex, topology);
					}
					else {
						logger.debug(route.node() + " gives no connection, trying another node", ex);
						excluded = without(excluded, route.node(), ex.isUnreachable());
					}
				}
				current = request.with(caller.guarantee());
			}
		}
		finally {
			if (wait != null) {
				wait.close();
			}
			if (delay != null) {
				delay.release();
			}
		}
	}

	/**
	 * The wait for a primary, which begins with the first attempt to get a connection to
	 * it.
	 */
	private @Nullable PrimaryWait waitFor(Route route, CallerRecord caller, @Nullable PrimaryWait begun) {
		if (begun != null || route.reason() == Reason.READ_ONLY) {
			return begun;
		}
		PrimaryWait wait = new PrimaryWait(this.cluster, caller);
		wait.begin();
		return wait;
	}

	/**
	 * Takes a connection of the pool that was decided, unless one is open.
	 * @return the connection, {@code null} if the decision does not hold any longer
	 */
	private @Nullable PhysicalConnection acquire(Route route, RouteRequest request, SessionConnections connections,
			CallerRecord caller) throws SQLException {
		RouteRequest decided = (route.reason() == Reason.READ_ONLY) ? request.with(caller.guarantee()) : request;
		RetryAttempt.uses(route.node());
		PhysicalConnection open = connections.find(route.node(), route.pool());
		if (open != null && this.routes.leadsToKnownServer(route, decided, open.connection())) {
			open.route(route);
			return open;
		}
		return takeUsable(route, decided);
	}

	/**
	 * Takes a connection of the pool that was decided.
	 * @return the connection, {@code null} if the decision does not hold any longer
	 */
	private @Nullable PhysicalConnection takeUsable(Route route, RouteRequest decided) throws SQLException {
		PhysicalConnection physical = takeUnlessDemoted(route);
		boolean usable = false;
		try {
			if (isAlive(physical)) {
				requireServer(physical);
				usable = stillServes(physical, decided);
			}
			return usable ? physical : null;
		}
		finally {
			if (!usable) {
				physical.release();
			}
		}
	}

	/**
	 * Whether a connection can be used. Asks its server only where there is a reason to
	 * doubt it: the unit has lost another one to the same node.
	 */
	private static boolean isAlive(PhysicalConnection physical) throws SQLException {
		if (!RetryAttempt.hasFailedOn(physical.node()) || physical.connection().isValid(VALIDATION_SECONDS)) {
			return true;
		}
		physical.evict();
		return false;
	}

	private void requireServer(PhysicalConnection physical) throws SQLException {
		if (physical.pool() == PoolKind.WRITE && this.formerServers.isFormer(physical)) {
			physical.evict();
			throw NodeUnavailableException.replaced(physical.node().name());
		}
	}

	/**
	 * Takes a connection, unless that shows that the primary has become a standby, or is
	 * the primary no longer.
	 */
	private PhysicalConnection takeUnlessDemoted(Route route) throws SQLException {
		PhysicalConnection physical = take(route);
		boolean usable = false;
		try {
			if (route.reason() != Reason.READ_ONLY) {
				requirePrimary(physical, route.node());
			}
			usable = true;
			return physical;
		}
		finally {
			if (!usable) {
				physical.evict();
				physical.release();
			}
		}
	}

	private void requirePrimary(PhysicalConnection physical, ClusterNode node) throws SQLException {
		if (this.cluster.topology().primary() != node) {
			throw NodeUnavailableException.replaced(node.name());
		}
		if (this.standbys.isStandby(physical)) {
			this.cluster.demoted(node);
			throw NodeUnavailableException.standby(node.name());
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

	/**
	 * Whether the replica of a transaction has reached the caller's required position by
	 * now. Waits for it as any read does.
	 */
	boolean catchesUp(UnitOfWork unit, RouteRequest request) throws SQLException {
		return this.routes.catchesUp(unit.route(), request, caller())
				&& this.routes.leadsToKnownServer(unit.route(), request, unit.physical().connection());
	}

	/**
	 * Whether a unit may run on a connection that was taken for it. If the connection
	 * leads to another server than the one that is known, that server is asked: it may
	 * have been replaced since, or share the URL.
	 */
	private boolean stillServes(PhysicalConnection physical, RouteRequest request) throws SQLException {
		Route route = physical.route();
		if (this.routes.stillServes(route, request, physical.connection())) {
			return true;
		}
		if (!this.routes.leadsToKnownServer(route, request, physical.connection())
				&& !physical.node().identify(physical.connection())) {
			physical.evict();
		}
		return false;
	}

	/**
	 * Takes a connection of the primary's read pool for a read that no replica may serve.
	 * @param replica the replica that the read cannot go on with
	 */
	PhysicalConnection takeBehind(ClusterNode replica) throws SQLException {
		return acquireWithPrimary((topology) -> {
			Route route = this.routes.behind(replica);
			RetryAttempt.uses(route.node());
			return takeUnlessDemoted(route);
		});
	}

	/**
	 * Takes a connection on which metadata can be read: the primary's, or that of any
	 * replica if the primary cannot be reached.
	 */
	PhysicalConnection acquireForMetadata() throws SQLException {
		return acquireWithPrimary(this::takeForMetadata);
	}

	/**
	 * Takes a connection on which a reader can read metadata. It leads to where a
	 * statement of the reader may go by the known positions, and to no pool of writers.
	 * @param request the facts of such a statement
	 */
	PhysicalConnection acquireForMetadata(RouteRequest request) throws SQLException {
		return acquireWithPrimary((topology) -> takeForMetadata(topology, request));
	}

	/**
	 * Takes a connection that may be one of the primary, which is waited for.
	 */
	private PhysicalConnection acquireWithPrimary(Acquisition acquisition) throws SQLException {
		try (PrimaryWait wait = new PrimaryWait(this.cluster, caller())) {
			wait.begin();
			while (true) {
				Topology topology = this.cluster.topology();
				try {
					return acquisition.by(topology);
				}
				catch (NodeUnavailableException ex) {
					wait.after(ex, topology);
				}
			}
		}
	}

	private PhysicalConnection takeForMetadata(Topology topology) throws SQLException {
		if (!this.cluster.isPrimaryReachable()) {
			List<ClusterNode> replicas = new ArrayList<>(topology.rotation(null).all());
			Collections.shuffle(replicas);
			for (ClusterNode replica : replicas) {
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

	private PhysicalConnection takeForMetadata(Topology topology, RouteRequest request) throws SQLException {
		List<ClusterNode> excluded = RetryAttempt.excluded(topology);
		RouteRequest current = request;
		while (true) {
			Route decided = this.routes.findAtOnce(current, excluded);
			Route route = new Route(decided.node(), PoolKind.READ, decided.reason());
			RetryAttempt.uses(route.node());
			try {
				PhysicalConnection physical = takeUsable(route, current);
				if (physical != null) {
					return physical;
				}
			}
			catch (NodeUnavailableException ex) {
				if (route.reason() != Reason.READ_ONLY) {
					throw ex;
				}
				logger.debug(route.node() + " gives no connection for metadata", ex);
				excluded = without(excluded, route.node(), ex.isUnreachable());
			}
			current = request.with(caller().guarantee());
		}
	}

	private PhysicalConnection take(Route route) throws SQLException {
		PhysicalConnection.enterPool(route);
		Connection connection = null;
		try {
			long start = route.node().askedAt();
			connection = this.router.getConnection(route);
			route.node().answeredSince(start);
			PhysicalConnection physical = new PhysicalConnection(connection, route,
					this.connectionDefaults.initSql() != null, defaultIsolation(route), this.onRelease);
			this.inUse.add(physical);
			return physical;
		}
		catch (SQLException | RuntimeException | Error ex) {
			PhysicalConnection.leavePool(route.node(), route.pool());
			JdbcUtils.closeConnection(connection);
			throw ex;
		}
	}

	/**
	 * Begins a unit of work: applies the settings, lets the application prepare the
	 * connection, and informs the listeners.
	 */
	UnitOfWork begin(PhysicalConnection physical, Route route, RouteRequest request, SessionSettings settings)
			throws SQLException {
		RetryAttempt.takes(physical);
		physical.route(route);
		try {
			UnitOfWork unit = new UnitOfWork(this, physical, route, request);
			physical.apply(settings, unit.isReadOnly());
			if (this.callbacks.hasPreparers()) {
				physical.useAutoCommit();
				this.callbacks.prepare(physical.connection(), route.decision(unit()));
			}
			if (unit.isTransaction()) {
				physical.useTransaction(unit.isReadOnly());
			}
			else {
				physical.useAutoCommit();
			}
			begun(unit);
			return unit;
		}
		catch (SQLException ex) {
			RetryAttempt.failed(route.node(), ex);
			throw ex;
		}
	}

	private void begun(UnitOfWork unit) {
		Route route = unit.route();
		RetryAttempt.begins(unit);
		route.node().counts().decided(route.node().role(), route.reason());
		if (!unit.isReadOnly() && (this.asynchronous || CommitDurability.mayBeOff())) {
			caller().expectAsynchronousCommit();
		}
		if (this.callbacks.listeners().isAny()) {
			RouteDecision decision = route.decision(unit());
			this.callbacks.listeners().inform(decision);
			unit.listenTo(decision);
		}
	}

	void executing(RouteDecision decision) {
		this.callbacks.listeners().executing(decision);
	}

	/**
	 * Makes a unit of a transaction that has been begun without one.
	 */
	UnitOfWork join(PhysicalConnection physical, RouteRequest request) throws SQLException {
		UnitOfWork unit = new UnitOfWork(this, physical, new Route(physical.node(), physical.pool(), Reason.HELD),
				request);
		unit.missed();
		begun(unit);
		return unit;
	}

	/**
	 * A statement or a commit has failed.
	 */
	void failed(UnitOfWork unit, SQLException ex) {
		ClusterNode node = unit.route().node();
		failed(node, ex);
		if (SqlState.isUndefined(ex) && RetryAttempt.isOpen() && node.role() == Role.REPLICA
				&& DriverConnection.isReportedByServer(ex) && this.cluster.positions().mayBeBehind(node)) {
			RetryAttempt.failedBehind();
		}
		if (!unit.isReadOnly() && SqlState.isReadOnlyViolation(ex)) {
			this.cluster.suspectDemotion(node);
		}
	}

	/**
	 * Something that was asked of a node has failed. An interrupt closes the socket of a
	 * virtual thread, which says nothing of the node.
	 */
	void failed(ClusterNode node, SQLException ex) {
		RetryAttempt.failed(node, ex);
		if (SqlState.mayMeanServerIsGone(ex) && !Thread.currentThread().isInterrupted()) {
			this.cluster.suspect(node);
		}
	}

	/**
	 * Requires that a transaction may be committed where it has run: not on the former
	 * primary after a failover.
	 */
	void requirePrimary(PhysicalConnection physical) throws SQLException {
		ClusterNode primary = this.cluster.topology().primary();
		if (physical.node() != primary && !this.cluster.leadsToPrimary(physical.node())) {
			physical.evict();
			throw new SQLTransactionRollbackException(
					physical.node() + " is not the primary any more, " + primary
							+ " is: the transaction has begun before that and was not committed. Run it again.",
					SqlState.TRANSACTION_ROLLBACK);
		}
	}

	/**
	 * The method or transaction that the current thread runs.
	 */
	static @Nullable String unit() {
		String transaction = TransactionSynchronizationManager.getCurrentTransactionName();
		return (transaction != null) ? transaction : RoutingScope.current().unit();
	}

	/**
	 * Takes a connection.
	 */
	@FunctionalInterface
	private interface Acquisition {

		PhysicalConnection by(Topology topology) throws SQLException;

	}

}

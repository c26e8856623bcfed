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

package io.github.replication.twin;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Array;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;

import javax.sql.DataSource;

import org.jspecify.annotations.Nullable;

import io.github.replication.twin.Call.Slot;
import io.github.replication.twin.CountingSocketFactory.Traffic;
import io.github.replication.twin.ThirdSession.View;

/**
 * One of the two sides: a data source, its pool and the session that looks at its
 * database.
 */
final class Side implements AutoCloseable {

	/**
	 * The schema of temporary tables has the number of the server's process.
	 */
	private static final Pattern TEMPORARY = Pattern.compile("temp_[0-9]+");

	/**
	 * A session that has had temporary tables keeps their schemas among all.
	 */
	private static final Pattern TEMPORARY_SCHEMAS = Pattern.compile("; pg_(toast_)?temp_n, db");

	/**
	 * A time of today, which only the server can have set.
	 */
	private static final Pattern NOW = Pattern.compile(LocalDate.now() + "[ T][0-9:.]+");

	private static final Map<MethodKey, Method> methods = new ConcurrentHashMap<>();

	/**
	 * How long nothing is asked where something is waited for. The server has work to do.
	 */
	static final long PAUSE = TimeUnit.MICROSECONDS.toNanos(300);

	/**
	 * How long a session is waited for that is about to end.
	 */
	private static final long CERTAIN_END = TimeUnit.SECONDS.toNanos(5);

	/**
	 * How long a session is waited for that may be about to end.
	 */
	private static final long POSSIBLE_END = TimeUnit.MILLISECONDS.toNanos(400);

	private final TwinApplication application;

	private final DataSource dataSource;

	private final Pool pool;

	private final ThirdSession third;

	private final String database;

	private final Traffic primary;

	private final Traffic replica;

	private final Map<String, Object> objects = new LinkedHashMap<>();

	private long seen = -1;

	private long seenOnReplica = -1;

	private boolean used = true;

	private long closedAtBegin;

	private View view = View.NONE;

	Side(TwinApplication application, ThirdSession third, String database) throws SQLException {
		this.application = application;
		this.dataSource = application.dataSource();
		this.pool = Pool.of(this.dataSource);
		this.third = third;
		this.database = database;
		this.primary = CountingSocketFactory.traffic(TwinApplication.primaryOf(database));
		this.replica = CountingSocketFactory.traffic(TwinApplication.replicaOf(database));
	}

	/**
	 * Returns what the sessions wait for.
	 */
	String activity() {
		try {
			return this.third.activity();
		}
		catch (SQLException ex) {
			return ex.toString();
		}
	}

	/**
	 * Looks at the database, unless nothing was sent to it since the last look.
	 */
	View look() throws SQLException {
		boolean unchanged = this.primary.count() == this.seen && this.replica.count() == this.seenOnReplica;
		return (unchanged) ? this.view : lookAgain();
	}

	View lookAgain() throws SQLException {
		this.seen = this.primary.count();
		long onReplica = this.replica.count();
		this.view = this.third.look(onReplica != this.seenOnReplica || !this.view.states().equals("idle"));
		this.seenOnReplica = onReplica;
		return this.view;
	}

	/**
	 * Returns how many sockets were closed. The session of a socket ends a moment after
	 * it.
	 */
	long closedSockets() {
		return this.primary.closed() + this.replica.closed();
	}

	/**
	 * Whether a session may be ending whose socket is closed. There certainly is one if
	 * there are more sessions than sockets; the socket of a session that was ended may
	 * still be open.
	 * @param nanos for how long that is waited for
	 */
	boolean maySettle(long nanos) throws SQLException {
		long ending = sessionsWithoutSocket();
		if (ending > 0) {
			return nanos < CERTAIN_END;
		}
		return ending + this.third.terminated() > 0 && nanos < POSSIBLE_END;
	}

	/**
	 * Describes the idle connections that are not as new ones, and makes them so. Does
	 * nothing if no call was run since the last time.
	 */
	List<String> cleanPool() throws SQLException {
		if (!this.used) {
			return List.of();
		}
		List<String> unclean = this.pool.clean();
		this.used = false;
		return unclean;
	}

	DataSource dataSource() {
		return this.dataSource;
	}

	Pool pool() {
		return this.pool;
	}

	/**
	 * Forgets all objects and puts the tables into their first state.
	 */
	void begin() throws SQLException {
		this.objects.clear();
		this.application.newCaller();
		awaitEnds();
		this.third.begin();
		if (!lookAgain().rows().equals(this.third.pristine())) {
			this.third.reset();
			this.seen = -1;
		}
		this.third.keepRows();
	}

	/**
	 * Waits for the sessions whose sockets the sequence before has closed.
	 */
	private void awaitEnds() throws SQLException {
		long closed = closedSockets();
		if (closed != this.closedAtBegin) {
			this.closedAtBegin = closed;
			long start = System.nanoTime();
			while (sessionsWithoutSocket() > 0 && System.nanoTime() - start < CERTAIN_END) {
				LockSupport.parkNanos(PAUSE);
			}
		}
	}

	/**
	 * Returns how many more sessions than open sockets there are, which may be less than
	 * none.
	 */
	private long sessionsWithoutSocket() throws SQLException {
		return this.third.sessions() - this.primary.open() - this.replica.open();
	}

	/**
	 * Runs one call.
	 */
	Outcome run(Call call) {
		this.used = true;
		if (call.target().equals(Call.STEPS)) {
			this.seen = -1;
		}
		Object target = target(call.target());
		if (target == null) {
			return Outcome.SKIPPED;
		}
		Object[] arguments = new Object[call.arguments().size()];
		for (int i = 0; i < arguments.length; i++) {
			Object argument = call.arguments().get(i);
			if (argument instanceof Slot slot) {
				argument = this.objects.get(slot.name());
				if (argument == null) {
					return Outcome.SKIPPED;
				}
			}
			arguments[i] = argument;
		}
		try {
			Object value = method(call, arguments).invoke((target instanceof SlotType) ? null : target, arguments);
			if (call.result() != null && value != null) {
				this.objects.put(call.result(), value);
			}
			return Outcome.returned(render(call, value));
		}
		catch (InvocationTargetException ex) {
			return Outcome.thrown(ex);
		}
		catch (SQLException | IllegalAccessException ex) {
			return Outcome.thrown(ex);
		}
	}

	private @Nullable Object target(String name) {
		return switch (SlotType.of(name)) {
			case STEPS -> SlotType.STEPS;
			case DATA_SOURCE -> this.dataSource;
			default -> this.objects.get(name);
		};
	}

	private static Method method(Call call, Object[] arguments) {
		Class<?> type = SlotType.of(call.target()).type();
		List<Class<?>> types = new ArrayList<>();
		for (Object argument : arguments) {
			types.add((argument != null) ? argument.getClass() : Void.class);
		}
		return methods.computeIfAbsent(new MethodKey(type, call.method(), types), (key) -> find(key, arguments));
	}

	private static Method find(MethodKey key, Object[] arguments) {
		Method[] candidates = (key.type() == Steps.class) ? Steps.class.getDeclaredMethods() : key.type().getMethods();
		for (Method method : candidates) {
			if (method.getName().equals(key.name()) && fits(method.getParameterTypes(), arguments)) {
				return method;
			}
		}
		throw new IllegalArgumentException(
				"No method " + key.name() + Arrays.toString(arguments) + " of " + key.type());
	}

	private static boolean fits(Class<?>[] parameters, Object[] arguments) {
		if (parameters.length != arguments.length) {
			return false;
		}
		for (int i = 0; i < parameters.length; i++) {
			if (!Literals.fits(arguments[i], parameters[i])) {
				return false;
			}
		}
		return true;
	}

	private String render(Call call, @Nullable Object value) throws SQLException {
		if (value == null) {
			return "null";
		}
		if (call.result() != null) {
			return SlotType.of(call.result()).javaName();
		}
		for (Map.Entry<String, Object> object : this.objects.entrySet()) {
			if (object.getValue() == value && !(value instanceof Number)) {
				return object.getKey();
			}
		}
		if (value instanceof SQLWarning warning) {
			return "SQLWarning " + warning.getSQLState() + " " + warning.getMessage();
		}
		if (value instanceof Array array) {
			return array.getBaseTypeName() + Literals.render(array.getArray());
		}
		if (value instanceof Properties properties) {
			return new TreeMap<>(properties).toString();
		}
		for (SlotType type : SlotType.values()) {
			if (type.type().isInterface() && type.type().isInstance(value)) {
				return type.javaName();
			}
		}
		String text = NOW.matcher(Literals.render(value)).replaceAll("now").replace(this.database, "db");
		return TEMPORARY_SCHEMAS.matcher(TEMPORARY.matcher(text).replaceAll("temp_n")).replaceAll("");
	}

	/**
	 * Closes what is open.
	 */
	void end() {
		for (Object object : this.objects.values()) {
			if (object instanceof Connection connection) {
				this.used = true;
				try {
					connection.close();
				}
				catch (SQLException | RuntimeException ex) {
					// the connection is lost or closed
				}
			}
		}
		this.objects.clear();
	}

	@Override
	public void close() throws SQLException {
		this.application.close();
		this.third.close();
	}

	private record MethodKey(Class<?> type, String name, List<Class<?>> arguments) {

	}

}

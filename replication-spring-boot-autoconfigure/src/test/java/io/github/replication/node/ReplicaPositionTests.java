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

package io.github.replication.node;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;

import org.springframework.jdbc.datasource.SimpleDriverDataSource;

import io.github.replication.node.ServerState.Server;
import io.github.replication.node.ServerState.Streaming;
import io.github.replication.position.ReadMark;
import io.github.replication.position.SampleClock;
import io.github.replication.stub.StubDriver;
import io.github.replication.stub.StubServer;

import static org.assertj.core.api.Assertions.assertThat;

class ReplicaPositionTests {

	private static final Server EARLIER = new Server(1, 5432);

	private static final Server LATER = new Server(2, 5432);

	private final StubServer server = StubServer.create();

	private final AtomicLong time = new AtomicLong();

	private final SampleClock clock = new SampleClock(this.time::get);

	private final AtomicInteger found = new AtomicInteger();

	private final ReplicaPosition position = new ReplicaPosition("replica-1", this.clock, this.found::incrementAndGet);

	@Test
	void serverThatWasStartedLaterTakesThePlaceOfTheOneBefore() {
		probed(EARLIER, 100);
		int id = this.position.id();
		probed(LATER, 50);
		assertThat(this.position.known().lsn()).isEqualTo(50);
		assertThat(this.position.isShared()).isFalse();
		assertThat(this.position.id()).isNotEqualTo(id).isNotEqualTo(ReadMark.PRIMARY);
	}

	@Test
	void serverThatWasStartedEarlierAndAnswersLaterSharesTheUrl() {
		probed(LATER, 50);
		probed(EARLIER, 100);
		assertThat(this.position.isShared()).isTrue();
		assertThat(this.position.known()).isNull();
		assertThat(this.found).hasValue(1);
	}

	@Test
	void connectionToTheServerBeforeIsNotOnTheKnownOne() throws SQLException {
		Connection before = connected(EARLIER, 100);
		assertThat(this.position.isAmbiguous()).isFalse();
		int id = this.position.idOn(before);
		Connection after = connected(LATER, 50);
		assertThat(this.position.isAmbiguous()).isTrue();
		assertThat(this.position.isOnKnownServer(before)).isFalse();
		assertThat(this.position.isOnKnownServer(after)).isTrue();
		assertThat(this.position.idOn(before)).isEqualTo(ReadMark.PRIMARY);
		assertThat(this.position.idOn(after)).isEqualTo(this.position.id()).isNotEqualTo(id);
		before.close();
		probed(LATER, 60);
		assertThat(this.position.isAmbiguous()).isFalse();
	}

	@Test
	void serversShareTheUrlUntilEveryConnectionLeadsToOne() throws SQLException {
		Connection earlier = connected(EARLIER, 100);
		connected(LATER, 50);
		probed(EARLIER, 110);
		assertThat(this.position.isShared()).isTrue();
		this.time.addAndGet(Long.MAX_VALUE / 2);
		probed(EARLIER, 120);
		probed(LATER, 60);
		assertThat(this.position.isShared()).as("however long ago").isTrue();
		earlier.close();
		probed(LATER, 70);
		assertThat(this.position.isShared()).isFalse();
		assertThat(this.position.known().lsn()).isEqualTo(70);
	}

	@Test
	void answerFromBeforeANewStartDoesNotCount() {
		probed(EARLIER, 100);
		long incarnation = this.position.incarnation();
		Sample late = sample(EARLIER, 110);
		probed(LATER, 50);
		this.position.reported(late, incarnation);
		assertThat(this.position.known().lsn()).isEqualTo(50);
		assertThat(this.position.isShared()).isFalse();
	}

	private void probed(Server server, long lsn) {
		this.position.reported(sample(server, lsn), this.position.incarnation());
	}

	private Connection connected(Server server, long lsn) throws SQLException {
		Connection connection = new SimpleDriverDataSource(new StubDriver(), this.server.url()).getConnection();
		this.position.reported(connection, sample(server, lsn));
		return connection;
	}

	private Sample sample(Server server, long lsn) {
		return new Sample(this.clock.startSample(), this.time.get(),
				new ServerState(0, false, true, server.bootedAt(), 1, lsn, 0, 4711, "app", Streaming.UNKNOWN, server));
	}

}

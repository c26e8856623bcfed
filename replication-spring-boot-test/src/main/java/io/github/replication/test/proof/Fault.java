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

package io.github.replication.test.proof;

import java.time.Duration;

import io.github.replication.test.PostgresNode;

/**
 * The faults that can happen to a cluster.
 *
 * @since 0.1.0
 */
public enum Fault {

	/**
	 * A replica shows each commit a little later.
	 */
	APPLY_DELAY(Target.REPLICA, true) {

		@Override
		void begin(PostgresNode node) {
			node.applyDelay(Duration.ofMillis(700));
		}

		@Override
		void end(PostgresNode node) {
			node.applyDelay(Duration.ZERO);
		}

	},

	/**
	 * A replica receives and does not replay.
	 */
	REPLAY_PAUSE(Target.REPLICA, true) {

		@Override
		void begin(PostgresNode node) {
			node.pauseReplay();
		}

		@Override
		void end(PostgresNode node) {
			node.resumeReplay();
		}

	},

	/**
	 * A replica receives nothing.
	 */
	CUT_RECEIVER(Target.REPLICA, true) {

		@Override
		void begin(PostgresNode node) {
			node.cutReceiver();
		}

		@Override
		void end(PostgresNode node) {
			node.restoreReceiver();
		}

	},

	/**
	 * The processes of a node do not move.
	 */
	FREEZE(Target.NODE, false) {

		@Override
		void begin(PostgresNode node) {
			node.freeze();
		}

		@Override
		void end(PostgresNode node) {
			node.thaw();
		}

	},

	/**
	 * A node crashes, and is started again.
	 */
	KILL(Target.NODE, false) {

		@Override
		void begin(PostgresNode node) {
			node.kill();
		}

		@Override
		void end(PostgresNode node) {
			node.start();
		}

	},

	/**
	 * A node is stopped the orderly way and started again.
	 */
	RESTART(Target.NODE, false) {

		@Override
		void begin(PostgresNode node) {
			node.restart();
		}

		@Override
		void end(PostgresNode node) {
			// It runs again.
		}

	},

	/**
	 * The network drops the packets to a node.
	 */
	BLACK_HOLE(Target.NODE, false) {

		@Override
		void begin(PostgresNode node) {
			node.proxy().blackHole();
		}

		@Override
		void end(PostgresNode node) {
			node.proxy().restore();
		}

	},

	/**
	 * The network resets connections to a node and refuses new ones.
	 */
	REFUSE(Target.NODE, false) {

		@Override
		void begin(PostgresNode node) {
			node.proxy().refuse();
			node.proxy().resetConnections();
		}

		@Override
		void end(PostgresNode node) {
			node.proxy().restore();
		}

	},

	/**
	 * The network resets all connections to a replica; new ones can be made.
	 */
	RESET(Target.REPLICA, false) {

		@Override
		void begin(PostgresNode node) {
			node.proxy().resetConnections();
		}

		@Override
		void end(PostgresNode node) {
			// It was over at once.
		}

	},

	/**
	 * The way to a node is long.
	 */
	SLOW(Target.NODE, true) {

		@Override
		void begin(PostgresNode node) {
			node.proxy().delay(Duration.ofMillis(20));
		}

		@Override
		void end(PostgresNode node) {
			node.proxy().restore();
		}

	},

	/**
	 * All replicas refuse connections at once.
	 */
	NO_REPLICA(Target.CLUSTER, false),

	/**
	 * Readers keep the connections of the read pools busy.
	 */
	POOL_EXHAUSTION(Target.CLUSTER, true),

	/**
	 * The time of day of an instance leaps by up to an hour, and back again.
	 */
	CLOCK_STEP(Target.CLUSTER, true),

	/**
	 * The primary is stopped the orderly way, which loses nothing, a replica is promoted,
	 * and the old primary is rebuilt as a replica.
	 */
	SWITCHOVER(Target.CLUSTER, false),

	/**
	 * The primary crashes, the replica that has received most is promoted, which may lose
	 * acknowledged writes, and the old primary is rebuilt as a replica.
	 */
	FAILOVER(Target.CLUSTER, false);

	private final Target target;

	private final boolean serves;

	Fault(Target target, boolean serves) {
		this.target = target;
		this.serves = serves;
	}

	/**
	 * Whether it can happen to a replica alone.
	 */
	boolean hitsReplica() {
		return this.target != Target.CLUSTER;
	}

	/**
	 * Whether it can happen to the primary alone.
	 */
	boolean hitsPrimary() {
		return this.target == Target.NODE;
	}

	/**
	 * Whether the node can serve nevertheless.
	 */
	boolean serves() {
		return this.serves;
	}

	void begin(PostgresNode node) {
		throw new UnsupportedOperationException(this + " does not happen to a node");
	}

	void end(PostgresNode node) {
		throw new UnsupportedOperationException(this + " does not happen to a node");
	}

	private enum Target {

		REPLICA, NODE, CLUSTER

	}

}

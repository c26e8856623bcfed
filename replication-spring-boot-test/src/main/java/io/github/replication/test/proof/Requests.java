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

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * Chooses the requests of one session. The same seed yields the same requests.
 */
final class Requests {

	/**
	 * How often each kind occurs, in thousandths.
	 */
	static final Map<OperationKind, Integer> DEFAULT_MIX = Map.of(OperationKind.READ, 430,
			OperationKind.READ_IN_TRANSACTION, 80, OperationKind.READ_IN_AUTO_COMMIT, 80, OperationKind.READ_FRESH, 70,
			OperationKind.READ_EVENTUAL, 60, OperationKind.READ_STRONG, 30, OperationKind.WRITE, 150,
			OperationKind.WRITE_IN_AUTO_COMMIT, 60, OperationKind.WRITE_AROUND_READ, 35,
			OperationKind.WRITE_IN_READ_ONLY, 5);

	private static final int OWN_REGISTERS = 4;

	private static final int MOST_STEPS = 5;

	private final Random random;

	private final Scale scale;

	private final TreeMap<Integer, OperationKind> mix = new TreeMap<>();

	private final int own;

	private int sum;

	private int last;

	/**
	 * Creates the requests of a session.
	 * @param seed the seed
	 * @param scale the numbers to choose among
	 * @param mix how often each kind occurs
	 */
	Requests(long seed, Scale scale, Map<OperationKind, Integer> mix) {
		this.random = new Random(seed);
		this.scale = scale;
		new TreeMap<>(mix).forEach((kind, share) -> {
			this.mix.put(this.sum, kind);
			this.sum += share;
		});
		this.own = this.random.nextInt(scale.registers());
		this.last = this.own;
	}

	Request next() {
		int dice = this.random.nextInt(1000);
		Request.Token token = (dice < 4) ? Request.Token.LOST
				: (dice < 24) ? Request.Token.DUPLICATED : Request.Token.KEPT;
		List<Request.Step> steps = new ArrayList<>();
		int count = 1 + this.random.nextInt(MOST_STEPS);
		for (int i = 0; i < count; i++) {
			steps.add(step());
		}
		return new Request(token, this.random.nextInt(this.scale.instances()), steps);
	}

	private Request.Step step() {
		OperationKind kind = this.mix.floorEntry(this.random.nextInt(this.sum)).getValue();
		int register = register();
		this.last = register;
		return new Request.Step(kind, register, otherThan(register));
	}

	/**
	 * Half of the time the one that was used before, so that writes are read; otherwise
	 * mostly one of a few.
	 */
	private int register() {
		int dice = this.random.nextInt(10);
		if (dice < 5) {
			return this.last;
		}
		return (dice < 9) ? (this.own + this.random.nextInt(OWN_REGISTERS)) % this.scale.registers()
				: this.random.nextInt(this.scale.registers());
	}

	private int otherThan(int register) {
		return (register + 1 + this.random.nextInt(this.scale.registers() - 1)) % this.scale.registers();
	}

	/**
	 * The numbers that requests choose among.
	 *
	 * @param instances the number of instances
	 * @param registers the number of registers, at least 2
	 */
	record Scale(int instances, int registers) {
	}

}

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

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import io.github.replication.twin.Difference.Step;

/**
 * Many random sequences. Of each kind of difference the first is shrunk, and a few kinds
 * end the run.
 */
final class TwinCampaign {

	private static final int KINDS = 5;

	private static final int AHEAD = 4;

	private static final long SHRINKING = TimeUnit.SECONDS.toNanos(30);

	private final Twins twins;

	private final boolean several;

	private final Deque<Planned> ahead = new ArrayDeque<>();

	private final Map<String, String> findings = new LinkedHashMap<>();

	/**
	 * Creates a campaign.
	 * @param twins the sides
	 * @param several whether more than one connection may be open at a time
	 */
	TwinCampaign(Twins twins, boolean several) {
		this.twins = twins;
		this.several = several;
	}

	/**
	 * Runs sequences until all are run or enough kinds of differences are found. While
	 * one is run with the library, the next ones are run without.
	 * @param sequences how many
	 * @param seed the seed of the first; each has the next one
	 * @return the reports of the differences
	 */
	Map<String, String> run(int sequences, long seed) {
		for (int i = 0; i < sequences + AHEAD && this.findings.size() < KINDS; i++) {
			if (i < sequences) {
				this.ahead.add(plan(seed + i));
			}
			if (i >= AHEAD) {
				run(this.ahead.remove());
			}
		}
		awaitAhead();
		return this.findings;
	}

	private Planned plan(long seed) {
		Sequence sequence = SequenceGenerator.generate(seed, this.several);
		Scope scope = scope(seed, sequence);
		Sequence within = scope.around(sequence);
		return new Planned(seed, within, scope, this.twins.expect(within, scope));
	}

	private Scope scope(long seed, Sequence sequence) {
		Scope scope = switch ((int) (seed % 12)) {
			case 0, 4, 8 -> Scope.PRIMARY;
			case 1 -> Scope.READ_ONLY;
			case 2, 3 -> this.several ? Scope.NEW_TRANSACTION : Scope.NONE;
			default -> Scope.NONE;
		};
		return scope.fits(sequence) ? scope : Scope.NONE;
	}

	private void awaitAhead() {
		this.ahead.forEach((planned) -> this.twins.await(planned.expectation()));
	}

	private void run(Planned planned) {
		Sequence sequence = planned.sequence();
		long seed = planned.seed();
		Scope scope = planned.scope();
		Difference difference = compare(planned);
		if (difference == null || this.findings.containsKey(difference.signature())) {
			return;
		}
		awaitAhead();
		String head = "Seed " + seed + ((scope != Scope.NONE) ? ", scope " + scope : "");
		Difference shrunk = shrink(sequence, scope, difference.signature());
		this.findings.put(difference.signature(), (shrunk != null) ? head + "\n" + shrunk.report()
				: head + ", not seen again on fresh connections\n" + difference.report());
	}

	private @Nullable Difference compare(Planned planned) {
		try {
			return this.twins.compare(planned.sequence(), planned.scope(), planned.expectation());
		}
		catch (IllegalStateException ex) {
			throw new IllegalStateException(
					"Seed " + planned.seed() + ", scope " + planned.scope() + ": " + planned.sequence().calls(), ex);
		}
	}

	private @Nullable Difference shrink(Sequence sequence, Scope scope, String signature) {
		if (!shows(sequence, scope, signature)) {
			return null;
		}
		Sequence shrunk = Shrinker.shrink(sequence, (candidate) -> shows(candidate, scope, signature), SHRINKING);
		this.twins.freshen();
		return this.twins.compare(shrunk, scope);
	}

	private boolean shows(Sequence sequence, Scope scope, String signature) {
		this.twins.freshen();
		Difference difference = this.twins.compare(sequence, scope);
		return difference != null && difference.signature().equals(signature);
	}

	/**
	 * A sequence that is run without the library.
	 *
	 * @param seed its seed
	 * @param sequence the sequence
	 * @param scope the code around it
	 * @param expectation its steps without the library
	 */
	private record Planned(long seed, Sequence sequence, Scope scope, Future<List<Step>> expectation) {

	}

}

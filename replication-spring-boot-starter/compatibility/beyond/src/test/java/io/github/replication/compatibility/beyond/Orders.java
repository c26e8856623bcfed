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

package io.github.replication.compatibility.beyond;

import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.ReadOnly;

/**
 * What a consumer reads because of a message.
 */
class Orders {

	private final JdbcTemplate jdbc;

	private final BlockingQueue<Found> found = new LinkedBlockingQueue<>();

	Orders(JdbcTemplate jdbc) {
		this.jdbc = jdbc;
	}

	@Transactional
	public void place(long id) {
		this.jdbc.update("INSERT INTO purchase VALUES (?)", id);
	}

	@ReadOnly
	public Found find(long id) {
		return this.jdbc.queryForObject("SELECT count(*), current_setting('cluster_name') FROM purchase WHERE id = ?",
				(row, number) -> new Found(id, row.getInt(1) == 1, row.getString(2)), id);
	}

	void handled(Found found) {
		this.found.add(found);
	}

	/**
	 * Waits until a message about an order was handled.
	 */
	Found await(long id) throws InterruptedException {
		while (true) {
			Found next = this.found.poll(30, TimeUnit.SECONDS);
			if (next == null) {
				throw new IllegalStateException("No message about order " + id + " has come");
			}
			if (next.id() == id) {
				return next;
			}
		}
	}

	List<Found> rest() {
		return List.copyOf(this.found);
	}

	/**
	 * What a consumer has seen.
	 *
	 * @param id the order
	 * @param present whether it was there
	 * @param node the server that was asked
	 */
	record Found(long id, boolean present, String node) {

	}

}

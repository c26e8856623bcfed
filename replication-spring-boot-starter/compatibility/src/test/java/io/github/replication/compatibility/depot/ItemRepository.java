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

package io.github.replication.compatibility.depot;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.springframework.data.domain.Page;
import org.springframework.data.domain.Pageable;
import org.springframework.data.jdbc.repository.query.Modifying;
import org.springframework.data.jdbc.repository.query.Query;
import org.springframework.data.relational.core.sql.LockMode;
import org.springframework.data.relational.repository.Lock;
import org.springframework.data.repository.ListCrudRepository;
import org.springframework.data.repository.ListPagingAndSortingRepository;

interface ItemRepository extends ListCrudRepository<Item, Long>, ListPagingAndSortingRepository<Item, Long> {

	Optional<Item> findByName(String name);

	@Lock(LockMode.PESSIMISTIC_WRITE)
	Optional<Item> findLockedByName(String name);

	Page<Item> findByQuantityLessThan(int quantity, Pageable page);

	List<Summary> findByQuantityGreaterThanOrderByName(int quantity);

	@Query("SELECT * FROM item ORDER BY name")
	Stream<Item> streamAll();

	@Modifying
	@Query("UPDATE item SET quantity = quantity + :by, version = version + 1")
	int add(int by);

	/**
	 * A projection.
	 *
	 * @param name the name
	 * @param quantity how many there are
	 */
	record Summary(String name, int quantity) {

	}

}

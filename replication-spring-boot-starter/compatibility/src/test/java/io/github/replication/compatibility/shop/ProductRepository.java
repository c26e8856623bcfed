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

package io.github.replication.compatibility.shop;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import jakarta.persistence.LockModeType;

import org.springframework.data.domain.Page;
import org.springframework.data.domain.Pageable;
import org.springframework.data.jpa.repository.JpaRepository;
import org.springframework.data.jpa.repository.Lock;
import org.springframework.data.jpa.repository.Modifying;
import org.springframework.data.jpa.repository.Query;

/**
 * Methods of its own without a transaction, as most repositories have them.
 */
interface ProductRepository extends JpaRepository<Product, Long> {

	Optional<Product> findByName(String name);

	Page<Product> findByPriceLessThan(long price, Pageable page);

	List<Summary> findByStockGreaterThanOrderByName(int stock);

	@Query("SELECT p FROM Product p ORDER BY p.id")
	Stream<Product> streamAll();

	@Lock(LockModeType.PESSIMISTIC_WRITE)
	@Query("SELECT p FROM Product p WHERE p.name = ?1")
	Optional<Product> lockByName(String name);

	@Modifying
	@Query("UPDATE Product p SET p.price = p.price + ?1")
	int raise(long by);

	/**
	 * A projection.
	 */
	interface Summary {

		String getName();

		long getPrice();

	}

}

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

import org.springframework.data.domain.Page;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

@RestController
class ShopController {

	private final Shop shop;

	private final Shop.Ledger ledger;

	private final ProductRepository products;

	ShopController(Shop shop, Shop.Ledger ledger, ProductRepository products) {
		this.shop = shop;
		this.ledger = ledger;
		this.products = products;
	}

	@PostMapping("/products/{name}/{price}/{stock}")
	String add(@PathVariable String name, @PathVariable long price, @PathVariable int stock) {
		return this.shop.add(name, price, stock).name();
	}

	/**
	 * A method that the repository inherits: read-only.
	 */
	@GetMapping("/products")
	List<String> all() {
		return this.products.findAll().stream().map(Product::describe).sorted().toList();
	}

	/**
	 * A method of the repository's own: without a transaction.
	 */
	@GetMapping("/products/{name}")
	String find(@PathVariable String name) {
		return this.products.findByName(name).map(Product::describe).orElse("absent");
	}

	@GetMapping("/cheaper/{price}/{page}")
	String cheaper(@PathVariable long price, @PathVariable int page) {
		Page<Product> found = this.shop.cheaperThan(price, page);
		return found.getTotalElements() + ": " + found.map(Product::name).getContent();
	}

	@GetMapping("/stock/{minimum}")
	List<String> stock(@PathVariable int minimum) {
		return this.products.findByStockGreaterThanOrderByName(minimum)
			.stream()
			.map((summary) -> summary.getName() + " " + summary.getPrice())
			.toList();
	}

	@GetMapping("/stream")
	String stream() {
		return this.shop.all();
	}

	@PostMapping("/sales/{name}/{number}")
	String sell(@PathVariable String name, @PathVariable int number) {
		return this.shop.sell(name, number).describe();
	}

	/**
	 * Loads lazily in the view.
	 */
	@GetMapping("/sales/{name}")
	List<String> sales(@PathVariable String name) {
		return this.shop.sales(name).stream().map(Sale::describe).sorted().toList();
	}

	/**
	 * Reads, writes and reads in one request with one session.
	 */
	@PostMapping("/raise/{by}")
	String raise(@PathVariable long by) {
		long before = this.products.count();
		int raised = this.shop.raise(by);
		return before + " " + raised + " " + this.shop.cheaperThan(1_000_000, 0).getTotalElements();
	}

	@PostMapping("/fail/{name}")
	String fail(@PathVariable String name) {
		this.shop.addAndFail(name);
		return "not reached";
	}

	@GetMapping("/ledger")
	List<String> ledger() throws InterruptedException {
		return this.ledger.texts();
	}

	@ExceptionHandler
	ProblemDetail problem(RuntimeException ex) {
		return ProblemDetail.forStatusAndDetail(HttpStatus.CONFLICT, ex.getClass().getSimpleName());
	}

}

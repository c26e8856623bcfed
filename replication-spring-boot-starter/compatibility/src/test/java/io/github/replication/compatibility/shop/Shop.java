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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.springframework.context.ApplicationEventPublisher;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.Sort;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.scheduling.annotation.Async;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A service as there are many: read-only by default, read-write where it writes.
 */
@Service
@Transactional(readOnly = true)
class Shop {

	private final ProductRepository products;

	private final SaleRepository sales;

	private final ApplicationEventPublisher events;

	private final Ledger ledger;

	Shop(ProductRepository products, SaleRepository sales, ApplicationEventPublisher events, Ledger ledger) {
		this.products = products;
		this.sales = sales;
		this.events = events;
		this.ledger = ledger;
	}

	public Page<Product> cheaperThan(long price, int page) {
		return this.products.findByPriceLessThan(price, PageRequest.of(page, 3, Sort.by("name")));
	}

	public String all() {
		try (Stream<Product> all = this.products.streamAll()) {
			return String.join(", ", all.map(Product::describe).toList());
		}
	}

	public List<Sale> sales(String product) {
		return this.sales.findByProductName(product);
	}

	@Transactional
	public Product add(String name, long price, int stock) {
		return this.products.save(new Product(name, price, stock));
	}

	@Transactional
	public Sale sell(String name, int number) {
		Product product = this.products.lockByName(name).orElseThrow();
		product.take(number);
		Sale sale = this.sales.save(new Sale(product, number));
		this.ledger.audit("sale of " + name);
		this.events.publishEvent(new Sold(name, number));
		return sale;
	}

	@Transactional
	public int raise(long by) {
		return this.products.raise(by);
	}

	@Transactional
	public void addAndFail(String name) {
		this.products.saveAndFlush(new Product(name, 1, 1));
		throw new IllegalStateException("After the write");
	}

	/**
	 * Something was sold.
	 *
	 * @param product the product
	 * @param number how many
	 */
	record Sold(String product, int number) {

	}

	/**
	 * Writes in a transaction of its own, and after the commit of others.
	 */
	@Service
	static class Ledger {

		private final JdbcClient jdbc;

		private volatile CountDownLatch written = new CountDownLatch(0);

		Ledger(JdbcClient jdbc) {
			this.jdbc = jdbc;
		}

		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void audit(String text) {
			this.written = new CountDownLatch(1);
			write(text);
		}

		@TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void after(Sold sold) {
			write("after the sale of " + sold.product());
		}

		@Async
		@TransactionalEventListener(phase = TransactionPhase.AFTER_COMMIT)
		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void later(Sold sold) {
			write("later than the sale of " + sold.product());
			CountDownLatch written = this.written;
			TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {

				@Override
				public void afterCompletion(int status) {
					written.countDown();
				}

			});
		}

		private void write(String text) {
			this.jdbc.sql("INSERT INTO ledger (text) VALUES (?)").param(text).update();
		}

		/**
		 * Waits for what is written later.
		 */
		public List<String> texts() throws InterruptedException {
			assertThat(this.written.await(10, TimeUnit.SECONDS)).isTrue();
			return this.jdbc.sql("SELECT text FROM ledger ORDER BY text").query(String.class).list();
		}

	}

}

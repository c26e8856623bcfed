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

import java.time.Instant;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityListeners;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.SequenceGenerator;
import jakarta.persistence.Version;
import org.jspecify.annotations.Nullable;

import org.springframework.data.annotation.CreatedBy;
import org.springframework.data.annotation.LastModifiedDate;
import org.springframework.data.jpa.domain.support.AuditingEntityListener;

@Entity
@EntityListeners({ AuditingEntityListener.class, PriceListener.class })
class Product {

	@Id
	@GeneratedValue(strategy = GenerationType.SEQUENCE, generator = "product_seq")
	@SequenceGenerator(name = "product_seq", sequenceName = "product_seq", allocationSize = 5)
	private @Nullable Long id;

	@Version
	private int version;

	@Column(nullable = false, unique = true)
	private String name = "";

	private long price;

	private int stock;

	@CreatedBy
	private @Nullable String createdBy;

	@LastModifiedDate
	private @Nullable Instant modifiedAt;

	protected Product() {
	}

	Product(String name, long price, int stock) {
		this.name = name;
		this.price = price;
		this.stock = stock;
	}

	@Nullable Long id() {
		return this.id;
	}

	String name() {
		return this.name;
	}

	long price() {
		return this.price;
	}

	void price(long price) {
		this.price = price;
	}

	int stock() {
		return this.stock;
	}

	void take(int number) {
		if (number > this.stock) {
			throw new IllegalStateException("There are only " + this.stock);
		}
		this.stock -= number;
	}

	String describe() {
		return this.id + " " + this.name + " " + this.price + " " + this.stock + " v" + this.version + " by "
				+ this.createdBy + ((this.modifiedAt != null) ? " dated" : "");
	}

}

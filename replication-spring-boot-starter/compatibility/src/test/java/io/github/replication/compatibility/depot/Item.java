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

import java.time.Instant;

import org.jspecify.annotations.Nullable;

import org.springframework.data.annotation.CreatedBy;
import org.springframework.data.annotation.Id;
import org.springframework.data.annotation.LastModifiedDate;
import org.springframework.data.annotation.Version;
import org.springframework.data.relational.core.mapping.Table;

/**
 * Something that is kept.
 *
 * @param id the id, {@code null} until it is stored
 * @param version counts the changes
 * @param name the name
 * @param quantity how many there are
 * @param createdBy who has created it
 * @param modifiedAt when it was changed last
 */
@Table("item")
record Item(@Id @Nullable Long id, @Version int version, String name, int quantity,
		@CreatedBy @Nullable String createdBy, @LastModifiedDate @Nullable Instant modifiedAt) {

	static Item of(String name, int quantity) {
		return new Item(null, 0, name, quantity, null, null);
	}

	Item with(int quantity) {
		return new Item(this.id, this.version, this.name, quantity, this.createdBy, this.modifiedAt);
	}

	String describe() {
		return this.id + " " + this.name + " " + this.quantity + " v" + this.version + " by " + this.createdBy
				+ ((this.modifiedAt != null) ? " dated" : "");
	}

}

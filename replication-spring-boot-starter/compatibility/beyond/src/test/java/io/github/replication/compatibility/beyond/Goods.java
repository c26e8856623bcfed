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

import jakarta.persistence.Cacheable;
import jakarta.persistence.CollectionTable;
import jakarta.persistence.Column;
import jakarta.persistence.ElementCollection;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.FetchType;
import jakarta.persistence.Id;
import jakarta.persistence.JoinColumn;
import jakarta.persistence.MappedSuperclass;
import jakarta.persistence.Version;
import org.hibernate.KeyType;
import org.hibernate.SessionFactory;
import org.hibernate.annotations.Cache;
import org.hibernate.annotations.CacheConcurrencyStrategy;
import org.hibernate.annotations.NaturalId;
import org.hibernate.annotations.NaturalIdCache;
import org.hibernate.jpa.HibernateHints;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.annotation.Transactional;

import io.github.replication.ReadOnly;

/**
 * Works with entities that are in Hibernate's second-level cache.
 */
class Goods {

	private final EntityManager entities;

	Goods(EntityManager entities) {
		this.entities = entities;
	}

	@Transactional
	public void add(Class<? extends Good> type, long id) throws ReflectiveOperationException {
		Good good = type.getDeclaredConstructor().newInstance();
		good.id = id;
		good.name = "old";
		if (good instanceof Coded coded) {
			coded.code = "code-" + id;
		}
		this.entities.persist(good);
	}

	@ReadOnly
	public @Nullable String find(Class<? extends Good> type, long id) {
		Good good = this.entities.find(type, id);
		return (good != null) ? good.name : null;
	}

	@ReadOnly(isolation = Isolation.REPEATABLE_READ)
	public @Nullable String findInSnapshot(Class<? extends Good> type, long id, Runnable beforeRead) {
		this.entities.createNativeQuery("SELECT 1").getSingleResult();
		beforeRead.run();
		return find(type, id);
	}

	@ReadOnly
	public @Nullable String searchCached(Class<? extends Good> type, long id) {
		List<String> names = this.entities
			.createQuery("SELECT e.name FROM " + type.getSimpleName() + " e WHERE e.id = :id", String.class)
			.setParameter("id", id)
			.setHint(HibernateHints.HINT_CACHEABLE, true)
			.getResultList();
		return names.isEmpty() ? null : names.get(0);
	}

	/**
	 * Reads with a query, which puts what it reads in the place of what is cached.
	 */
	@ReadOnly
	public @Nullable String list(Class<? extends Good> type, long id) {
		List<? extends Good> goods = this.entities
			.createQuery("SELECT e FROM " + type.getSimpleName() + " e WHERE e.id = :id", type)
			.setParameter("id", id)
			.getResultList();
		return goods.isEmpty() ? null : goods.get(0).name;
	}

	/**
	 * Reads with a session that has no persistence context.
	 */
	@ReadOnly
	public @Nullable String findStateless(Class<? extends Good> type, long id) {
		return sessions().fromStatelessTransaction((session) -> {
			Good good = session.get(type, id);
			return (good != null) ? good.name : null;
		});
	}

	public void renameStateless(Class<? extends Good> type, long id, String name) {
		sessions().inStatelessTransaction((session) -> {
			Good good = session.get(type, id);
			good.name = name;
			session.update(good);
		});
	}

	private SessionFactory sessions() {
		return this.entities.getEntityManagerFactory().unwrap(SessionFactory.class);
	}

	@ReadOnly
	public @Nullable String findByCode(String code) {
		Coded coded = this.entities.find(Coded.class, code, KeyType.NATURAL);
		return (coded != null) ? coded.name : null;
	}

	@Transactional
	public void recode(long id, String code) {
		this.entities.find(Coded.class, id).code = code;
	}

	@ReadOnly
	public int tags(long id) {
		return this.entities.find(Tagged.class, id).tags.size();
	}

	@Transactional
	public void tag(long id, String tag) {
		this.entities.find(Tagged.class, id).tags.add(tag);
	}

	@Transactional
	public void rename(Class<? extends Good> type, long id, String name) {
		this.entities.find(type, id).name = name;
	}

	@Transactional
	public void renameInBulk(Class<? extends Good> type, long id, String name) {
		this.entities.createQuery("UPDATE " + type.getSimpleName() + " e SET e.name = :name WHERE e.id = :id")
			.setParameter("name", name)
			.setParameter("id", id)
			.executeUpdate();
	}

	@Transactional
	public void delete(Class<? extends Good> type, long id) {
		this.entities.remove(this.entities.find(type, id));
	}

	/**
	 * What all entities have.
	 */
	@MappedSuperclass
	abstract static class Good {

		@Id
		Long id;

		@Column(nullable = false)
		String name;

	}

	@Entity(name = "Constant")
	@Cacheable
	@Cache(usage = CacheConcurrencyStrategy.READ_ONLY)
	static class Constant extends Good {

	}

	@Entity(name = "Loose")
	@Cacheable
	@Cache(usage = CacheConcurrencyStrategy.NONSTRICT_READ_WRITE)
	static class Loose extends Good {

	}

	@Entity(name = "Strict")
	@Cacheable
	@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
	static class Strict extends Good {

	}

	@Entity(name = "Counted")
	@Cacheable
	@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
	static class Counted extends Good {

		@Version
		int version;

	}

	@Entity(name = "Tagged")
	@Cacheable
	@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
	static class Tagged extends Good {

		@ElementCollection(fetch = FetchType.LAZY)
		@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
		@CollectionTable(joinColumns = @JoinColumn(name = "tagged_id"))
		List<String> tags;

	}

	/**
	 * Has another key beside its id, which may change.
	 */
	@Entity(name = "Coded")
	@Cacheable
	@Cache(usage = CacheConcurrencyStrategy.READ_WRITE)
	@NaturalIdCache
	static class Coded extends Good {

		@NaturalId(mutable = true)
		String code;

	}

	/**
	 * Is not cached itself, so that only results of queries are.
	 */
	@Entity(name = "Plain")
	static class Plain extends Good {

	}

}

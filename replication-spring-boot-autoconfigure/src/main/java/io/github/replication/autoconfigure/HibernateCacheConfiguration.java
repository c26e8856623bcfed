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

package io.github.replication.autoconfigure;

import org.hibernate.cache.spi.RegionFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.hibernate.autoconfigure.HibernatePropertiesCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.github.replication.autoconfigure.ReplicationProperties.ReadYourWrites;
import io.github.replication.cache.CacheProtection;
import io.github.replication.caller.CallerRecords;
import io.github.replication.hibernate.HibernateCaches;
import io.github.replication.node.Positions;
import io.github.replication.position.ReadYourWritesMode;
import io.github.replication.position.WriteMark;

/**
 * Protects Hibernate's second-level and query cache.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ HibernatePropertiesCustomizer.class, RegionFactory.class })
final class HibernateCacheConfiguration {

	@Bean
	HibernatePropertiesCustomizer replicationHibernateCaches(ReplicationProperties properties,
			ObjectProvider<ClusterFactory> owners, ObjectProvider<CacheProtection> protection,
			ObjectProvider<CallerRecords> records) {
		return (settings) -> {
			ReadYourWrites readYourWrites = properties.getReadYourWrites();
			ClusterFactory owner = owners.getObject();
			if (readYourWrites.isCaches() && readYourWrites.getMode() != ReadYourWritesMode.OFF
					&& owner.hasReplicas()) {
				settings.put(HibernateCaches.SETTING, new HibernateCaches(protection.getObject(),
						records.getObject().tokens().clock(), (node, write, tick) -> had(owner, node, write, tick)));
			}
		};
	}

	private static boolean had(ClusterFactory owner, String node, WriteMark write, long tick) {
		Positions positions = owner.cluster().positions();
		return owner.nodes()
			.stream()
			.filter((each) -> each.name().equals(node))
			.anyMatch((replica) -> positions.hadReached(replica, write, tick));
	}

}

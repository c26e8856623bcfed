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

import com.zaxxer.hikari.HikariDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.aop.AopAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.boot.test.context.runner.WebApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.cache.CacheManager;
import org.springframework.cache.concurrent.ConcurrentMapCacheManager;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.data.redis.cache.RedisCacheManager;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import io.github.replication.store.InMemoryPositionStore;
import io.github.replication.store.PositionStore;
import io.github.replication.store.RedisPositionStore;
import io.github.replication.stub.StubDriver;

import static org.assertj.core.api.Assertions.assertThat;

@ExtendWith(OutputCaptureExtension.class)
class PositionStoreConfigurationTests {

	private static final String[] PROPERTIES = { "spring.datasource.url=jdbc:stub://primary",
			"spring.datasource.driver-class-name=" + StubDriver.class.getName(),
			"spring.datasource.type=" + HikariDataSource.class.getName(),
			"replication.replicas.replica-1.url=jdbc:stub://replica-1" };

	private final WebApplicationContextRunner runner = new WebApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class))
		.withPropertyValues(PROPERTIES);

	private final WebApplicationContextRunner users = this.runner
		.withPropertyValues("replication.read-your-writes.carrier=user");

	@Test
	void storeIsInMemoryWithoutRedis() {
		this.users.run((context) -> assertThat(context.getBean(PositionStore.class))
			.isInstanceOf(InMemoryPositionStore.class));
		this.users.withClassLoader(new FilteredClassLoader(RedisConnectionFactory.class))
			.run((context) -> assertThat(context.getBean(PositionStore.class))
				.isInstanceOf(InMemoryPositionStore.class));
	}

	@ParameterizedTest
	@ValueSource(classes = { One.class, Named.class, Preferred.class })
	void storeIsTheRedisOfTheApplication(Class<?> connections) {
		this.users.withUserConfiguration(connections)
			.run((context) -> assertThat(context.getBean(PositionStore.class)).isInstanceOf(RedisPositionStore.class));
	}

	@Test
	void severalThatAreEqualStopTheStart() {
		this.users.withUserConfiguration(Ambiguous.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("one, other")
				.hasMessageContaining("replication.read-your-writes.carrier"));
	}

	@Test
	void storeIsNotCreatedForAnotherCarrier() {
		this.runner.withUserConfiguration(Ambiguous.class).run((context) -> assertThat(context).hasNotFailed());
	}

	@ParameterizedTest
	@ValueSource(strings = { "redis", "memory" })
	void severalThatAreEqualStopTheStartWhereInstancesShareACache(String caches) {
		shared(caches).withUserConfiguration(Ambiguous.class)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("one, other")
				.hasMessageContaining("replication.read-your-writes.caches")
				.hasMessageNotContaining("carrier"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "redis", "memory" })
	void severalThatAreEqualAreNoReasonWithoutProtectionOrWithAStore(String caches) {
		WebApplicationContextRunner shared = shared(caches).withUserConfiguration(Ambiguous.class);
		shared.withPropertyValues("replication.read-your-writes.caches=false")
			.run((context) -> assertThat(context).hasNotFailed());
		shared.withPropertyValues("replication.read-your-writes.mode=off")
			.run((context) -> assertThat(context).hasNotFailed());
		shared.withBean(PositionStore.class, () -> new InMemoryPositionStore(System::nanoTime))
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void storeOfTheApplicationIsAsLazyAsWithoutUs() {
		shared("redis").withUserConfiguration(One.class)
			.withBean("own", PositionStore.class, () -> new InMemoryPositionStore(System::nanoTime),
					(definition) -> definition.setLazyInit(true))
			.run((context) -> assertThat(context.getBeanFactory().containsSingleton("own")).isFalse());
	}

	@Test
	void lazyConnectionsAreNotCreatedForAManagerThatNobodyUses() {
		shared("redis").withUserConfiguration(Ambiguous.class)
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				assertThat(context.getBeanFactory().containsSingleton("one")).isFalse();
			});
	}

	@Test
	void cachesInTheMemoryOfAnInstanceNeedNoStore() {
		this.runner.withUserConfiguration(Ambiguous.class)
			.withBean(CacheManager.class, ConcurrentMapCacheManager::new)
			.run((context) -> assertThat(context).hasNotFailed());
	}

	/**
	 * An application whose instances share a cache: in Redis, or by its name.
	 */
	private WebApplicationContextRunner shared(String caches) {
		return caches.equals("redis")
				? this.runner.withBean(CacheManager.class, () -> RedisCacheManager.create(factory()))
				: this.runner.withBean(CacheManager.class, ConcurrentMapCacheManager::new)
					.withPropertyValues("replication.read-your-writes.shared-caches=products");
	}

	@Test
	void storeOfTheApplicationIsUsed() {
		this.users.withUserConfiguration(One.class)
			.withBean("own", PositionStore.class, () -> new InMemoryPositionStore(System::nanoTime))
			.run((context) -> assertThat(context.getBean(PositionStore.class)).isSameAs(context.getBean("own")));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "domain | example.com:8080", "domain | http://example.com", "domain | example.com/app",
					"domain | example..com", "domain | -example.com", "domain | exa mple.com", "path | app",
					"path | /a;b", "name | a b", "name | __Host-position", "name | __Secure-position",
					"same-site | none" })
	void cookieThatBrowsersRefuseStopsTheStart(String key, String value) {
		this.runner
			.withPropertyValues("replication.read-your-writes.cookie." + key + "=" + value,
					"replication.read-your-writes.cookie.secure=false")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("replication.read-your-writes.cookie." + key)
				.hasMessageContaining(value));
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', value = { "domain | example.com", "domain | .example.com", "domain | localhost",
			"path | /", "path | /app/x", "name | __Secure-position", "same-site | none" })
	void cookieThatBrowsersKeepIsAccepted(String key, String value) {
		this.runner
			.withPropertyValues("replication.read-your-writes.cookie." + key + "=" + value,
					"replication.read-your-writes.cookie.secure=true")
			.run((context) -> assertThat(context).hasNotFailed());
	}

	@Test
	void reactiveWebApplicationIsWarnedThatRequestsAreNoCallers() {
		ReactiveWebApplicationContextRunner reactive = new ReactiveWebApplicationContextRunner()
			.withConfiguration(
					AutoConfigurations.of(DataSourceAutoConfiguration.class, ReplicationAutoConfiguration.class))
			.withPropertyValues(PROPERTIES);
		reactive.run((context) -> assertThat(context).hasBean("replicationReactiveWebWarning"));
		reactive.withPropertyValues("replication.read-your-writes.carrier=header")
			.run((context) -> assertThat(context).hasBean("replicationReactiveWebWarning"));
		reactive.withPropertyValues("replication.read-your-writes.carrier=none")
			.run((context) -> assertThat(context).doesNotHaveBean("replicationReactiveWebWarning"));
		this.runner.run((context) -> assertThat(context).doesNotHaveBean("replicationReactiveWebWarning"));
	}

	@ParameterizedTest
	@CsvSource({ "cookie, true, true", "none, true, false", "cookie, false, false" })
	void processedAheadOfTimeReactiveWebApplicationIsWarnedByTheSettingsOfItsStart(String carrier, boolean enabled,
			boolean warned, CapturedOutput output) {
		new ReactiveWebApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(AopAutoConfiguration.class, DataSourceAutoConfiguration.class,
					ReplicationAutoConfiguration.class))
			.withSystemProperties("spring.aot.processing=true")
			.withPropertyValues(PROPERTIES)
			.withPropertyValues("replication.read-your-writes.carrier=" + carrier, "replication.enabled=" + enabled)
			.run((context) -> assertThat(context).hasNotFailed());
		assertThat(output.toString().contains("reactive web application")).isEqualTo(warned);
	}

	@Test
	void storeTimeoutOfZeroStopsTheStart() {
		this.users.withPropertyValues("replication.read-your-writes.store-timeout=0ms")
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.hasMessageContaining("replication.read-your-writes.store-timeout"));
	}

	private static RedisConnectionFactory factory() {
		return new LettuceConnectionFactory("127.0.0.1", 1);
	}

	@Configuration(proxyBeanMethods = false)
	static class One {

		@Bean
		RedisConnectionFactory one() {
			return factory();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Named {

		@Bean
		RedisConnectionFactory redisConnectionFactory() {
			return factory();
		}

		@Bean
		RedisConnectionFactory other() {
			return factory();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Preferred {

		@Bean
		@Primary
		RedisConnectionFactory one() {
			return factory();
		}

		@Bean
		RedisConnectionFactory other() {
			return factory();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class Ambiguous {

		@Bean
		RedisConnectionFactory one() {
			return factory();
		}

		@Bean
		RedisConnectionFactory other() {
			return factory();
		}

	}

}

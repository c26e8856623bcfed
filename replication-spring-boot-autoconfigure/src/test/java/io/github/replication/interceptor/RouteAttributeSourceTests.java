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

package io.github.replication.interceptor;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PrimitiveIterator;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;

import org.springframework.aop.framework.ProxyFactory;
import org.springframework.core.annotation.AnnotationConfigurationException;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

import io.github.replication.Consistency;
import io.github.replication.ReadOnly;
import io.github.replication.UsePrimary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RouteAttributeSourceTests {

	private final List<String> groups = new ArrayList<>();

	private final RouteAttributeSource source = new RouteAttributeSource((group, unit) -> this.groups.add(group));

	@Test
	void typeCountsWhereTheMethodSaysNothing() {
		RouteAttribute attribute = attribute(ReadOnlyType.class, "plain");
		assertThat(attribute.read()).isNotNull();
		assertThat(attribute.read().consistency()).isEqualTo(Consistency.SESSION);
		assertThat(attribute.propagation()).isEqualTo(Propagation.REQUIRED);
		assertThat(attribute.unit()).endsWith("ReadOnlyType.plain");
	}

	@Test
	void methodThatIsCalledHasTheNameOfItsTransaction() throws Exception {
		Method method = Service.class.getMethod("find");
		Object proxy = new ProxyFactory(new SilentImplementation()).getProxy();
		assertThat(Proxy.isProxyClass(proxy.getClass())).isTrue();
		RouteAttribute attribute = this.source.getAttributeOfCall(method, proxy);
		assertThat(attribute.unit()).isEqualTo(ClassUtils.getQualifiedMethodName(method, SilentImplementation.class));
		assertThat(attribute.read().consistency()).isEqualTo(Consistency.EVENTUAL);
		assertThat(this.source.getAttributeOfCall(method, proxy)).isSameAs(attribute);
		Object subclass = new ProxyFactory(new ReadOnlyType()).getProxy();
		assertThat(this.source.getAttributeOfCall(ReadOnlyType.class.getMethod("plain"), subclass).unit())
			.isEqualTo(ReadOnlyType.class.getName() + ".plain");
		assertThat(this.source.getAttributeOfCall(method, null).unit()).endsWith("Service.find");
	}

	@Test
	void methodCountsBeforeItsType() {
		assertThat(attribute(ReadOnlyType.class, "strong").read().consistency()).isEqualTo(Consistency.STRONG);
		assertThat(attribute(ReadOnlyType.class, "write")).isNull();
		RouteAttribute primary = attribute(ReadOnlyType.class, "primary");
		assertThat(primary.usePrimary()).isTrue();
		assertThat(primary.read()).isNull();
		assertThat(primary.propagation()).isEqualTo(Propagation.REQUIRED);
		assertThat(attribute(PrimaryType.class, "read").usePrimary()).isFalse();
		assertThat(attribute(PrimaryType.class, "plain").usePrimary()).isTrue();
	}

	@Test
	void interfaceCountsLast() {
		assertThat(attribute(Implementation.class, "find").read().consistency()).isEqualTo(Consistency.EVENTUAL);
		assertThat(attribute(Implementation.class, "store")).isNull();
		assertThat(attribute(SilentImplementation.class, "find").read().consistency()).isEqualTo(Consistency.EVENTUAL);
		assertThat(attribute(SilentImplementation.class, "store").read().consistency()).isEqualTo(Consistency.SESSION);
	}

	@Test
	void composedAnnotationCounts() {
		RouteAttribute attribute = attribute(Attributes.class, "report");
		assertThat(attribute.read().group()).isEqualTo("reports");
		assertThat(attribute.read().maxStaleness()).isEqualTo(Duration.ofSeconds(90));
		assertThat(this.groups).containsExactly("reports");
	}

	@Test
	void propagationShowsWhetherAMethodJoins() {
		assertThat(attribute(Attributes.class, "requiresNew").joins()).isFalse();
		assertThat(attribute(Attributes.class, "supports").joins()).isTrue();
		assertThat(attribute(Attributes.class, "primaryInNew").joins()).isFalse();
	}

	@Test
	void invalidStalenessNamesMethodValueAndRemedy() {
		for (String method : List.of("soon", "negative")) {
			assertThatExceptionOfType(AnnotationConfigurationException.class)
				.isThrownBy(() -> attribute(Attributes.class, method))
				.withMessageContaining("Attributes." + method)
				.withMessageContaining("maxStaleness = \"" + (method.equals("soon") ? "soon" : "-2s") + "\"")
				.withMessageContaining("write one such as");
		}
	}

	@Test
	void readMayRunAgainUnlessItForbidsThat() {
		assertThat(attribute(ReadOnlyType.class, "plain").isRetryable()).isTrue();
		assertThat(attribute(ReadOnlyType.class, "plain").preventsRetry()).isFalse();
		assertThat(attribute(Attributes.class, "once").isRetryable()).isFalse();
		assertThat(attribute(Attributes.class, "once").preventsRetry()).isTrue();
		assertThat(attribute(PrimaryType.class, "plain").isRetryable()).isFalse();
		assertThat(attribute(PrimaryType.class, "plain").preventsRetry()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "stream", "numbers", "iterator", "future", "completionStage", "publisher",
			"reactivePublisher" })
	void readWhoseResultComesLateRunsAgainOnlyAsAPartOfAnother(String method) {
		RouteAttribute attribute = attribute(LateResultType.class, method);
		assertThat(attribute.isRetryable()).isFalse();
		assertThat(attribute.preventsRetry()).isFalse();
	}

	@ParameterizedTest
	@ValueSource(strings = { "list", "object", "none" })
	void readWhoseResultIsThereMayRunAgain(String method) {
		assertThat(attribute(LateResultType.class, method).isRetryable()).isTrue();
	}

	@Test
	void lateResultIsRecognizedBehindATypeVariable() {
		Method declared = ReflectionUtils.findMethod(Finder.class, "find");
		assertThat(this.source.getAttribute(declared, StreamFinder.class).isRetryable()).isFalse();
		assertThat(this.source.getAttribute(declared, StreamFinderInterface.class).isRetryable()).isFalse();
		assertThat(this.source.getAttribute(declared, Finder.class).isRetryable()).isTrue();
	}

	@Test
	void transactionalAloneIsNotAdvised() {
		assertThat(attribute(Attributes.class, "transactional")).isNull();
	}

	private RouteAttribute attribute(Class<?> type, String name) {
		Method method = ReflectionUtils.findMethod(type, name);
		assertThat(method).as(name).isNotNull();
		return this.source.getAttribute(method, type);
	}

	@ReadOnly
	static class ReadOnlyType {

		public void plain() {
		}

		@ReadOnly(consistency = Consistency.STRONG)
		public void strong() {
		}

		@Transactional
		public void write() {
		}

		@UsePrimary
		public void primary() {
		}

	}

	@UsePrimary
	static class PrimaryType {

		public void plain() {
		}

		@ReadOnly
		public void read() {
		}

	}

	@ReadOnly
	interface Service {

		@ReadOnly(consistency = Consistency.EVENTUAL)
		void find();

		void store();

	}

	@Transactional
	static class Implementation implements Service {

		@Override
		public void find() {
		}

		@Override
		public void store() {
		}

	}

	static class SilentImplementation implements Service {

		@Override
		public void find() {
		}

		@Override
		public void store() {
		}

	}

	static class Attributes {

		@Report
		public void report() {
		}

		@ReadOnly(propagation = Propagation.REQUIRES_NEW)
		public void requiresNew() {
		}

		@ReadOnly(propagation = Propagation.SUPPORTS)
		public void supports() {
		}

		@UsePrimary
		@Transactional(propagation = Propagation.REQUIRES_NEW)
		public void primaryInNew() {
		}

		@ReadOnly(retry = false)
		public void once() {
		}

		@ReadOnly(maxStaleness = "soon")
		public void soon() {
		}

		@ReadOnly(maxStaleness = "-2s")
		public void negative() {
		}

		@Transactional(readOnly = true)
		public void transactional() {
		}

	}

	@ReadOnly
	abstract static class LateResultType {

		public abstract Stream<String> stream();

		public abstract IntStream numbers();

		public abstract PrimitiveIterator.OfInt iterator();

		public abstract ScheduledFuture<String> future();

		public abstract CompletionStage<String> completionStage();

		public abstract Flow.Processor<String, String> publisher();

		public abstract Publisher<String> reactivePublisher();

		public abstract List<String> list();

		public abstract Object object();

		public abstract void none();

	}

	@ReadOnly
	interface Finder<T> {

		T find();

	}

	interface StreamFinderInterface extends Finder<Stream<String>> {

	}

	static class StreamFinder implements Finder<Stream<String>> {

		@Override
		public Stream<String> find() {
			return Stream.empty();
		}

	}

	@Target(ElementType.METHOD)
	@Retention(RetentionPolicy.RUNTIME)
	@ReadOnly(group = "reports", maxStaleness = "90s")
	@interface Report {

	}

}

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

import java.time.Clock;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;

import jakarta.servlet.DispatcherType;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication.Type;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.StringUtils;
import org.springframework.web.filter.OncePerRequestFilter;

import io.github.replication.autoconfigure.ReplicationProperties.Cookie;
import io.github.replication.autoconfigure.ReplicationProperties.ReadYourWrites;
import io.github.replication.caller.CallerRecords;
import io.github.replication.store.PositionStore;
import io.github.replication.web.CallerRecordFilter;
import io.github.replication.web.CookiePositionCarrier;
import io.github.replication.web.HeaderPositionCarrier;
import io.github.replication.web.PositionCarrier;
import io.github.replication.web.SessionPositionCarrier;
import io.github.replication.web.UserPositionCarrier;

/**
 * The beans that take a caller's position from one request to the next.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnWebApplication(type = Type.SERVLET)
@ConditionalOnClass({ OncePerRequestFilter.class, DispatcherType.class })
final class PositionCarrierConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = "replicationCallerRecordFilter")
	FilterRegistrationBean<CallerRecordFilter> replicationCallerRecordFilter(ReplicationProperties properties,
			CallerRecords records, ObjectProvider<PositionCarrier> carriers, ObjectProvider<PositionStore> stores,
			ApplicationContext context) {
		boolean enabled = OnReplicationCondition.isConfigured(context);
		List<PositionCarrier> configured = enabled ? configured(properties.getReadYourWrites(), stores) : List.of();
		FilterRegistrationBean<CallerRecordFilter> registration = new FilterRegistrationBean<>(
				new CallerRecordFilter(records, () -> {
					List<PositionCarrier> own = carriers.orderedStream().toList();
					return own.isEmpty() ? configured : own;
				}));
		registration.setEnabled(enabled);
		registration.setOrder(CallerRecordFilter.ORDER);
		registration.setDispatcherTypes(EnumSet.allOf(DispatcherType.class));
		registration.setAsyncSupported(true);
		return registration;
	}

	private static List<PositionCarrier> configured(ReadYourWrites readYourWrites,
			ObjectProvider<PositionStore> stores) {
		Duration window = readYourWrites.getWindow();
		return switch (readYourWrites.getCarrier()) {
			case COOKIE -> List.of(cookie(readYourWrites));
			case HEADER -> List.of(new HeaderPositionCarrier(PositionHeader.nameOf(readYourWrites.getHeader())));
			case SESSION -> List.of(new SessionPositionCarrier(Clock.systemUTC(), window));
			case USER ->
				List.of(new UserPositionCarrier(PositionStoreConfiguration.bounded(stores, readYourWrites), window));
			case NONE -> List.of();
		};
	}

	private static PositionCarrier cookie(ReadYourWrites readYourWrites) {
		Cookie cookie = readYourWrites.getCookie();
		new CookieSettings(cookie).validate();
		boolean none = cookie.getSameSite() == ReplicationProperties.SameSite.NONE;
		String sameSite = StringUtils.capitalize(cookie.getSameSite().name().toLowerCase(Locale.ROOT));
		return new CookiePositionCarrier(cookie.getName(),
				new CookiePositionCarrier.Attributes(cookie.getPath(), cookie.getDomain(),
						none ? Boolean.TRUE : cookie.getSecure(), sameSite, roundedUp(readYourWrites.getWindow())),
				System::nanoTime);
	}

	/**
	 * Cookies live for whole seconds.
	 */
	private static Duration roundedUp(Duration window) {
		return Duration.ofSeconds(window.plusNanos(999_999_999).toSeconds());
	}

}

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

package io.github.replication.integration;

import jakarta.servlet.http.HttpServletRequest;
import org.junit.jupiter.api.Tag;

import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.annotation.web.configuration.EnableWebSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.filter.ShallowEtagHeaderFilter;

/**
 * On Tomcat, with what wraps responses in many applications: compression, Spring Security
 * and the filter of ETags.
 */
@Tag("long")
class WrappedCarrierAnswerTests extends CarrierAnswerContract {

	@Override
	TestApplication.Builder configure(TestApplication.Builder builder) {
		return builder.using("security")
			.with("server.compression.enabled", "true")
			.with("server.compression.min-response-size", "1KB");
	}

	@Override
	Class<?> sources() {
		return Wrappers.class;
	}

	@Configuration(proxyBeanMethods = false)
	@EnableWebSecurity
	static class Wrappers {

		@Bean
		SecurityFilterChain security(HttpSecurity http) throws Exception {
			return http.authorizeHttpRequests((requests) -> requests.anyRequest().permitAll())
				.csrf((csrf) -> csrf.disable())
				.build();
		}

		@Bean
		FilterRegistrationBean<ShallowEtagHeaderFilter> etags() {
			return new FilterRegistrationBean<>(new ShallowEtagHeaderFilter() {

				/**
				 * Never answers what is written to an asynchronous context by itself.
				 */
				@Override
				protected boolean shouldNotFilter(HttpServletRequest request) {
					return request.getRequestURI().contains("async-sized");
				}

			});
		}

	}

}

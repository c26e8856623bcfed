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

package io.github.replication.sample;

import java.time.Clock;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.boot.web.server.context.WebServerInitializedEvent;
import org.springframework.cache.annotation.EnableCaching;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.integration.channel.QueueChannel;
import org.springframework.integration.config.EnableIntegrationManagement;

/**
 * The other beans of the newsroom.
 */
@Configuration(proxyBeanMethods = false)
@EnableCaching
@EnableIntegrationManagement(observationPatterns = "*")
class NewsroomConfiguration {

	private static final Log logger = LogFactory.getLog(NewsroomApplication.class);

	@Bean
	Clock clock() {
		return Clock.systemUTC();
	}

	/**
	 * Takes messages from one thread to another, as a broker would between processes.
	 */
	@Bean
	QueueChannel announcements() {
		return new QueueChannel(100);
	}

	@EventListener
	void announce(WebServerInitializedEvent event) {
		String newsroom = "http://localhost:" + event.getWebServer().getPort();
		logger.info("The newsroom is open: " + newsroom + "/");
		logger.info("Articles: " + newsroom + "/api/articles, and the server that reads for you: " + newsroom
				+ "/api/server");
	}

}

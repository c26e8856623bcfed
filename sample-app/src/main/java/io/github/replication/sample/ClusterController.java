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

import java.math.BigDecimal;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/**
 * Shows the cluster, and pulls its levers where it is the embedded one.
 */
@RestController
@RequestMapping("/api/cluster")
class ClusterController {

	private final ClusterFeed feed;

	private final Levers levers;

	private final Load load;

	ClusterController(ClusterFeed feed, Levers levers, Load load) {
		this.feed = feed;
		this.levers = levers;
		this.load = load;
	}

	@GetMapping
	ClusterFeed.Snapshot state() {
		return this.feed.snapshot();
	}

	@GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	SseEmitter events() {
		return this.feed.open();
	}

	@PostMapping("/load")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void load(@RequestParam int readers, @RequestParam int editors) {
		this.load.set(readers, editors);
	}

	@PostMapping("/add")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void add() {
		this.levers.addReplica();
	}

	@PostMapping("/commits")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void commits(@RequestParam boolean synchronous) {
		this.levers.commits(synchronous);
	}

	/**
	 * Starts the application again, soon after the response.
	 */
	@PostMapping("/read-your-writes")
	@ResponseStatus(HttpStatus.ACCEPTED)
	void readYourWrites(@RequestParam String mode) {
		this.levers.readYourWrites(mode);
	}

	@PostMapping("/{node}/{lever}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void pull(@PathVariable String node, @PathVariable String lever,
			@RequestParam(defaultValue = "0") BigDecimal seconds) {
		this.levers.pull(node, lever, seconds);
	}

}

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

package io.github.replication.benchmarks;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.kafka.support.micrometer.KafkaListenerObservation;
import org.springframework.kafka.support.micrometer.KafkaListenerObservation.DefaultKafkaListenerObservationConvention;
import org.springframework.kafka.support.micrometer.KafkaRecordReceiverContext;
import org.springframework.kafka.support.micrometer.KafkaRecordSenderContext;
import org.springframework.kafka.support.micrometer.KafkaTemplateObservation;
import org.springframework.kafka.support.micrometer.KafkaTemplateObservation.DefaultKafkaTemplateObservationConvention;

import io.github.replication.Replication;
import io.github.replication.message.MessagePositions;
import io.github.replication.message.PositionReceiverObservationHandler;
import io.github.replication.message.PositionSenderObservationHandler;

/**
 * One record of Kafka, as {@code KafkaTemplate} and the container of a listener observe
 * it, without a broker in between. The sender is a caller that has written.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(jvmArgsAppend = { "-Xms512m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:-BackgroundCompilation" })
public class KafkaRecordBenchmark {

	/**
	 * Nothing, an observation whose handler does nothing, or one that takes the position
	 * along.
	 */
	@Param({ "NOT_OBSERVED", "OBSERVED", "POSITIONS" })
	public String handlers = "";

	private final ObservationRegistry registry = ObservationRegistry.create();

	@SuppressWarnings("NullAway.Init")
	private Application application;

	/**
	 * Lets a caller write whose position is known.
	 */
	@Setup(Level.Trial)
	public void open() throws Exception {
		StubDriver.install();
		this.application = Application.replication(Servers.STUB,
				Map.of("replication.read-your-writes.window", "1h", "replication.read-your-writes.messages", true));
		this.application.write("UPDATE item SET id = 1");
		this.application.read("SELECT ? + 1", 1L);
		if (Replication.position() == null) {
			throw new IllegalStateException("The caller has no position");
		}
		ObservationRegistry.ObservationConfig config = this.registry.observationConfig();
		if (this.handlers.equals("OBSERVED")) {
			config.observationHandler((ObservationHandler<Observation.Context>) (context) -> true);
		}
		if (this.handlers.equals("POSITIONS")) {
			MessagePositions positions = this.application.bean(MessagePositions.class);
			config.observationHandler(new PositionSenderObservationHandler(positions));
			config.observationHandler(new PositionReceiverObservationHandler(positions));
		}
	}

	@TearDown(Level.Trial)
	public void close() {
		this.application.close();
	}

	/**
	 * Sends a record and handles it.
	 * @return the header that the record was received with
	 */
	@Benchmark
	public @Nullable Header sendAndHandle() {
		ProducerRecord<String, String> sent = new ProducerRecord<>("orders", "1");
		Observation sending = KafkaTemplateObservation.TEMPLATE_OBSERVATION
			.observation(null, DefaultKafkaTemplateObservationConvention.INSTANCE,
					() -> new KafkaRecordSenderContext(sent, "template", () -> "cluster"), this.registry)
			.start();
		sending.stop();
		ConsumerRecord<String, String> received = new ConsumerRecord<>("orders", 0, 0, 0, TimestampType.CREATE_TIME, 0,
				1, "", "1", sent.headers(), Optional.empty());
		Observation handling = KafkaListenerObservation.LISTENER_OBSERVATION
			.observation(null, DefaultKafkaListenerObservationConvention.INSTANCE,
					() -> new KafkaRecordReceiverContext(received, "listener", "client", "group", () -> "cluster"),
					this.registry)
			.start();
		Header header;
		try (Observation.Scope scope = handling.openScope()) {
			header = received.headers().lastHeader(MessagePositions.HEADER);
		}
		handling.stop();
		return header;
	}

}

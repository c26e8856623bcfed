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

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;

import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.AsyncTaskExecutor;
import org.springframework.http.CacheControl;
import org.springframework.http.ResponseEntity;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.scheduling.annotation.Async;
import org.springframework.scheduling.annotation.EnableAsync;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.request.async.DeferredResult;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.servlet.mvc.method.annotation.StreamingResponseBody;

import io.github.replication.ReadOnly;
import io.github.replication.Replication;

/**
 * Notes over HTTP: each way there is to answer after a write.
 */
@Configuration(proxyBeanMethods = false)
@EnableAsync
class NoteWeb {

	static final String ABSENT = "absent";

	@Bean
	Notes webNotes(JdbcTemplate jdbc) {
		return new Notes(jdbc);
	}

	@Bean
	Latches latches() {
		return new Latches();
	}

	/**
	 * Holds requests at points in their middle.
	 */
	static final class Latches {

		private final Map<String, CountDownLatch> latches = new ConcurrentHashMap<>();

		private CountDownLatch of(String name) {
			return this.latches.computeIfAbsent(name, (key) -> new CountDownLatch(1));
		}

		void open(String name) {
			of(name).countDown();
		}

		void await(String name) {
			try {
				if (!of(name).await(20, TimeUnit.SECONDS)) {
					throw new IllegalStateException("Nobody has opened " + name);
				}
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
				throw new IllegalStateException(ex);
			}
		}

	}

	static class Notes {

		private final JdbcTemplate jdbc;

		Notes(JdbcTemplate jdbc) {
			this.jdbc = jdbc;
		}

		@ReadOnly
		public String find(long id) {
			return this.jdbc.queryForList("SELECT text FROM note WHERE id = ?", String.class, id)
				.stream()
				.findFirst()
				.orElse(ABSENT);
		}

		@Transactional
		public void write(long id) {
			this.jdbc.update("INSERT INTO note VALUES (?, 'found')", id);
		}

		@Transactional
		public void writeAndFail(long id) {
			write(id);
			throw new IllegalStateException("rolled back");
		}

		@Transactional
		public String readForUpdate(long id) {
			return this.jdbc.queryForObject("SELECT count(*) FROM note WHERE id = ?", String.class, id);
		}

		@Async
		@Transactional
		public CompletableFuture<String> writeElsewhere(long id) {
			write(id);
			return CompletableFuture.completedFuture("written");
		}

	}

	@RestController
	static class Reads {

		private final Notes notes;

		Reads(Notes notes) {
			this.notes = notes;
		}

		@GetMapping("/notes/{id}")
		String find(@PathVariable("id") long id) {
			return this.notes.find(id);
		}

		@GetMapping("/public/{id}")
		ResponseEntity<String> findForAll(@PathVariable("id") long id) {
			return ResponseEntity.ok()
				.cacheControl(CacheControl.maxAge(1, TimeUnit.MINUTES).cachePublic())
				.body(this.notes.find(id));
		}

		/**
		 * As a page that says what caches may do with it.
		 */
		@GetMapping("/cached/{id}")
		ResponseEntity<String> findCached(@PathVariable("id") long id, @RequestParam("header") String header,
				@RequestParam("value") String value) {
			return ResponseEntity.ok().header(header, value).body(this.notes.find(id));
		}

		@GetMapping("/untracked/{id}")
		String findUntracked(@PathVariable("id") long id) {
			return Replication.untracked(() -> this.notes.find(id)) + this.notes.find(id);
		}

		@GetMapping("/twice/{id}")
		String findTwice(@PathVariable("id") long id) {
			return this.notes.find(id) + this.notes.find(id);
		}

	}

	@RestController
	static class Writes {

		private final Notes notes;

		private final Latches latches;

		Writes(Notes notes, Latches latches) {
			this.notes = notes;
			this.latches = latches;
		}

		@PostMapping("/notes/{id}")
		String write(@PathVariable("id") long id) {
			this.notes.write(id);
			return "written";
		}

		/**
		 * Reads first, so that what came along is known before the latch, and answers
		 * after it.
		 */
		@PostMapping("/held/{id}")
		String writeAndWait(@PathVariable("id") long id) {
			this.notes.find(id);
			this.notes.write(id);
			this.latches.open("written-" + id);
			this.latches.await("answer-" + id);
			return "written";
		}

		@PostMapping("/many/{id}/{count}")
		String writeMany(@PathVariable("id") long id, @PathVariable("count") int count) {
			for (int i = 0; i < count; i++) {
				this.notes.write(id + i);
			}
			return "written";
		}

		@PostMapping("/cached/{id}")
		ResponseEntity<String> writeCached(@PathVariable("id") long id, @RequestParam("header") String header,
				@RequestParam("value") String value) {
			this.notes.write(id);
			return ResponseEntity.ok().header(header, value).body("written");
		}

		@PostMapping("/nothing")
		String nothing() {
			return "nothing";
		}

		@PostMapping("/rolled-back/{id}")
		String rolledBack(@PathVariable("id") long id) {
			try {
				this.notes.writeAndFail(id);
				return "written";
			}
			catch (IllegalStateException ex) {
				return ex.getMessage();
			}
		}

		@PostMapping("/read-write/{id}")
		String readForUpdate(@PathVariable("id") long id) {
			return this.notes.readForUpdate(id);
		}

	}

	/**
	 * Each way to answer.
	 */
	@RestController
	static class Answers {

		private static final int MORE_THAN_A_BUFFER = 100_000;

		private final Notes notes;

		private final AsyncTaskExecutor executor;

		Answers(Notes notes, @Qualifier("applicationTaskExecutor") AsyncTaskExecutor executor) {
			this.notes = notes;
			this.executor = executor;
		}

		@PostMapping("/redirect/{id}")
		void redirect(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.sendRedirect("/notes/" + id);
		}

		@PostMapping("/see-other/{id}")
		ResponseEntity<Void> seeOther(@PathVariable("id") long id) {
			this.notes.write(id);
			return ResponseEntity.status(303).header("Location", "/notes/" + id).build();
		}

		@PostMapping("/no-content/{id}")
		ResponseEntity<Void> noContent(@PathVariable("id") long id) {
			this.notes.write(id);
			return ResponseEntity.noContent().build();
		}

		@PostMapping("/send-error/{id}")
		void sendError(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.sendError(409, "conflict");
		}

		@PostMapping("/exception/{id}")
		String exception(@PathVariable("id") long id) {
			this.notes.write(id);
			throw new IllegalStateException("after the commit");
		}

		@PostMapping("/exception-after-reset/{id}")
		String exceptionAfterReset(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.sendError(500, "dropped");
			response.reset();
			throw new IllegalStateException("after the commit");
		}

		@PostMapping("/flushed/{id}")
		void flushed(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.getWriter().write("early");
			response.flushBuffer();
			response.getWriter().write(" and late");
		}

		@PostMapping("/writer-flushed/{id}")
		void writerFlushed(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.getWriter().print("early");
			response.getWriter().flush();
			response.getWriter().print(" and late");
		}

		@PostMapping("/large/{id}")
		void large(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			for (int i = 0; i < MORE_THAN_A_BUFFER / 100; i++) {
				response.getOutputStream().write(new byte[100]);
			}
		}

		@PostMapping("/large-text/{id}")
		void largeText(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.setCharacterEncoding(StandardCharsets.UTF_8);
			for (int i = 0; i < MORE_THAN_A_BUFFER / 100; i++) {
				response.getWriter().append("\u20ac".repeat(100));
			}
		}

		@PostMapping("/large-body/{id}")
		byte[] largeBody(@PathVariable("id") long id) {
			this.notes.write(id);
			return new byte[MORE_THAN_A_BUFFER];
		}

		/**
		 * A body of any size that is written at once, or in parts.
		 */
		@PostMapping("/sized/{id}")
		void sized(@PathVariable("id") long id, @RequestParam("size") int size, @RequestParam("parts") int parts,
				HttpServletResponse response) throws IOException {
			this.notes.write(id);
			for (int i = 0; i < parts; i++) {
				response.getOutputStream().write(new byte[size / parts]);
			}
		}

		@PostMapping("/sized-text/{id}")
		void sizedText(@PathVariable("id") long id, @RequestParam("size") int size, HttpServletResponse response)
				throws IOException {
			this.notes.write(id);
			response.setContentType("text/plain");
			response.getWriter().write("x".repeat(size));
		}

		@PostMapping("/started-async-sized/{id}")
		void startedAsyncSized(@PathVariable("id") long id, @RequestParam("size") int size,
				@RequestParam("wrapped") boolean wrapped, HttpServletRequest request, HttpServletResponse response) {
			AsyncContext context = wrapped ? request.startAsync(request, response) : request.startAsync();
			this.executor.submit(() -> {
				try {
					this.notes.write(id);
					context.getResponse().getOutputStream().write(new byte[size]);
				}
				catch (RuntimeException ex) {
					context.getResponse().getOutputStream().print(String.valueOf(ex));
				}
				finally {
					context.complete();
				}
				return null;
			});
		}

		/**
		 * As frameworks do that ask for the context again.
		 */
		@PostMapping("/asked-async/{id}")
		void askedAsync(@PathVariable("id") long id, HttpServletRequest request) {
			request.startAsync();
			AsyncContext context = request.getAsyncContext();
			this.executor.submit(() -> {
				this.notes.write(id);
				answer(context);
				context.getResponse().flushBuffer();
				context.complete();
				return null;
			});
		}

		/**
		 * Completes without a body.
		 */
		@PostMapping("/completed-async/{id}")
		void completedAsync(@PathVariable("id") long id, HttpServletRequest request) {
			complete(id, request.startAsync());
		}

		@PostMapping("/completed-wrapped-async/{id}")
		void completedWrappedAsync(@PathVariable("id") long id, HttpServletRequest request,
				HttpServletResponse response) {
			complete(id, request.startAsync(request, response));
		}

		private void complete(long id, AsyncContext context) {
			this.executor.submit(() -> {
				this.notes.write(id);
				((HttpServletResponse) context.getResponse()).setStatus(204);
				context.complete();
			});
		}

		@PostMapping("/dispatched-async/{id}")
		void dispatchedAsync(@PathVariable("id") long id, HttpServletRequest request) {
			AsyncContext context = request.startAsync();
			this.executor.submit(() -> {
				this.notes.write(id);
				context.dispatch("/nothing");
			});
		}

		@PostMapping("/reset/{id}")
		void reset(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.getWriter().write("dropped");
			response.reset();
			response.getWriter().write("whole");
		}

		@PostMapping("/forward/{id}")
		void forward(@PathVariable("id") long id, HttpServletRequest request, HttpServletResponse response)
				throws IOException, ServletException {
			this.notes.write(id);
			request.getRequestDispatcher("/nothing").forward(request, response);
		}

		@PostMapping("/forward-to-nothing/{id}")
		void forwardToNothing(@PathVariable("id") long id, HttpServletRequest request, HttpServletResponse response)
				throws IOException, ServletException {
			this.notes.write(id);
			request.getRequestDispatcher("/no-body").forward(request, response);
		}

		@PostMapping("/no-body")
		ResponseEntity<Void> noBody() {
			return ResponseEntity.ok().build();
		}

		@PostMapping("/include/{id}")
		void include(@PathVariable("id") long id, HttpServletRequest request, HttpServletResponse response)
				throws IOException, ServletException {
			this.notes.write(id);
			request.getRequestDispatcher("/nothing").include(request, response);
			response.flushBuffer();
		}

		@PostMapping("/events/{id}")
		SseEmitter events(@PathVariable("id") long id) {
			SseEmitter emitter = new SseEmitter();
			this.notes.write(id);
			this.executor.submit(() -> {
				emitter.send("written");
				emitter.complete();
				return null;
			});
			return emitter;
		}

		@PostMapping("/error-status/{id}")
		ResponseEntity<String> errorStatus(@PathVariable("id") long id) {
			this.notes.write(id);
			return ResponseEntity.status(503).body("later");
		}

		@PostMapping("/announced/{id}")
		void announced(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			this.notes.write(id);
			response.setContentLength(5);
			response.getOutputStream().write("whole".getBytes(StandardCharsets.US_ASCII));
		}

		@PostMapping("/written-while-answering/{id}")
		void writtenWhileAnswering(@PathVariable("id") long id, HttpServletResponse response) throws IOException {
			response.getWriter().write("some, ");
			this.notes.write(id);
			response.getWriter().write("more");
		}

		@PostMapping("/stream/{id}")
		StreamingResponseBody stream(@PathVariable("id") long id) {
			this.notes.write(id);
			return (output) -> {
				output.write('a');
				output.flush();
				output.write('b');
			};
		}

		@PostMapping("/stream-that-writes-first/{id}")
		StreamingResponseBody streamThatWritesFirst(@PathVariable("id") long id) {
			return (output) -> {
				this.notes.write(id);
				output.write('a');
				output.flush();
			};
		}

		/**
		 * Only what is kept on the server can show this write.
		 */
		@PostMapping("/stream-that-writes-late/{id}")
		StreamingResponseBody streamThatWritesLate(@PathVariable("id") long id) {
			return (output) -> {
				output.write('a');
				output.flush();
				this.notes.write(id);
				output.write('b');
			};
		}

		@PostMapping("/callable/{id}")
		Callable<String> callable(@PathVariable("id") long id) {
			return () -> {
				this.notes.write(id);
				return "written";
			};
		}

		@PostMapping("/callable-exception/{id}")
		Callable<String> callableException(@PathVariable("id") long id) {
			return () -> {
				this.notes.write(id);
				throw new IllegalStateException("after the commit");
			};
		}

		@PostMapping("/deferred/{id}")
		DeferredResult<String> deferred(@PathVariable("id") long id) {
			DeferredResult<String> result = new DeferredResult<>();
			this.executor.submit(() -> {
				this.notes.write(id);
				result.setResult("written");
			});
			return result;
		}

		@PostMapping("/deferred-after-write/{id}")
		DeferredResult<String> deferredAfterWrite(@PathVariable("id") long id) {
			this.notes.write(id);
			DeferredResult<String> result = new DeferredResult<>();
			this.executor.submit(() -> result.setResult("written"));
			return result;
		}

		@PostMapping("/async-method/{id}")
		CompletableFuture<String> asyncMethod(@PathVariable("id") long id) {
			return this.notes.writeElsewhere(id);
		}

		@PostMapping("/started-async/{id}")
		void startedAsync(@PathVariable("id") long id, HttpServletRequest request) {
			AsyncContext context = request.startAsync();
			this.executor.submit(() -> {
				this.notes.write(id);
				answer(context);
				context.complete();
			});
		}

		private static void answer(AsyncContext context) {
			try {
				context.getResponse().getWriter().write("written");
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}

	}

}

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
import java.io.PrintWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.ServletResponseWrapper;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.apache.catalina.connector.CoyoteOutputStream;
import org.apache.catalina.connector.CoyoteWriter;
import org.eclipse.jetty.ee11.servlet.HttpOutput;
import org.eclipse.jetty.ee11.servlet.ResponseWriter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.util.ClassUtils;

import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The body of a response is the same as without the library, whichever method writes it.
 */
@EmbeddedCluster
class ResponseBodyTests {

	private static final String RESPONSE = "io.github.replication.web.BeforeCommitResponse";

	private static final Set<String> WRITING = Set.of("write", "print", "println", "printf", "format", "append");

	private static final AtomicLong ids = new AtomicLong(12_000_000);

	@ParameterizedTest
	@Tag("long")
	@ValueSource(strings = { "tomcat", "jetty" })
	void bodyIsTheSameAsWithoutTheLibraryAndTakesThePositionAlong(String container, PostgresCluster cluster) {
		TestApplication.createTable(cluster);
		try (TestApplication application = TestApplication.exactly(cluster)
			.using(container)
			.withoutJpa()
			.web()
			.start(NoteWeb.class, Bodies.class)) {
			for (Class<?> body : List.of(ServletOutputStream.class, PrintWriter.class)) {
				for (int i = 0; i < writing(body).size(); i++) {
					assertSame(application, body, i);
				}
			}
		}
	}

	private static void assertSame(TestApplication application, Class<?> body, int index) {
		String path = "/bodies/" + body.getSimpleName() + "/" + index + "/";
		HttpResponse<String> plain = new Browser().post(application, path + "0");
		Browser user = new Browser();
		HttpResponse<String> response = user.post(application, path + ids.incrementAndGet());
		Method method = writing(body).get(index);
		assertThat(response.body()).as("%s", method).isEqualTo(plain.body()).isNotEmpty();
		assertThat(response.statusCode()).as("%s", method).isEqualTo(200);
		assertThat(user.positions()).as("%s", method).isNotEmpty();
	}

	private static List<Method> writing(Class<?> body) {
		return Arrays.stream(body.getMethods())
			.filter((method) -> WRITING.contains(method.getName()) && !method.isBridge())
			.sorted(Comparator.comparing(Method::toString))
			.toList();
	}

	@Test
	void methodsOfContainersArePassedOn() throws Exception {
		Class<?> stream = Class.forName(RESPONSE + "$WatchedStream");
		Class<?> writer = Class.forName("io.github.replication.web.WatchedWriter");
		Map<Class<?>, Class<?>> watched = Map.of(CoyoteOutputStream.class, stream, HttpOutput.class, stream,
				CoyoteWriter.class, writer, ResponseWriter.class, writer);
		watched
			.forEach((container, own) -> assertThat(own.getDeclaredMethods()).extracting(ResponseBodyTests::signature)
				.containsAll(overridden(container)));
	}

	private static List<String> overridden(Class<?> container) {
		return Arrays.stream(container.getDeclaredMethods())
			.filter((method) -> Modifier.isPublic(method.getModifiers()) && !method.isBridge()
					&& ClassUtils.hasMethod(container.getSuperclass(), method.getName(), method.getParameterTypes())
					&& !ClassUtils.hasMethod(Object.class, method.getName(), method.getParameterTypes()))
			.map(ResponseBodyTests::signature)
			.toList();
	}

	private static String signature(Method method) {
		return method.getName() + Arrays.toString(method.getParameterTypes());
	}

	@Configuration(proxyBeanMethods = false)
	static class Bodies {

		private static final int BUFFER = 8192;

		@Bean
		ServletRegistrationBean<HttpServlet> bodies(NoteWeb.Notes notes) {
			return new ServletRegistrationBean<>(new HttpServlet() {

				@Override
				protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
					String[] path = request.getPathInfo().split("/");
					long id = Long.parseLong(path[3]);
					if (id != 0) {
						notes.write(id);
					}
					answer((id != 0) ? response : unwatched(response), path[1], Integer.parseInt(path[2]));
				}

			}, "/bodies/*");
		}

		private static ServletResponse unwatched(ServletResponse response) {
			ServletResponse unwatched = response;
			while (unwatched instanceof ServletResponseWrapper wrapper) {
				unwatched = wrapper.getResponse();
			}
			assertThat(unwatched).isNotSameAs(response);
			return unwatched;
		}

		private static void answer(ServletResponse response, String body, int index) throws IOException {
			response.setBufferSize(BUFFER);
			response.setLocale(Locale.GERMANY);
			response.setContentType("text/plain;charset=UTF-8");
			boolean text = body.equals("PrintWriter");
			Object target = text ? response.getWriter() : response.getOutputStream();
			try {
				Method method = writing(text ? PrintWriter.class : ServletOutputStream.class).get(index);
				for (int i = 0; i <= BUFFER; i++) {
					method.invoke(target, arguments(method));
				}
			}
			catch (InvocationTargetException ex) {
				response.getOutputStream().write(ex.getCause().getClass().getName().getBytes(StandardCharsets.UTF_8));
			}
			catch (IllegalAccessException ex) {
				throw new IllegalStateException(ex);
			}
		}

		private static Object[] arguments(Method method) {
			List<Class<?>> types = List.of(method.getParameterTypes());
			boolean part = types.size() == 3 && types.get(2) == int.class;
			Object[] arguments = types.stream().map(Bodies::argument).toArray();
			if (part) {
				arguments[1] = 0;
				arguments[2] = 3;
			}
			return arguments;
		}

		private static Object argument(Class<?> type) {
			String text = "%,.2f \u20ac";
			return Map.<Class<?>, Object>ofEntries(Map.entry(boolean.class, true), Map.entry(char.class, '\u20ac'),
					Map.entry(int.class, 88), Map.entry(long.class, 1234L), Map.entry(float.class, 1234.5f),
					Map.entry(double.class, 1234.5), Map.entry(char[].class, text.toCharArray()),
					Map.entry(byte[].class, text.getBytes(StandardCharsets.UTF_8)),
					Map.entry(ByteBuffer.class, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))),
					Map.entry(String.class, text), Map.entry(CharSequence.class, text), Map.entry(Object.class, text),
					Map.entry(Locale.class, Locale.US), Map.entry(Object[].class, new Object[] { 1234.5 }))
				.get(type);
		}

	}

}

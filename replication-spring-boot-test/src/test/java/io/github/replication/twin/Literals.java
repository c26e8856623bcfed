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

package io.github.replication.twin;

import java.math.BigDecimal;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

import io.github.replication.twin.Call.Slot;

/**
 * Arguments as Java code.
 */
final class Literals {

	/**
	 * The executor of {@code abort} and {@code setNetworkTimeout}.
	 */
	static final Executor DIRECT = Runnable::run;

	private Literals() {
	}

	static String toJava(@Nullable Object value) {
		if (value == null) {
			return "null";
		}
		if (value instanceof String text) {
			return quote(text);
		}
		if (value instanceof Long number) {
			return number + "L";
		}
		if (value instanceof BigDecimal number) {
			return "new BigDecimal(\"" + number + "\")";
		}
		if (value instanceof Class<?> type) {
			return type.getSimpleName() + ".class";
		}
		if (value instanceof Timestamp || value instanceof Date || value instanceof Time) {
			return value.getClass().getSimpleName() + ".valueOf(\"" + value + "\")";
		}
		if (value == DIRECT) {
			return "Runnable::run";
		}
		if (value.getClass().isArray()) {
			return arrayToJava(value);
		}
		return value.toString();
	}

	private static String arrayToJava(Object array) {
		List<String> elements = new ArrayList<>();
		for (int i = 0; i < java.lang.reflect.Array.getLength(array); i++) {
			elements.add(toJava(java.lang.reflect.Array.get(array, i)));
		}
		return "new " + array.getClass().getComponentType().getSimpleName() + "[] "
				+ elements.stream().collect(Collectors.joining(", ", "{ ", " }"));
	}

	private static String quote(String text) {
		return '"' + text.replace("\\", "\\\\")
			.replace("\"", "\\\"")
			.replace("\n", "\\n")
			.replace("\r", "\\r")
			.replace("\t", "\\t") + '"';
	}

	/**
	 * Whether an argument may be passed to a parameter.
	 */
	static boolean fits(@Nullable Object value, Class<?> parameter) {
		if (value == null) {
			return !parameter.isPrimitive();
		}
		if (parameter.isPrimitive()) {
			return wrapper(parameter).isInstance(value);
		}
		return parameter.isInstance(value);
	}

	private static Class<?> wrapper(Class<?> primitive) {
		return java.lang.invoke.MethodType.methodType(primitive).wrap().returnType();
	}

	static String render(@Nullable Object value) {
		if (value instanceof Object[] array) {
			return Arrays.stream(array).map(Literals::render).collect(Collectors.joining(", ", "[", "]"));
		}
		if (value != null && value.getClass().isArray()) {
			return arrayToJava(value);
		}
		return String.valueOf(value);
	}

	static byte[] bytes(String base64) {
		return Base64.getDecoder().decode(base64);
	}

	static Slot slot(String name) {
		return new Slot(name);
	}

}

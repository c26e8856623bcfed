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

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.JDBCType;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

import io.github.replication.twin.Call.Slot;

/**
 * Reads calls from the text that {@link Call#toString()} and recorders write.
 */
final class CallParser {

	private static final Map<String, Class<?>> ELEMENTS = Map.of("String", String.class, "Object", Object.class, "int",
			int.class, "long", long.class, "byte", byte.class, "Integer", Integer.class, "Long", Long.class);

	private final String text;

	private int at;

	private CallParser(String text) {
		this.text = text;
	}

	static Call parse(String line) {
		return new CallParser(line).call();
	}

	private Call call() {
		String name = word();
		String result = null;
		if (accept(" = ")) {
			result = name;
			name = word();
		}
		expect(".");
		String method = word();
		List<@Nullable Object> arguments = new ArrayList<>();
		expect("(");
		while (!accept(")")) {
			accept(", ");
			arguments.add(argument());
		}
		return new Call(result, name, method, arguments);
	}

	private @Nullable Object argument() {
		if (peek() == '"') {
			return string();
		}
		if (accept("new BigDecimal(")) {
			return closing(new BigDecimal(string()));
		}
		if (accept("new ")) {
			return array();
		}
		if (peek() == '-' || Character.isDigit(peek())) {
			return number();
		}
		String word = word();
		if (accept("::run")) {
			return Literals.DIRECT;
		}
		if (peek() == '.') {
			return qualified(word);
		}
		return switch (word) {
			case "null" -> null;
			case "true", "false" -> Boolean.valueOf(word);
			default -> new Slot(word);
		};
	}

	private Object qualified(String first) {
		StringBuilder name = new StringBuilder(first);
		while (accept(".")) {
			name.append('.').append(word());
		}
		String whole = name.toString();
		if (whole.endsWith(".class")) {
			return ClassUtils.resolveClassName(whole.substring(0, whole.length() - ".class".length()), null);
		}
		if (whole.startsWith("JDBCType.")) {
			return JDBCType.valueOf(whole.substring("JDBCType.".length()));
		}
		expect("(");
		String value = string();
		return closing(switch (whole) {
			case "Timestamp.valueOf" -> Timestamp.valueOf(value);
			case "Date.valueOf" -> Date.valueOf(value);
			case "Time.valueOf" -> Time.valueOf(value);
			case "UUID.fromString" -> UUID.fromString(value);
			case "OffsetDateTime.parse" -> OffsetDateTime.parse(value);
			case "Literals.bytes" -> Literals.bytes(value);
			default -> throw new IllegalArgumentException("'" + whole + "' in " + this.text);
		});
	}

	private Object closing(Object value) {
		expect(")");
		return value;
	}

	private Object array() {
		String element = word();
		Class<?> type = ELEMENTS.get(element);
		if (type == null) {
			throw new IllegalArgumentException("'" + element + "' in " + this.text);
		}
		expect("[] { ");
		List<@Nullable Object> elements = new ArrayList<>();
		while (!accept(" }") && !accept("}")) {
			accept(", ");
			elements.add(argument());
		}
		Object array = Array.newInstance(type, elements.size());
		for (int i = 0; i < elements.size(); i++) {
			Array.set(array, i, elements.get(i));
		}
		return array;
	}

	private Object number() {
		int from = this.at;
		while (this.at < this.text.length() && "-+.eE0123456789".indexOf(peek()) != -1) {
			this.at++;
		}
		String digits = this.text.substring(from, this.at);
		if (accept("L")) {
			return Long.valueOf(digits);
		}
		if (digits.matches("-?[0-9]+")) {
			return Integer.valueOf(digits);
		}
		return Double.valueOf(digits);
	}

	private String string() {
		expect("\"");
		StringBuilder string = new StringBuilder();
		while (!accept("\"")) {
			char next = this.text.charAt(this.at++);
			if (next == '\\') {
				char escaped = this.text.charAt(this.at++);
				next = switch (escaped) {
					case 'n' -> '\n';
					case 'r' -> '\r';
					case 't' -> '\t';
					default -> escaped;
				};
			}
			string.append(next);
		}
		return string.toString();
	}

	private String word() {
		int from = this.at;
		while (this.at < this.text.length() && Character.isJavaIdentifierPart(peek())) {
			this.at++;
		}
		if (from == this.at) {
			throw new IllegalArgumentException("No name at " + from + " of " + this.text);
		}
		return this.text.substring(from, this.at);
	}

	private char peek() {
		return (this.at < this.text.length()) ? this.text.charAt(this.at) : '\0';
	}

	private boolean accept(String expected) {
		if (this.text.startsWith(expected, this.at)) {
			this.at += expected.length();
			return true;
		}
		return false;
	}

	private void expect(String expected) {
		if (!accept(expected)) {
			throw new IllegalArgumentException("No '" + expected + "' at " + this.at + " of " + this.text);
		}
	}

}

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

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;

/**
 * One call of a sequence. Its target, its result and arguments of type {@link Slot} are
 * names of objects, whose first letters give their types; see {@link SlotType}.
 *
 * @param result the name that the returned object gets, {@code null} for a value that is
 * only compared
 * @param target the name of the object to call, or {@link #STEPS}
 * @param method the name of the method
 * @param arguments the arguments, which may be {@code null}
 */
record Call(@Nullable String result, String target, String method, List<@Nullable Object> arguments) {

	/**
	 * The target of calls to the static methods of {@link Steps}.
	 */
	static final String STEPS = "Steps";

	/**
	 * The target of calls to the data source.
	 */
	static final String DATA_SOURCE = "dataSource";

	static Call of(String target, String method, @Nullable Object... arguments) {
		return new Call(null, target, method, listOf(arguments));
	}

	static Call steps(String method, @Nullable Object... arguments) {
		return of(STEPS, method, arguments);
	}

	private static List<@Nullable Object> listOf(@Nullable Object... arguments) {
		List<@Nullable Object> list = new ArrayList<>();
		for (Object argument : arguments) {
			list.add(argument);
		}
		return list;
	}

	Call into(String result) {
		return new Call(result, this.target, this.method, this.arguments);
	}

	/**
	 * Returns the name of the object that the call is about: its target, or the first
	 * argument of one of {@link Steps}.
	 */
	String subject() {
		if (this.target.equals(STEPS) && !this.arguments.isEmpty() && this.arguments.get(0) instanceof Slot slot) {
			return slot.name();
		}
		return this.target;
	}

	/**
	 * Returns the names of the objects that the call needs.
	 */
	List<String> names() {
		List<String> names = new ArrayList<>(List.of(this.target));
		for (Object argument : this.arguments) {
			if (argument instanceof Slot slot) {
				names.add(slot.name());
			}
		}
		return names;
	}

	/**
	 * Returns the text argument, such as a statement, or an empty string.
	 */
	String text() {
		return this.arguments.stream().filter(String.class::isInstance).map(String.class::cast).findFirst().orElse("");
	}

	/**
	 * Whether the driver cannot do without the server. It makes statements, and keeps
	 * settings of its own, without.
	 */
	boolean needsServer() {
		return !this.method.matches(
				"createStatement|prepare(Statement|Call)|create[A-Z].*|getCopyAPI|nativeSQL|addBatch|clear.*|close|unwrap|getMetaData"
						+ "|set(ReadOnly|TransactionIsolation|Schema|Catalog|Holdability|NetworkTimeout|ClientInfo)"
						+ "|is(ReadOnly|Closed)|get(AutoCommit|TransactionIsolation|Schema|Catalog|Holdability|NetworkTimeout"
						+ "|TypeMap|Warnings|ClientInfo|FetchSize)")
				&& !isOfStatement();
	}

	private boolean isOfStatement() {
		SlotType type = SlotType.of(this.target);
		return (type == SlotType.STATEMENT || type == SlotType.PREPARED || type == SlotType.CALLABLE) && !executes();
	}

	/**
	 * Whether the call executes something.
	 */
	boolean executes() {
		return this.method.matches("execute.*|(update|insert|delete|refresh)Row|copy.*|columnsOfTables|cancelled");
	}

	@Override
	public String toString() {
		String call = this.target + "." + this.method
				+ this.arguments.stream().map(Literals::toJava).collect(Collectors.joining(", ", "(", ")"));
		return (this.result != null) ? this.result + " = " + call : call;
	}

	/**
	 * Returns this call as a statement of Java.
	 */
	String toJava() {
		return ((this.result != null) ? SlotType.of(this.result).javaName() + " " : "") + this + ";";
	}

	/**
	 * The name of an object as an argument.
	 *
	 * @param name the name
	 */
	record Slot(String name) {

		@Override
		public String toString() {
			return this.name;
		}

	}

}

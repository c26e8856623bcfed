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

package io.github.replication.interceptor;

import java.lang.annotation.Annotation;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.util.ClassUtils;

import io.github.replication.Durability;
import io.github.replication.ReadOnly;
import io.github.replication.UsePrimary;

/**
 * Warns of methods whose annotation has no effect, because no proxy can stand before
 * them.
 */
final class UnreachableMethods {

	private static final Log logger = LogFactory.getLog(UnreachableMethods.class);

	private static final List<Class<? extends Annotation>> ANNOTATIONS = List.of(ReadOnly.class, UsePrimary.class,
			Durability.class);

	private final Set<Class<?>> seen = ConcurrentHashMap.newKeySet();

	/**
	 * Looks at a class of beans, once.
	 */
	void look(Class<?> type) {
		Class<?> userClass = ClassUtils.getUserClass(type);
		if (userClass.isInterface() || !this.seen.add(userClass)) {
			return;
		}
		for (Method method : userClass.getDeclaredMethods()) {
			String hindrance = hindrance(method);
			if (hindrance != null && !method.isSynthetic()) {
				annotations(method, userClass)
					.forEach((annotation) -> logger.warn("@" + annotation.getSimpleName() + " of "
							+ ClassUtils.getQualifiedMethodName(method, userClass) + " has no effect: the method is "
							+ hindrance + ", so that no proxy can intercept it. " + remedy(annotation)));
			}
		}
	}

	private static String remedy(Class<? extends Annotation> annotation) {
		String remedy = "Make it an instance method that can be overridden";
		return (annotation == Durability.class) ? remedy + "."
				: remedy + ", or use Replication.readOnly(...) or Replication.onPrimary(...) inside it.";
	}

	private static List<Class<? extends Annotation>> annotations(Method method, Class<?> type) {
		List<Class<? extends Annotation>> own = annotations(method);
		return (own.isEmpty() && isMeantByItsType(method)) ? annotations(type) : own;
	}

	private static List<Class<? extends Annotation>> annotations(AnnotatedElement element) {
		return ANNOTATIONS.stream()
			.filter((annotation) -> AnnotatedElementUtils.hasAnnotation(element, annotation))
			.toList();
	}

	/**
	 * Whether an annotation on the type is meant for this method: a public instance
	 * method without a transaction of its own.
	 */
	private static boolean isMeantByItsType(Method method) {
		int modifiers = method.getModifiers();
		return Modifier.isPublic(modifiers) && !Modifier.isStatic(modifiers)
				&& !AnnotatedElementUtils.hasAnnotation(method, Transactional.class);
	}

	private static @Nullable String hindrance(Method method) {
		int modifiers = method.getModifiers();
		if (Modifier.isPrivate(modifiers)) {
			return "private";
		}
		if (Modifier.isStatic(modifiers)) {
			return "static";
		}
		return Modifier.isFinal(modifiers) ? "final" : null;
	}

}

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

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.springframework.aop.support.AopUtils;
import org.springframework.core.GenericTypeResolver;
import org.springframework.core.MethodClassKey;
import org.springframework.core.annotation.AnnotationConfigurationException;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.core.annotation.MergedAnnotation;
import org.springframework.core.annotation.MergedAnnotations.SearchStrategy;
import org.springframework.core.annotation.MergedAnnotations;
import org.springframework.format.annotation.DurationFormat;
import org.springframework.format.datetime.standard.DurationFormatterUtils;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.util.ClassUtils;
import org.springframework.util.StringUtils;

import io.github.replication.Consistency;
import io.github.replication.Durability;
import io.github.replication.ReadOnly;
import io.github.replication.SynchronousCommit;
import io.github.replication.UsePrimary;

/**
 * Reads the annotations of methods, once for each. {@link ReadOnly}, {@link UsePrimary}
 * and {@link Transactional} are looked for together, in the order of Spring's search for
 * the transaction of a method. This order is the method, its type, the interface's
 * method, the interface. The first place with one of these annotations decides, and hides
 * the later places.
 */
final class RouteAttributeSource {

	private static final String JTA_TRANSACTIONAL = "jakarta.transaction.Transactional";

	/**
	 * The longest staleness; more could not be measured.
	 */
	private static final Duration LONGEST = Duration.ofDays(36_500);

	/**
	 * Room for the methods of most applications, all of which are looked at when it
	 * starts.
	 */
	private static final int INITIAL_CAPACITY = 4096;

	private final Map<MethodClassKey, Optional<RouteAttribute>> attributes = new ConcurrentHashMap<>(INITIAL_CAPACITY);

	/**
	 * Of methods that were called, with the names of their transactions.
	 */
	private final Map<MethodClassKey, Optional<RouteAttribute>> ofCalls = new ConcurrentHashMap<>();

	/**
	 * Of types, each of which is a place of all of its methods.
	 */
	private final Map<AnnotatedElement, Declaration> ofTypes = new ConcurrentHashMap<>();

	private final BiConsumer<String, String> onGroup;

	/**
	 * Creates a source.
	 * @param onGroup called with each group that a method asks for, and the method
	 */
	RouteAttributeSource(BiConsumer<String, String> onGroup) {
		this.onGroup = onGroup;
	}

	/**
	 * Whether a class is worth looking at.
	 */
	boolean isCandidateClass(Class<?> type) {
		return AnnotationUtils.isCandidateClass(type, List.of(ReadOnly.class, UsePrimary.class, Durability.class));
	}

	/**
	 * The attribute of a method that is called. Its unit has the name that Spring gives
	 * to the transaction, also if the target is a proxy itself, as a repository is.
	 * @param method the method as called
	 * @param target the bean, {@code null} if there is none
	 * @return the attribute, {@code null} if nothing about routing is declared
	 */
	@Nullable RouteAttribute getAttributeOfCall(Method method, @Nullable Object target) {
		if (target == null) {
			return getAttribute(method, null);
		}
		MethodClassKey key = new MethodClassKey(method, target.getClass());
		Optional<RouteAttribute> attribute = this.ofCalls.get(key);
		if (attribute == null) {
			String unit = ClassUtils.getQualifiedMethodName(method, AopUtils.getTargetClass(target));
			attribute = Optional.ofNullable(getAttribute(method, target.getClass()))
				.map((declared) -> declared.named(unit));
			this.ofCalls.put(key, attribute);
		}
		return attribute.orElse(null);
	}

	/**
	 * The attribute of a method.
	 * @param method the method as called
	 * @param targetClass the class of the bean
	 * @return the attribute, {@code null} if nothing about routing is declared
	 */
	@Nullable RouteAttribute getAttribute(Method method, @Nullable Class<?> targetClass) {
		MethodClassKey key = new MethodClassKey(method, targetClass);
		Optional<RouteAttribute> attribute = this.attributes.get(key);
		if (attribute == null) {
			attribute = Optional.ofNullable(find(method, targetClass));
			this.attributes.put(key, attribute);
		}
		return attribute.orElse(null);
	}

	private @Nullable RouteAttribute find(Method method, @Nullable Class<?> targetClass) {
		if (method.getDeclaringClass() == Object.class) {
			return null;
		}
		List<Declaration> declarations = places(method, targetClass).stream().map(this::declaration).toList();
		Declaration nearest = declarations.stream().filter(Declaration::isPresent).findFirst().orElse(null);
		SynchronousCommit durability = declarations.stream()
			.map(Declaration::durability)
			.filter(MergedAnnotation::isPresent)
			.findFirst()
			.map((annotation) -> annotation.getEnum(MergedAnnotation.VALUE, SynchronousCommit.class))
			.orElse(null);
		boolean routed = nearest != null && (nearest.usePrimary() || nearest.readOnly().isPresent());
		if (!routed && durability == null) {
			return null;
		}
		Propagation propagation = declarations.stream()
			.map(Declaration::transactional)
			.filter(MergedAnnotation::isPresent)
			.findFirst()
			.map((transactional) -> transactional.getEnum("propagation", Propagation.class))
			.orElse(Propagation.SUPPORTS);
		String unit = ClassUtils.getQualifiedMethodName(method, targetClass);
		if (nearest == null) {
			return new RouteAttribute(false, null, propagation, durability, unit);
		}
		RouteAttribute.Read read = read(nearest.readOnly(), returnsLate(method, targetClass), unit);
		return new RouteAttribute(nearest.usePrimary(), read, propagation, durability, unit);
	}

	private Declaration declaration(AnnotatedElement place) {
		return (place instanceof Class<?>) ? this.ofTypes.computeIfAbsent(place, Declaration::of)
				: Declaration.of(place);
	}

	private static List<AnnotatedElement> places(Method method, @Nullable Class<?> targetClass) {
		List<AnnotatedElement> places = new ArrayList<>(4);
		Method specific = AopUtils.getMostSpecificMethod(method, targetClass);
		boolean userLevel = ClassUtils.isUserLevelMethod(method);
		places.add(specific);
		if (userLevel) {
			places.add(specific.getDeclaringClass());
		}
		if (specific != method) {
			places.add(method);
			if (userLevel) {
				places.add(method.getDeclaringClass());
			}
		}
		return places;
	}

	/**
	 * Looks at the method as its caller sees it and at the method itself.
	 */
	private static boolean returnsLate(Method method, @Nullable Class<?> targetClass) {
		return Stream.of(method, AopUtils.getMostSpecificMethod(method, targetClass))
			.map((declared) -> GenericTypeResolver.resolveReturnType(declared,
					(targetClass != null) ? targetClass : declared.getDeclaringClass()))
			.anyMatch(LateResults::include);
	}

	private RouteAttribute.@Nullable Read read(MergedAnnotation<ReadOnly> annotation, boolean late, String unit) {
		if (!annotation.isPresent()) {
			return null;
		}
		String group = StringUtils.hasText(annotation.getString("group")) ? annotation.getString("group") : null;
		if (group != null) {
			this.onGroup.accept(group, unit);
		}
		return new RouteAttribute.Read(annotation.getEnum("consistency", Consistency.class),
				duration(annotation.getString("maxStaleness"), unit), group, retry(annotation, late));
	}

	private static RouteAttribute.Retry retry(MergedAnnotation<ReadOnly> annotation, boolean late) {
		if (!annotation.getBoolean("retry")) {
			return RouteAttribute.Retry.FORBIDDEN;
		}
		return late ? RouteAttribute.Retry.AS_PART : RouteAttribute.Retry.ALLOWED;
	}

	private static @Nullable Duration duration(String value, String unit) {
		if (!StringUtils.hasText(value)) {
			return null;
		}
		Duration duration = parse(value, unit);
		if (duration.isNegative()) {
			throw new AnnotationConfigurationException(invalidStaleness(value, unit));
		}
		return (duration.compareTo(LONGEST) < 0) ? duration : LONGEST;
	}

	private static Duration parse(String value, String unit) {
		try {
			return DurationFormatterUtils.detectAndParse(value, DurationFormat.Unit.MILLIS);
		}
		catch (IllegalArgumentException ex) {
			throw new AnnotationConfigurationException(invalidStaleness(value, unit), ex);
		}
	}

	private static String invalidStaleness(String value, String unit) {
		return "@ReadOnly(maxStaleness = \"" + value + "\") of " + unit
				+ " is not a duration of zero or more; write one such as \"500ms\", \"2s\" or \"1m\".";
	}

	/**
	 * The declarations in one place. Of annotations that a place inherits the nearest
	 * ones count.
	 */
	private record Declaration(boolean usePrimary, MergedAnnotation<ReadOnly> readOnly,
			MergedAnnotation<Transactional> transactional, MergedAnnotation<Durability> durability, boolean isPresent) {

		private static final Declaration NONE = new Declaration(false, MergedAnnotation.missing(),
				MergedAnnotation.missing(), MergedAnnotation.missing(), false);

		static Declaration of(AnnotatedElement place) {
			MergedAnnotations annotations = MergedAnnotations.from(place, SearchStrategy.TYPE_HIERARCHY);
			// most places have none at all, which one look at the hierarchy says
			return annotations.iterator().hasNext() ? of(annotations) : NONE;
		}

		private static Declaration of(MergedAnnotations annotations) {
			MergedAnnotation<UsePrimary> usePrimary = annotations.get(UsePrimary.class);
			MergedAnnotation<ReadOnly> readOnly = annotations.get(ReadOnly.class);
			MergedAnnotation<Transactional> transactional = annotations.get(Transactional.class);
			MergedAnnotation<?> jta = annotations.get(JTA_TRANSACTIONAL);
			int nearest = Math.min(Math.min(distance(usePrimary), distance(readOnly)),
					Math.min(distance(transactional), distance(jta)));
			return new Declaration(distance(usePrimary) == nearest && usePrimary.isPresent(),
					(distance(readOnly) == nearest) ? readOnly : MergedAnnotation.missing(), transactional,
					annotations.get(Durability.class), nearest != Integer.MAX_VALUE);
		}

		private static int distance(MergedAnnotation<?> annotation) {
			return annotation.isPresent() ? annotation.getAggregateIndex() : Integer.MAX_VALUE;
		}

	}

}

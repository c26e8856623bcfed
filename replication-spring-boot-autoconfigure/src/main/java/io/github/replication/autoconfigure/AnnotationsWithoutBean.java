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

package io.github.replication.autoconfigure;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurationPackages;
import org.springframework.core.io.Resource;
import org.springframework.core.io.support.ResourcePatternResolver;
import org.springframework.core.type.AnnotationMetadata;
import org.springframework.core.type.classreading.MetadataReaderFactory;
import org.springframework.core.type.classreading.SimpleMetadataReaderFactory;
import org.springframework.stereotype.Component;
import org.springframework.util.ClassUtils;

import io.github.replication.ReadOnly;
import io.github.replication.UsePrimary;

/**
 * Warns once of classes of the application with {@code @ReadOnly} or {@code @UsePrimary}
 * of which there is no bean, so that nothing looks at the annotations. A component may
 * have a reason to be left out, such as a profile, and does not count.
 *
 * @param beanFactory the beans
 * @param resources finds the classes
 */
record AnnotationsWithoutBean(ConfigurableListableBeanFactory beanFactory,
		ResourcePatternResolver resources) implements SmartInitializingSingleton {

	private static final Log logger = LogFactory.getLog(AnnotationsWithoutBean.class);

	private static final List<String> ANNOTATIONS = List.of(ReadOnly.class.getName(), UsePrimary.class.getName());

	@Override
	public void afterSingletonsInstantiated() {
		Set<String> classes = new TreeSet<>();
		if (AutoConfigurationPackages.has(this.beanFactory)) {
			AutoConfigurationPackages.get(this.beanFactory).forEach((name) -> classes.addAll(annotated(name)));
		}
		if (!classes.isEmpty()) {
			classes.removeAll(classesOfBeans());
		}
		if (!classes.isEmpty()) {
			logger.warn("@ReadOnly and @UsePrimary have no effect in " + classes
					+ ": there is no bean of these classes. Declare them as beans, or use Replication.readOnly(...) and"
					+ " Replication.onPrimary(...) in them.");
		}
	}

	private Set<String> annotated(String packageName) {
		Set<String> classes = new HashSet<>();
		MetadataReaderFactory readers = new SimpleMetadataReaderFactory(this.resources);
		try {
			for (Resource resource : this.resources.getResources(ResourcePatternResolver.CLASSPATH_ALL_URL_PREFIX
					+ ClassUtils.convertClassNameToResourcePath(packageName) + "/**/*.class")) {
				AnnotationMetadata type = readers.getMetadataReader(resource).getAnnotationMetadata();
				if (isAnnotated(type)) {
					classes.add(type.getClassName());
				}
			}
		}
		catch (IOException ex) {
			logger.debug("The classes of " + packageName + " cannot be read", ex);
		}
		return classes;
	}

	private static boolean isAnnotated(AnnotationMetadata type) {
		return type.isConcrete() && type.isIndependent() && !type.isAnnotated(Component.class.getName())
				&& ANNOTATIONS.stream()
					.anyMatch((annotation) -> type.hasAnnotation(annotation) || type.hasAnnotatedMethods(annotation));
	}

	private Set<String> classesOfBeans() {
		Set<String> classes = new HashSet<>();
		for (String name : this.beanFactory.getBeanDefinitionNames()) {
			Class<?> type = AutoProxyUtils.determineTargetClass(this.beanFactory, name);
			while (type != null && type != Object.class) {
				classes.add(ClassUtils.getUserClass(type).getName());
				type = type.getSuperclass();
			}
		}
		Arrays.stream(this.beanFactory.getSingletonNames())
			.map(this.beanFactory::getType)
			.filter((type) -> type != null)
			.forEach((type) -> classes.add(ClassUtils.getUserClass(type).getName()));
		return classes;
	}

}

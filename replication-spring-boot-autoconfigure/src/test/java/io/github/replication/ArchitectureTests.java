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

package io.github.replication;

import java.util.List;
import java.util.Set;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import com.tngtech.archunit.library.GeneralCodingRules;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaModifier.FINAL;
import static com.tngtech.archunit.core.domain.JavaModifier.SYNCHRONIZED;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.members;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * The rules that every class of the library keeps.
 */
@AnalyzeClasses(packagesOf = ReadOnly.class, importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	private static final String API = "io.github.replication";

	private static final String POSTGRES = API + ".postgres..";

	private static final String POSITION = API + ".position..";

	private static final String CALLER = API + ".caller..";

	private static final String STORE = API + ".store..";

	private static final String CACHE = API + ".cache..";

	private static final String MESSAGE = API + ".message..";

	private static final String NODE = API + ".node..";

	private static final String JDBC = API + ".jdbc..";

	private static final String HIBERNATE = API + ".hibernate..";

	private static final String WEB = API + ".web..";

	private static final String METRICS = API + ".metrics..";

	private static final String ACTUATE = API + ".actuate..";

	private static final String WIRING = API + ".autoconfigure..";

	/**
	 * The packages in the order of dependencies, each of which may depend on the ones
	 * before it. The wiring comes last.
	 */
	private static final List<String> DEPENDENCIES = List.of(API, POSTGRES, POSITION, CALLER, STORE, CACHE, HIBERNATE,
			MESSAGE, NODE, API + ".balance..", API + ".policy..", JDBC, API + ".interceptor..", WEB, METRICS, ACTUATE,
			WIRING);

	private static final Set<String> CLOCKS = Set.of("java.lang.System.currentTimeMillis", "java.lang.System.nanoTime",
			"java.time.Instant.now", "java.time.Clock.systemUTC", "java.time.Clock.systemDefaultZone",
			"java.time.LocalDateTime.now", "java.time.OffsetDateTime.now", "java.time.ZonedDateTime.now",
			"java.util.Date.<init>");

	@ArchTest
	static final ArchRule everyClassHasItsPlaceInTheOrder = classes().should()
		.resideInAnyPackage(DEPENDENCIES.toArray(String[]::new));

	@ArchTest
	static final ArchRule packagesDependOnlyOnThoseBelow = eachOnlyOnThoseBefore(DEPENDENCIES);

	@ArchTest
	static final ArchRule packagesHaveNoCycles = slices().matching("io.github.(**)").should().beFreeOfCycles();

	@ArchTest
	static final ArchRule servletTypesStayInWeb = noClasses().that()
		.resideOutsideOfPackages(WEB, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("jakarta.servlet..", "org.springframework.web..");

	@ArchTest
	static final ArchRule securityStaysInWeb = noClasses().that()
		.resideOutsideOfPackage(WEB)
		.should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.security..");

	@ArchTest
	static final ArchRule micrometerStaysInMetrics = noClasses().that()
		.resideOutsideOfPackages(METRICS, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("io.micrometer.core..", "io.micrometer.tracing..");

	@ArchTest
	static final ArchRule observationsStayWithMessagesAndMetrics = noClasses().that()
		.resideOutsideOfPackages(MESSAGE, METRICS, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.micrometer.observation..");

	@ArchTest
	static final ArchRule cachesStayInCache = noClasses().that()
		.resideOutsideOfPackages(CACHE, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.cache..");

	@ArchTest
	static final ArchRule hibernateStaysInItsPackage = noClasses().that()
		.resideOutsideOfPackages(HIBERNATE, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("org.hibernate..", "jakarta.persistence..");

	@ArchTest
	static final ArchRule contextPropagationStaysWithTheCaller = noClasses().that()
		.resideOutsideOfPackages(CALLER, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.micrometer.context..");

	@ArchTest
	static final ArchRule actuatorStaysInActuate = noClasses().that()
		.resideOutsideOfPackages(ACTUATE, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("org.springframework.boot.actuate..", "org.springframework.boot.health..");

	@ArchTest
	static final ArchRule redisStaysInStore = noClasses().that()
		.resideOutsideOfPackages(STORE, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("org.springframework.data.redis..", "io.lettuce..", "redis.clients..");

	@ArchTest
	static final ArchRule springBootStaysInWiringAndActuate = noClasses().that()
		.resideOutsideOfPackages(ACTUATE, WIRING)
		.should()
		.dependOnClassesThat()
		.resideInAPackage("org.springframework.boot..");

	@ArchTest
	static final ArchRule timeIsInjected = noClasses().that()
		.resideOutsideOfPackage(WIRING)
		.should()
		.accessTargetWhere(readingTheTime());

	@ArchTest
	static final ArchRule nobodySleeps = noClasses().should().accessTargetWhere(named("java.lang.Thread.sleep"));

	@ArchTest
	static final ArchRule noLockIsHeldForAWholeMethod = noMethods().that()
		.areDeclaredInClassesThat()
		.resideInAnyPackage(POSITION, STORE, CACHE, NODE, JDBC)
		.should()
		.haveModifier(SYNCHRONIZED)
		.because("a method of these packages may do I/O, and a virtual thread that waits for it keeps its carrier");

	@ArchTest
	static final ArchRule publicFieldsAreConstants = fields().that()
		.arePublic()
		.should()
		.beStatic()
		.andShould()
		.beFinal();

	@ArchTest
	static final ArchRule nodesHaveTheNamesOfTheField = members().should()
		.haveNameNotMatching("(?i).*(master|slave).*")
		.andShould()
		.beDeclaredInClassesThat()
		.haveNameNotMatching("(?i).*(master|slave).*");

	@ArchTest
	static final ArchRule autoConfigurationsArePublicAndFinal = classes().that()
		.areAnnotatedWith(AutoConfiguration.class)
		.should()
		.bePublic()
		.andShould()
		.haveModifier(FINAL)
		.andShould()
		.haveSimpleNameEndingWith("AutoConfiguration")
		.andShould()
		.resideInAPackage(WIRING)
		.allowEmptyShould(true);

	@ArchTest
	static final ArchRule otherConfigurationsArePackagePrivate = classes().that()
		.areAnnotatedWith(Configuration.class)
		.should()
		.bePackagePrivate()
		.allowEmptyShould(true);

	@ArchTest
	static final ArchRule beanMethodsArePackagePrivate = methods().that()
		.areAnnotatedWith(Bean.class)
		.should()
		.bePackagePrivate()
		.allowEmptyShould(true);

	@ArchTest
	static final ArchRule beanMethodsOfPostProcessorsAreStatic = methods().that()
		.areAnnotatedWith(Bean.class)
		.and()
		.haveRawReturnType(assignableTo(BeanPostProcessor.class).or(assignableTo(BeanFactoryPostProcessor.class)))
		.should()
		.beStatic()
		.allowEmptyShould(true);

	@ArchTest
	static final ArchRule dependenciesComeThroughConstructors = GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION;

	@ArchTest
	static final ArchRule exceptionsSayWhatFailed = GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;

	@ArchTest
	static final ArchRule nothingPrintsToTheConsole = GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

	private static ArchRule eachOnlyOnThoseBefore(List<String> packages) {
		LayeredArchitecture order = layeredArchitecture().consideringOnlyDependenciesInLayers()
			.withOptionalLayers(true);
		for (String name : packages) {
			order = order.layer(name).definedBy(name);
		}
		for (int i = 0; i < packages.size(); i++) {
			String[] below = packages.subList(0, i).toArray(String[]::new);
			order = (i == 0) ? order.whereLayer(packages.get(i)).mayNotAccessAnyLayer()
					: order.whereLayer(packages.get(i)).mayOnlyAccessLayers(below);
		}
		return order;
	}

	private static DescribedPredicate<JavaAccess<?>> readingTheTime() {
		return describe("the time is read", (access) -> CLOCKS.contains(target(access)));
	}

	private static DescribedPredicate<JavaAccess<?>> named(String name) {
		return describe("the target is " + name, (access) -> name.equals(target(access)));
	}

	private static String target(JavaAccess<?> access) {
		return access.getTargetOwner().getName() + "." + access.getTarget().getName();
	}

}

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

package io.github.replication.test;

import java.util.List;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import com.tngtech.archunit.library.GeneralCodingRules;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import io.github.replication.test.proof.ProofConfiguration;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.members;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

/**
 * The rules of the library that hold for the test kit as well.
 */
@AnalyzeClasses(packages = ArchitectureTests.KIT, importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTests {

	static final String KIT = "io.github.replication.test";

	/**
	 * Each package may depend on the ones before it.
	 */
	private static final List<String> PACKAGES = List.of(KIT + ".balance..", KIT + ".routing..", KIT,
			KIT + ".containers..", KIT + ".proof..", KIT + ".autoconfigure..");

	@ArchTest
	static final ArchRule everyClassHasItsPlace = classes().should()
		.resideInAnyPackage(PACKAGES.toArray(String[]::new));

	@ArchTest
	static final ArchRule packagesDependOnlyOnThoseBefore = eachOnlyOnThoseBefore();

	@ArchTest
	static final ArchRule packagesHaveNoCycles = slices().matching("io.github.(**)").should().beFreeOfCycles();

	@ArchTest
	static final ArchRule containersStayInTheirPackage = noClasses().that()
		.resideOutsideOfPackage(KIT + ".containers..")
		.should()
		.dependOnClassesThat()
		.resideInAnyPackage("org.testcontainers..", "org.springframework.boot.testcontainers..");

	@ArchTest
	static final ArchRule wiringOfTheLibraryIsNotUsed = noClasses().that()
		.resideOutsideOfPackages(KIT + ".autoconfigure..", KIT + ".containers..", KIT + ".proof..")
		.should()
		.dependOnClassesThat()
		.resideInAPackage("io.github.replication.autoconfigure..");

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
		.haveModifier(JavaModifier.FINAL)
		.andShould()
		.haveSimpleNameEndingWith("AutoConfiguration");

	@ArchTest
	static final ArchRule configurationsThatNobodyImportsArePackagePrivate = classes().that()
		.areAnnotatedWith(Configuration.class)
		.and()
		.areNotAssignableTo(ProofConfiguration.class)
		.should()
		.bePackagePrivate()
		.allowEmptyShould(true);

	@ArchTest
	static final ArchRule beanMethodsArePackagePrivate = methods().that()
		.areAnnotatedWith(Bean.class)
		.should()
		.bePackagePrivate();

	@ArchTest
	static final ArchRule dependenciesComeThroughConstructors = GeneralCodingRules.NO_CLASSES_SHOULD_USE_FIELD_INJECTION;

	@ArchTest
	static final ArchRule exceptionsSayWhatFailed = GeneralCodingRules.NO_CLASSES_SHOULD_THROW_GENERIC_EXCEPTIONS;

	@ArchTest
	static final ArchRule nothingPrintsToTheConsole = GeneralCodingRules.NO_CLASSES_SHOULD_ACCESS_STANDARD_STREAMS;

	private static LayeredArchitecture eachOnlyOnThoseBefore() {
		LayeredArchitecture order = layeredArchitecture().consideringOnlyDependenciesInLayers()
			.withOptionalLayers(true);
		for (String name : PACKAGES) {
			order = order.layer(name).definedBy(name);
		}
		for (int i = 0; i < PACKAGES.size(); i++) {
			String[] before = PACKAGES.subList(0, i).toArray(String[]::new);
			order = (i == 0) ? order.whereLayer(PACKAGES.get(i)).mayNotAccessAnyLayer()
					: order.whereLayer(PACKAGES.get(i)).mayOnlyAccessLayers(before);
		}
		return order;
	}

}

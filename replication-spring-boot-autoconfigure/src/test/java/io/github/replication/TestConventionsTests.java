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

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.platform.commons.annotation.Testable;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

/**
 * The rules that the tests themselves keep.
 */
@AnalyzeClasses(packagesOf = ReadOnly.class, importOptions = ImportOption.OnlyIncludeTests.class)
class TestConventionsTests {

	@ArchTest
	static final ArchRule testClassesAreNamedSoThatTheBuildRunsThem = classes().that(haveTests())
		.and()
		.doNotHaveModifier(ABSTRACT)
		.should()
		.haveNameMatching(".*Tests(\\$.*)?");

	@ArchTest
	static final ArchRule testClassesArePackagePrivate = classes().that(haveTests())
		.and()
		.doNotHaveModifier(ABSTRACT)
		.should()
		.bePackagePrivate();

	@ArchTest
	static final ArchRule nobodySleeps = noClasses().should().accessTargetWhere(sleeping());

	private static DescribedPredicate<JavaClass> haveTests() {
		return describe("have tests",
				(type) -> type.getAllMembers()
					.stream()
					.anyMatch((member) -> member.isMetaAnnotatedWith(Testable.class)));
	}

	private static DescribedPredicate<JavaAccess<?>> sleeping() {
		return describe("a thread sleeps", (access) -> access.getTargetOwner().isEquivalentTo(Thread.class)
				&& access.getTarget().getName().equals("sleep"));
	}

}

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

package io.github.replication.test.containers;

import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.ImageNameSubstitutor;

/**
 * Lets the tests run on the image that the system property {@code containers.image}
 * names, in the place of the official one. Public, because Testcontainers creates it.
 */
public class ImageUnderTest extends ImageNameSubstitutor {

	@Override
	public DockerImageName apply(DockerImageName original) {
		return DockerImageName.parse(System.getProperty("containers.image", original.asCanonicalNameString()))
			.asCompatibleSubstituteFor(original);
	}

	@Override
	protected String getDescription() {
		return "the image under test";
	}

}

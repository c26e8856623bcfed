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

package io.github.replication.cache;

import java.util.function.BiPredicate;
import java.util.function.Supplier;

import org.springframework.cache.Cache;

import io.github.replication.store.PositionStore;

/**
 * Which caches the instances of an application share, and what they share besides.
 *
 * @param caches whether instances share a cache of that name
 * @param store keeps the watermarks of shared caches, in bounded time; asked for at the
 * first shared cache
 * @param instance a name that no other instance has, of at most 16 letters and digits
 * @since 0.1.0
 */
public record CacheSharing(BiPredicate<String, Cache> caches, Supplier<PositionStore> store, String instance) {

}

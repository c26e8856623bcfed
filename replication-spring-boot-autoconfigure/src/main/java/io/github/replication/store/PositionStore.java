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

package io.github.replication.store;

import java.time.Duration;
import java.util.Collection;

/**
 * Remembers the positions of users from one request to the next, so that a user without a
 * cookie, or on another device, still reads the earlier writes.
 *
 * <p>
 * A position is kept as a token, which the store does not understand: printable ASCII,
 * 200 characters at most, equal if its characters are. Not every two tokens have an
 * order: neither of two positions on different timelines is the later one, for example.
 * So there is no single latest token to keep, and a store that cannot compare must not
 * choose. It keeps a set for each user instead, and <em>all members together</em> are the
 * user's required position.
 *
 * <p>
 * A request first {@linkplain #find finds} the kept tokens, then {@linkplain #put puts}
 * one token in exchange for exactly the tokens found. The new token covers them and the
 * writes of the request. A token that a parallel request has put in the meantime stays.
 * The set is therefore an atomic maximum: nothing leaves it before something at least as
 * late is in it, in any order of finds and puts.
 *
 * <p>
 * A set is as large as the number of parallel requests of one user, since each takes away
 * the tokens that the earlier ones left. There is no other limit: to drop a token of
 * unknown meaning could be to forget a write. Instead every token has a life of its own,
 * from the moment it was put, and goes when that is over unless it is put again. Only a
 * caller that puts and never finds makes a set grow, by a token each time until the
 * tokens expire.
 *
 * <p>
 * Users are distinguished by their names alone, of any characters, and case counts. The
 * evictions of caches that instances share are kept in the same way, as if each cache and
 * each of its keys were a user. Their names begin with the control character U+001F, and
 * are at most 230 characters longer than the name of the cache. A user whose name begins
 * with that character has it twice here. Other users have the name that they log in with.
 *
 * <p>
 * All methods may be called by any number of threads at a time. No argument may be
 * {@code null}, nor is a result.
 *
 * <p>
 * A store fails with the exception of the system behind it, and need not hide or log it.
 * Its caller goes on as if nothing were remembered and never lets a request fail for it.
 * A {@code put} that failed may still have happened; to repeat it does no harm.
 *
 * @since 0.1.0
 */
public interface PositionStore {

	/**
	 * Finds the tokens of a user whose life is not over.
	 * @param user the name of the user
	 * @return the tokens in no order and each of them once, empty if there are none; a
	 * snapshot, which later puts do not change
	 */
	Collection<String> find(String user);

	/**
	 * Adds a token for a user and forgets the tokens it replaces, in one atomic step: no
	 * call finds the user without either. Other tokens of the user stay as they are, with
	 * the life they have.
	 * @param user the name of the user
	 * @param token the token to keep; if it is kept already, or is itself among the
	 * replaced ones, it stays and its life is extended, never shortened
	 * @param replaced the tokens which the request has found and which the new one
	 * covers, possibly none; tokens not kept any more are ignored
	 * @param timeToLive how long the token lives from now, more than zero; a fraction
	 * finer than the clock of the store is rounded up
	 * @throws IllegalArgumentException if the time to live is zero or negative
	 */
	void put(String user, String token, Collection<String> replaced, Duration timeToLive);

}

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

import java.lang.reflect.Field;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.cache.Cache;
import org.springframework.cache.CacheManager;
import org.springframework.cglib.core.SpringNamingPolicy;
import org.springframework.cglib.proxy.Callback;
import org.springframework.cglib.proxy.CallbackFilter;
import org.springframework.cglib.proxy.Dispatcher;
import org.springframework.cglib.proxy.Enhancer;
import org.springframework.cglib.proxy.Factory;
import org.springframework.cglib.proxy.MethodInterceptor;
import org.springframework.core.NativeDetector;
import org.springframework.objenesis.SpringObjenesis;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * Puts protected caches, and managers that hand them out, in the place of others.
 * Applications inject a manager by its class, and libraries look at the class of a cache,
 * such as its metrics. Therefore the stand-in is of a subclass, calls to methods that are
 * not protected go to the object behind it, and final methods find its fields copied.
 * Where no subclass is possible, since the class is final, it has all of its interfaces.
 */
final class CacheProxies {

	private static final Log logger = LogFactory.getLog(CacheProxies.class);

	private static final SpringObjenesis objenesis = new SpringObjenesis();

	private static final int TARGET = 0;

	private CacheProxies() {
	}

	/**
	 * Whether an object is a stand-in already.
	 */
	static boolean isProtected(Object object) {
		if (object instanceof ProtectedCache || object instanceof ProtectedCacheManager) {
			return true;
		}
		if (object instanceof Factory factory) {
			return factory.getCallback(TARGET) instanceof Target;
		}
		return Proxy.isProxyClass(object.getClass()) && Proxy.getInvocationHandler(object) instanceof Handler;
	}

	/**
	 * A stand-in for a cache.
	 * @param cache the protected cache
	 */
	static Cache of(ProtectedCache cache) {
		Map<String, MethodInterceptor> methods = new HashMap<>();
		methods.put("get(Object)", (proxy, method, args, original) -> cache.get(args[0]));
		methods.put("get(Object,Class)", (proxy, method, args, original) -> cache.get(args[0], (Class<?>) args[1]));
		methods.put("get(Object,Callable)",
				(proxy, method, args, original) -> cache.get(args[0], (Callable<?>) args[1]));
		methods.put("retrieve(Object)", (proxy, method, args, original) -> cache.retrieve(args[0]));
		methods.put("retrieve(Object,Supplier)",
				(proxy, method, args, original) -> cache.retrieve(args[0], supplier(args[1])));
		methods.put("put(Object,Object)", (proxy, method, args, original) -> {
			cache.put(args[0], args[1]);
			return null;
		});
		methods.put("putIfAbsent(Object,Object)",
				(proxy, method, args, original) -> cache.putIfAbsent(args[0], args[1]));
		methods.put("evict(Object)", (proxy, method, args, original) -> {
			cache.evict(args[0]);
			return null;
		});
		methods.put("evictIfPresent(Object)", (proxy, method, args, original) -> cache.evictIfPresent(args[0]));
		methods.put("clear()", (proxy, method, args, original) -> {
			cache.clear();
			return null;
		});
		methods.put("clear(String)", (proxy, method, args, original) -> {
			cache.announceAll();
			return ReflectionUtils.invokeMethod(method, cache.target(), args);
		});
		methods.put("invalidate()", (proxy, method, args, original) -> cache.invalidate());
		methods.put("equals(Object)", (proxy, method, args, original) -> proxy == args[0]);
		return (Cache) standIn(cache.target(), cache, Cache.class, methods);
	}

	@SuppressWarnings("unchecked")
	private static <T> Supplier<CompletableFuture<T>> supplier(Object supplier) {
		return (Supplier<CompletableFuture<T>>) supplier;
	}

	/**
	 * A stand-in for a manager of caches.
	 * @param manager the protected manager
	 */
	static CacheManager of(ProtectedCacheManager manager) {
		Map<String, MethodInterceptor> methods = new HashMap<>();
		methods.put("getCache(String)", (proxy, method, args, original) -> manager.getCache((String) args[0]));
		methods.put("resetCaches()", (proxy, method, args, original) -> {
			manager.resetCaches();
			return null;
		});
		methods.put("equals(Object)", (proxy, method, args, original) -> proxy == args[0]);
		return (CacheManager) standIn(manager.target(), manager, CacheManager.class, methods);
	}

	private static Object standIn(Object target, Object plain, Class<?> type, Map<String, MethodInterceptor> methods) {
		if (NativeDetector.inNativeImage()) {
			return plain;
		}
		Class<?> superclass = superclass(target);
		if (superclass != null) {
			try {
				return subclass(target, superclass, methods);
			}
			catch (RuntimeException | LinkageError ex) {
				logger.debug("There can be no subclass of " + superclass, ex);
			}
		}
		logger.info("A stand-in for the " + type.getSimpleName() + " of " + target.getClass()
				+ " cannot be of its class. It can be injected and cast by its interfaces only. To leave caches as they"
				+ " are, set replication.read-your-writes.caches=false.");
		return Proxy.newProxyInstance(type.getClassLoader(), ClassUtils.getAllInterfaces(target),
				new Handler(target, methods));
	}

	private static @Nullable Class<?> superclass(Object target) {
		Class<?> type = ClassUtils.getUserClass(target);
		return (Proxy.isProxyClass(type) || Modifier.isFinal(type.getModifiers())
				|| Modifier.isPrivate(type.getModifiers()) || type.isHidden() || type.isRecord()) ? null : type;
	}

	private static Object subclass(Object target, Class<?> superclass, Map<String, MethodInterceptor> methods) {
		String[] names = methods.keySet().toArray(String[]::new);
		Callback[] callbacks = new Callback[names.length + 1];
		Class<?>[] types = new Class<?>[callbacks.length];
		callbacks[TARGET] = new Target(target);
		types[TARGET] = Dispatcher.class;
		for (int i = 0; i < names.length; i++) {
			callbacks[i + 1] = methods.get(names[i]);
			types[i + 1] = MethodInterceptor.class;
		}
		Enhancer enhancer = new Enhancer();
		enhancer.setSuperclass(superclass);
		enhancer.setClassLoader(superclass.getClassLoader());
		enhancer.setNamingPolicy(SpringNamingPolicy.INSTANCE);
		enhancer.setCallbackTypes(types);
		enhancer.setCallbackFilter(new Methods(List.of(names)));
		Class<?> type = enhancer.createClass();
		Object standIn = objenesis.newInstance(type, false);
		((Factory) standIn).setCallbacks(callbacks);
		copyFields(target, standIn, superclass);
		return standIn;
	}

	/**
	 * Copies the fields for the sake of methods that cannot be overridden.
	 */
	private static void copyFields(Object source, Object copy, Class<?> type) {
		for (Class<?> each = type; each != null && each != Object.class; each = each.getSuperclass()) {
			for (Field field : each.getDeclaredFields()) {
				if (!Modifier.isStatic(field.getModifiers())) {
					ReflectionUtils.makeAccessible(field);
					ReflectionUtils.setField(field, copy, ReflectionUtils.getField(field, source));
				}
			}
		}
	}

	private static String signature(Method method) {
		StringBuilder signature = new StringBuilder(method.getName()).append('(');
		for (Class<?> parameter : method.getParameterTypes()) {
			signature.append((signature.charAt(signature.length() - 1) != '(') ? "," : "")
				.append(parameter.getSimpleName());
		}
		return signature.append(')').toString();
	}

	/**
	 * The object behind a stand-in.
	 *
	 * @param target the object
	 */
	private record Target(Object target) implements Dispatcher {

		@Override
		public Object loadObject() {
			return this.target;
		}

	}

	/**
	 * Finds the callback of a method. Equal for equal methods, so that classes are
	 * reused.
	 *
	 * @param names the signatures of the methods that the target does not serve
	 */
	private record Methods(List<String> names) implements CallbackFilter {

		@Override
		public int accept(Method method) {
			return this.names.indexOf(signature(method)) + 1;
		}

	}

	/**
	 * Handles the calls of a stand-in that has interfaces alone.
	 *
	 * @param target the object behind it
	 * @param methods the methods that the target does not serve
	 */
	private record Handler(Object target, Map<String, MethodInterceptor> methods) implements InvocationHandler {

		@Override
		@SuppressWarnings("NullAway")
		public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] args) throws Throwable {
			MethodInterceptor own = this.methods.get(signature(method));
			try {
				return (own != null) ? own.intercept(proxy, method, args, null) : method.invoke(this.target, args);
			}
			catch (InvocationTargetException ex) {
				throw ex.getTargetException();
			}
		}

	}

}

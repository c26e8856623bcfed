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

package io.github.replication.compatibility.integrations;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import javax.sql.DataSource;

import jakarta.persistence.CascadeType;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.EntityManagerFactory;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.LockModeType;
import jakarta.persistence.ManyToOne;
import jakarta.persistence.OneToMany;
import jakarta.persistence.Version;
import org.apache.ibatis.annotations.Insert;
import org.apache.ibatis.annotations.Mapper;
import org.apache.ibatis.annotations.Options;
import org.apache.ibatis.annotations.Select;
import org.apache.ibatis.annotations.Update;
import org.apache.ibatis.cursor.Cursor;
import org.apache.ibatis.session.ExecutorType;
import org.apache.ibatis.session.SqlSession;
import org.apache.ibatis.session.SqlSessionFactory;
import org.awaitility.Awaitility;
import org.flywaydb.core.Flyway;
import org.jooq.DSLContext;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.mybatis.spring.annotation.MapperScan;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobDetail;
import org.quartz.JobExecutionContext;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.Trigger;
import org.quartz.TriggerBuilder;
import org.quartz.TriggerKey;

import org.springframework.batch.core.job.JobExecution;
import org.springframework.batch.core.job.parameters.JobParametersBuilder;
import org.springframework.batch.core.launch.JobOperator;
import org.springframework.batch.core.repository.JobRepository;
import org.springframework.batch.core.step.builder.StepBuilder;
import org.springframework.batch.infrastructure.item.database.builder.JdbcBatchItemWriterBuilder;
import org.springframework.batch.infrastructure.item.database.builder.JdbcCursorItemReaderBuilder;
import org.springframework.batch.infrastructure.repeat.RepeatStatus;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.orm.jpa.EntityManagerHolder;
import org.springframework.session.FindByIndexNameSessionRepository;
import org.springframework.session.Session;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

import io.github.replication.compatibility.integrations.Application.Feature;
import io.github.replication.test.EmbeddedCluster;
import io.github.replication.test.PostgresCluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Records what integrations call while they run on the application's pool alone. Runs
 * with {@code -Dtwin.recordings=<folder>} alone; the recordings are kept among the test
 * resources of the module for test support, whose twin test replays them.
 */
@EmbeddedCluster(replicas = 1, dedicated = true)
@EnabledIfSystemProperty(named = "twin.recordings", matches = ".+",
		disabledReason = "it writes test resources: -Dtwin.recordings=<folder>")
class RecordingTests {

	@Test
	void hibernateWithOpenInView(PostgresCluster cluster) {
		record(cluster, "hibernate",
				Application.on(cluster)
					.with(Feature.JPA)
					.with("spring.jpa.hibernate.ddl-auto", "create")
					.with("spring.jpa.properties.hibernate.jdbc.batch_size", "3"),
				HibernateConfig.class, RecordingTests::openInView);
	}

	private static void openInView(Application application) {
		EntityManagerFactory factory = application.bean(EntityManagerFactory.class);
		EntityManager entities = factory.createEntityManager();
		TransactionSynchronizationManager.bindResource(factory, new EntityManagerHolder(entities));
		try {
			TransactionTemplate read = transaction(application, true, TransactionDefinition.PROPAGATION_REQUIRED);
			TransactionTemplate write = transaction(application, false, TransactionDefinition.PROPAGATION_REQUIRED);
			TransactionTemplate inner = transaction(application, false, TransactionDefinition.PROPAGATION_REQUIRES_NEW);
			read.execute((status) -> entities.createQuery("from Author", Author.class).getResultList());
			write.executeWithoutResult((status) -> {
				Author author = new Author("Doyle");
				for (int i = 1; i <= 4; i++) {
					author.books.add(new Book(author, "Book " + i));
				}
				entities.persist(author);
			});
			entities.clear();
			Author found = read
				.execute((status) -> entities.createQuery("from Author", Author.class).getSingleResult());
			assertThat(found.books).hasSize(4);
			write.executeWithoutResult((status) -> {
				entities.find(Author.class, found.id, LockModeType.PESSIMISTIC_WRITE).name = "Conan Doyle";
				inner.executeWithoutResult((nested) -> factory.createEntityManager().close());
			});
			assertThatException().isThrownBy(() -> write.executeWithoutResult((status) -> {
				entities.createNativeQuery("insert into author (id, version, name) values (:id, 0, 'again')")
					.setParameter("id", found.id)
					.executeUpdate();
			}));
			write.executeWithoutResult((status) -> {
				entities.remove(entities.find(Book.class, found.id));
				entities.flush();
				status.setRollbackOnly();
			});
			entities.clear();
			read.executeWithoutResult((status) -> assertThat(entities.createQuery("from Book order by id", Book.class)
				.setMaxResults(2)
				.getResultStream()
				.count()).isEqualTo(2));
			assertThat(entities.createQuery("select count(b) from Book b", Long.class).getSingleResult()).isEqualTo(4);
			write.executeWithoutResult((status) -> entities.createQuery("delete from Book").executeUpdate());
			read.execute((status) -> entities.createQuery("from Book", Book.class).getResultList());
		}
		finally {
			TransactionSynchronizationManager.unbindResource(factory);
			entities.close();
		}
	}

	private static TransactionTemplate transaction(Application application, boolean readOnly, int propagation) {
		TransactionTemplate template = new TransactionTemplate(application.bean(PlatformTransactionManager.class));
		template.setReadOnly(readOnly);
		template.setPropagationBehavior(propagation);
		return template;
	}

	@Test
	void springBatch(PostgresCluster cluster) {
		record(cluster, "batch",
				Application.on(cluster)
					.with(Feature.BATCH)
					.with("spring.batch.job.enabled", "false")
					.with("spring.batch.jdbc.initialize-schema", "always"),
				BatchConfig.class, RecordingTests::job);
	}

	private static void job(Application application) {
		application.jdbc().execute("CREATE TABLE source (id int PRIMARY KEY, name text)");
		application.jdbc().execute("CREATE TABLE target (id int PRIMARY KEY, name text)");
		application.jdbc().execute("INSERT INTO source SELECT i, 'name ' || i FROM generate_series(1, 7) i");
		JobOperator operator = application.bean(JobOperator.class);
		org.springframework.batch.core.job.Job job = application.bean(org.springframework.batch.core.job.Job.class);
		try {
			JobExecution failed = operator.start(job, new JobParametersBuilder().addLong("run", 1L).toJobParameters());
			assertThat(failed.getExitStatus().getExitCode()).isEqualTo("FAILED");
			JobExecution restarted = operator.restart(failed);
			assertThat(restarted.getExitStatus().getExitCode()).isEqualTo("COMPLETED");
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void quartz(PostgresCluster cluster) {
		record(cluster, "quartz",
				Application.on(cluster)
					.with(Feature.QUARTZ)
					.with("spring.quartz.job-store-type", "jdbc")
					.with("spring.quartz.jdbc.initialize-schema", "always")
					.with("spring.quartz.properties.org.quartz.scheduler.instanceId", "one")
					.with("spring.quartz.properties.org.quartz.jobStore.isClustered", "true")
					.with("spring.quartz.properties.org.quartz.jobStore.driverDelegateClass",
							"org.quartz.impl.jdbcjobstore.PostgreSQLDelegate")
					.with("spring.quartz.properties.org.quartz.threadPool.threadCount", "1"),
				QuartzConfig.class, RecordingTests::schedule);
	}

	private static void schedule(Application application) {
		Scheduler scheduler = application.bean(Scheduler.class);
		CountingJob.runs.set(0);
		try {
			JobDetail job = JobBuilder.newJob(CountingJob.class)
				.withIdentity("job")
				.usingJobData("some", "data")
				.storeDurably()
				.build();
			Trigger trigger = TriggerBuilder.newTrigger()
				.withIdentity("trigger")
				.withSchedule(SimpleScheduleBuilder.simpleSchedule().withIntervalInMilliseconds(300).withRepeatCount(2))
				.build();
			scheduler.scheduleJob(job, trigger);
			Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> CountingJob.runs.get() == 3);
			scheduler.pauseJob(new JobKey("job"));
			scheduler.scheduleJob(TriggerBuilder.newTrigger()
				.withIdentity("later")
				.forJob("job")
				.withSchedule(SimpleScheduleBuilder.repeatHourlyForever())
				.startAt(new java.util.Date(System.currentTimeMillis() + 3_600_000))
				.build());
			scheduler.resumeAll();
			scheduler.unscheduleJob(new TriggerKey("later"));
			scheduler.deleteJob(new JobKey("job"));
		}
		catch (org.quartz.SchedulerException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void flyway(PostgresCluster cluster) {
		record(cluster, "flyway",
				Application.on(cluster)
					.with(Feature.FLYWAY)
					.with("spring.flyway.locations", "classpath:recording")
					.with("spring.flyway.baseline-on-migrate", "true"),
				FlywayConfig.class, (application) -> {
					Flyway flyway = application.bean(Flyway.class);
					assertThat(flyway.info().applied()).hasSize(4);
					flyway.validate();
					flyway.repair();
					assertThat(flyway.migrate().migrationsExecuted).isZero();
				});
	}

	@Test
	void springSession(PostgresCluster cluster) {
		record(cluster, "session",
				Application.on(cluster)
					.with(Feature.SESSION)
					.with("spring.session.jdbc.initialize-schema", "always")
					.web(),
				SessionConfig.class, (application) -> {
					sessions((FindByIndexNameSessionRepository<?>) application
						.bean(FindByIndexNameSessionRepository.class));
				});
	}

	private static <S extends Session> void sessions(FindByIndexNameSessionRepository<S> sessions) {
		S session = sessions.createSession();
		session.setAttribute("name", "value");
		session.setAttribute(FindByIndexNameSessionRepository.PRINCIPAL_NAME_INDEX_NAME, "alice");
		sessions.save(session);
		S found = sessions.findById(session.getId());
		found.setAttribute("name", "other");
		found.removeAttribute("nothing");
		found.setLastAccessedTime(found.getLastAccessedTime().plusSeconds(1));
		sessions.save(found);
		String old = found.getId();
		found.changeSessionId();
		sessions.save(found);
		assertThat(sessions.findById(old)).isNull();
		assertThat(sessions.findByPrincipalName("alice")).hasSize(1);
		found.removeAttribute("name");
		sessions.save(found);
		sessions.deleteById(found.getId());
		assertThat(sessions.findById(found.getId())).isNull();
	}

	@Test
	void jooq(PostgresCluster cluster) {
		record(cluster, "jooq", Application.on(cluster).with(Feature.JOOQ), JooqConfig.class, (application) -> {
			DSLContext jooq = application.bean(DSLContext.class);
			var table = DSL.table(DSL.name("jooq_note"));
			var id = DSL.field(DSL.name("id"), SQLDataType.INTEGER.identity(true));
			var text = DSL.field(DSL.name("text"), SQLDataType.VARCHAR(100));
			jooq.createTable(table).column(id).column(text).primaryKey(id).execute();
			assertThat(jooq.insertInto(table, text).values("one").returningResult(id).fetchOne().value1()).isEqualTo(1);
			jooq.transaction((outer) -> {
				outer.dsl().insertInto(table, text).values("two").execute();
				assertThatException().isThrownBy(() -> outer.dsl().transaction((nested) -> {
					nested.dsl().insertInto(table, text).values("three").execute();
					throw new IllegalStateException("rolled back to the savepoint");
				}));
				outer.dsl()
					.transaction((nested) -> nested.dsl().update(table).set(text, "2").where(id.eq(2)).execute());
			});
			jooq.batch(jooq.insertInto(table, text).values("x")).bind("four").bind("five").execute();
			jooq.batch(jooq.query("update jooq_note set text = 'y' where id = 1"), jooq.query("select 1")).execute();
			try (var cursor = jooq.selectFrom(table).orderBy(id).fetchSize(2).fetchLazy()) {
				assertThat(cursor.fetchNext()).isNotNull();
				assertThat(cursor.fetchNext(2)).hasSize(2);
			}
			assertThatException().isThrownBy(() -> jooq.insertInto(table, id, text).values(1, "again").execute());
			assertThat(jooq.fetchCount(table)).isEqualTo(4);
			assertThat(jooq.fetchMany("select 1; select 2")).hasSize(2);
			transaction(application, true, TransactionDefinition.PROPAGATION_REQUIRED)
				.executeWithoutResult((status) -> assertThat(jooq.fetchCount(table)).isEqualTo(4));
			jooq.deleteFrom(table).where(id.in(1, 2)).execute();
		});
	}

	@Test
	void mybatis(PostgresCluster cluster) {
		record(cluster, "mybatis", Application.on(cluster), MybatisConfig.class, (application) -> {
			application.jdbc().execute("CREATE TABLE mybatis_note (id serial PRIMARY KEY, text text)");
			NoteMapper notes = application.bean(NoteMapper.class);
			RecordedNote note = new RecordedNote();
			note.setText("one");
			notes.insert(note);
			assertThat(note.getId()).isEqualTo(1);
			TransactionTemplate write = transaction(application, false, TransactionDefinition.PROPAGATION_REQUIRED);
			write.executeWithoutResult((status) -> {
				notes.update(1, "1");
				assertThat(notes.find(1)).isEqualTo("1");
				status.setRollbackOnly();
			});
			transaction(application, true, TransactionDefinition.PROPAGATION_REQUIRED)
				.executeWithoutResult((status) -> {
					try (Cursor<RecordedNote> all = notes.all()) {
						assertThat(all).hasSize(1);
					}
					catch (java.io.IOException ex) {
						throw new IllegalStateException(ex);
					}
				});
			try (SqlSession session = application.bean(SqlSessionFactory.class).openSession(ExecutorType.BATCH)) {
				for (int i = 2; i <= 4; i++) {
					RecordedNote next = new RecordedNote();
					next.setText("note " + i);
					session.getMapper(NoteMapper.class).insert(next);
				}
				session.getMapper(NoteMapper.class).update(2, "two");
				session.flushStatements();
				session.commit();
			}
			try (SqlSession session = application.bean(SqlSessionFactory.class).openSession(ExecutorType.REUSE)) {
				session.getMapper(NoteMapper.class).update(3, "three");
				session.getMapper(NoteMapper.class).find(3);
				session.getMapper(NoteMapper.class).find(4);
				session.rollback();
			}
		});
	}

	private static void record(PostgresCluster cluster, String name, Application.Builder builder,
			Class<?> configuration, Consumer<Application> work) {
		cluster.replicas().forEach((replica) -> builder.without("replication.replicas." + replica.name() + ".url"));
		JdbcRecorder recorder = RecorderConfig.begin();
		try (Application application = builder.start(RecorderConfig.class, configuration)) {
			work.accept(application);
		}
		recorder.write(Path.of(System.getProperty("twin.recordings"), name + ".txt"));
	}

	@Configuration(proxyBeanMethods = false)
	static class RecorderConfig {

		private static JdbcRecorder current = new JdbcRecorder();

		static JdbcRecorder begin() {
			current = new JdbcRecorder();
			return current;
		}

		@Bean
		static JdbcRecorder jdbcRecorder() {
			return current;
		}

	}

	@Configuration(proxyBeanMethods = false)
	@EntityScan(basePackageClasses = RecordingTests.class)
	static class HibernateConfig {

	}

	@Entity(name = "Author")
	static class Author {

		@Id
		@GeneratedValue(strategy = GenerationType.SEQUENCE)
		private Long id;

		@Version
		private int version;

		private String name;

		@OneToMany(mappedBy = "author", cascade = CascadeType.ALL)
		private List<Book> books = new java.util.ArrayList<>();

		protected Author() {
		}

		Author(String name) {
			this.name = name;
		}

	}

	@Entity(name = "Book")
	static class Book {

		@Id
		@GeneratedValue(strategy = GenerationType.SEQUENCE)
		private Long id;

		private String title;

		@ManyToOne(fetch = jakarta.persistence.FetchType.LAZY)
		private Author author;

		protected Book() {
		}

		Book(Author author, String title) {
			this.author = author;
			this.title = title;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class BatchConfig {

		@Bean
		org.springframework.batch.core.job.Job job(JobRepository repository, PlatformTransactionManager transactions,
				DataSource dataSource) {
			AtomicBoolean failed = new AtomicBoolean();
			var first = new StepBuilder("first", repository).tasklet((contribution, context) -> RepeatStatus.FINISHED,
					transactions);
			var reader = new JdbcCursorItemReaderBuilder<Map<String, Object>>().name("reader")
				.dataSource(dataSource)
				.sql("SELECT id, name FROM source ORDER BY id")
				.fetchSize(2)
				.rowMapper(new org.springframework.jdbc.core.ColumnMapRowMapper())
				.build();
			var writer = new JdbcBatchItemWriterBuilder<Map<String, Object>>().dataSource(dataSource)
				.sql("INSERT INTO target VALUES (:id, :name)")
				.columnMapped()
				.build();
			var second = new StepBuilder("second", repository).<Map<String, Object>, Map<String, Object>>chunk(3)
				.transactionManager(transactions)
				.reader(reader)
				.processor((item) -> {
					if (Integer.valueOf(5).equals(item.get("id")) && failed.compareAndSet(false, true)) {
						throw new IllegalStateException("fails once");
					}
					return item;
				})
				.writer(writer)
				.build();
			return new org.springframework.batch.core.job.builder.JobBuilder("job", repository).start(first.build())
				.next(second)
				.build();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class QuartzConfig {

	}

	public static class CountingJob implements Job {

		private static final AtomicInteger runs = new AtomicInteger();

		@Override
		public void execute(JobExecutionContext context) {
			runs.incrementAndGet();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class FlywayConfig {

	}

	@Configuration(proxyBeanMethods = false)
	static class SessionConfig {

	}

	@Configuration(proxyBeanMethods = false)
	static class JooqConfig {

	}

	@Configuration(proxyBeanMethods = false)
	@MapperScan(basePackageClasses = NoteMapper.class, annotationClass = Mapper.class)
	static class MybatisConfig {

	}

	@Mapper
	interface NoteMapper {

		@Insert("INSERT INTO mybatis_note (text) VALUES (#{text})")
		@Options(useGeneratedKeys = true, keyProperty = "id")
		void insert(RecordedNote note);

		@Update("UPDATE mybatis_note SET text = #{text} WHERE id = #{id}")
		int update(@org.apache.ibatis.annotations.Param("id") int id,
				@org.apache.ibatis.annotations.Param("text") String text);

		@Select("SELECT text FROM mybatis_note WHERE id = #{id}")
		String find(int id);

		@Select("SELECT id, text FROM mybatis_note ORDER BY id")
		@Options(fetchSize = 2)
		Cursor<RecordedNote> all();

	}

	public static class RecordedNote {

		private Integer id;

		private String text;

		public Integer getId() {
			return this.id;
		}

		public void setId(Integer id) {
			this.id = id;
		}

		public String getText() {
			return this.text;
		}

		public void setText(String text) {
			this.text = text;
		}

	}

}

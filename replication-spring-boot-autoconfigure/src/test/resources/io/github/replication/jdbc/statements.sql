-- The schema that the texts of statements.txt are about, for a user without rights of an administrator.
-- The extensions citext and dblink are there already.

CREATE TABLE note (id int PRIMARY KEY, author text, text text, created timestamptz DEFAULT now());
CREATE TABLE author (id int, name text);
CREATE TABLE tag (name text);
CREATE TABLE journal (entry text);
CREATE TABLE odd (update int, delete int, insert int, merge int, "into" int, share int, lock int, call int,
	begin int, commit int, rollback int, temp int, hold int, dblink int);
CREATE SEQUENCE note_seq;
INSERT INTO note VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'b', 'z');
INSERT INTO author VALUES (1, 'a'), (2, 'b');
INSERT INTO tag VALUES ('t');
INSERT INTO odd VALUES (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);

-- functions that write: by their own name, by that of a built-in one, by that of a keyword
CREATE FUNCTION my_function() RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ('f') RETURNING entry $$;
CREATE FUNCTION log(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION "Do"() RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ('d') RETURNING entry $$;
CREATE FUNCTION filter(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION over(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION materialized(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION "join"(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION zone(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION first(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION next(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION varying(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION conflict(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION sets(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION cube(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION rollup(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION insert(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION "operator"(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION set(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION escape(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION by(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION check_it(text) RETURNS boolean LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING true $$;
CREATE SCHEMA other;
CREATE FUNCTION other.initcap(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE FUNCTION other."values"(text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING entry $$;
CREATE PROCEDURE archive() LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ('p') $$;
CREATE PROCEDURE nothing() LANGUAGE plpgsql AS $$ BEGIN END $$;
CREATE FUNCTION set_tenant(text) RETURNS text LANGUAGE sql AS $$ SELECT set_config('app.tenant', $1, false) $$;

-- functions that only read
CREATE FUNCTION my_stable() RETURNS bigint STABLE LANGUAGE sql AS $$ SELECT count(*) FROM public.note $$;
CREATE FUNCTION my_immutable(int) RETURNS int IMMUTABLE LANGUAGE sql AS $$ SELECT $1 + 1 $$;

-- what runs a function without its name in the text
CREATE VIEW quiet_view AS SELECT id, lower(text) AS text, my_stable() AS notes FROM note WHERE created < now();
CREATE MATERIALIZED VIEW summary AS SELECT my_function() AS entry;
CREATE VIEW loud_view AS SELECT my_function() AS entry;
CREATE VIEW "loud""view" AS SELECT my_function() AS entry;
CREATE VIEW loud_view_with_a_name_that_is_cut_off_at_sixty_three_characters AS SELECT my_function() AS entry;
CREATE VIEW üüüüüüüüüüüüüüüüüüüüüüüüüüüüüüü AS SELECT my_function() AS entry;
CREATE VIEW view_of_view AS SELECT n.id FROM note n, loud_view v;
CREATE VIEW sequence_view AS SELECT id, nextval('note_seq') FROM note;
CREATE FUNCTION text_concat_loudly(text, text) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ('a') RETURNING entry $$;
CREATE AGGREGATE total_notes(text) (sfunc = text_concat_loudly, stype = text);
CREATE VIEW view_of_aggregate AS SELECT total_notes(text) FROM note;
CREATE TABLE guarded (id int);
INSERT INTO guarded VALUES (1);
ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
ALTER TABLE guarded FORCE ROW LEVEL SECURITY;
CREATE POLICY p ON guarded FOR SELECT USING (check_it(id::text));
CREATE VIEW view_of_guarded AS SELECT count(*) FROM guarded;
CREATE DOMAIN loud_domain AS text CHECK (check_it(VALUE));
CREATE DOMAIN outer_domain AS loud_domain;
CREATE TABLE with_domain (d loud_domain, a loud_domain[]);
INSERT INTO with_domain VALUES ('d', '{a}');
CREATE FUNCTION loud_equality(text, text) RETURNS boolean LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ($1) RETURNING true $$;
CREATE OPERATOR ~=> (leftarg = text, rightarg = text, function = loud_equality);
CREATE VIEW view_of_operator AS SELECT id FROM note WHERE text ~=> 'a';
CREATE TYPE pair AS (a int, b int);
CREATE FUNCTION pair_to_text(pair) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ('c') RETURNING entry $$;
CREATE CAST (pair AS text) WITH FUNCTION pair_to_text(pair) AS IMPLICIT;
CREATE TABLE with_pair (p pair);
INSERT INTO with_pair VALUES ((1, 2));
CREATE FUNCTION status(note) RETURNS text LANGUAGE sql AS $$ INSERT INTO public.journal VALUES ('s') RETURNING entry $$;

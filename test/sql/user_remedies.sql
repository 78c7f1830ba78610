-- Remedies of users: what is accepted, and that each thing that is not gets one error and changes nothing.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
\t on
\a
SET client_min_messages = warning;
CREATE ROLE regress_ops;
CREATE ROLE regress_second;
CREATE ROLE regress_admin IN ROLE selfheal_admin;
CREATE ROLE regress_viewer IN ROLE selfheal_operator;
CREATE SCHEMA ops AUTHORIZATION regress_ops;
GRANT USAGE, CREATE ON SCHEMA ops TO PUBLIC;
SET ROLE regress_ops;
CREATE FUNCTION ops.good(bigint, text, jsonb) RETURNS text LANGUAGE sql AS $$ SELECT 'done' $$;
CREATE FUNCTION ops."Odd ""Name"(bigint, text, jsonb) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION ops.undo(bigint, text, jsonb) RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION ops.worked(bigint, text, jsonb) RETURNS boolean LANGUAGE sql AS 'SELECT true';
CREATE FUNCTION ops.secret(bigint, text, jsonb) RETURNS text LANGUAGE sql AS $$ SELECT 'done' $$;
REVOKE EXECUTE ON FUNCTION ops.secret(bigint, text, jsonb) FROM PUBLIC;
CREATE FUNCTION ops.number(bigint, text, jsonb) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION ops.many(bigint, text, jsonb) RETURNS SETOF text LANGUAGE sql AS $$ SELECT 'done' $$;
CREATE FUNCTION ops.without() RETURNS text LANGUAGE sql AS $$ SELECT 'done' $$;
CREATE PROCEDURE ops.act(bigint, text, jsonb) LANGUAGE sql AS '';
SET ROLE regress_second;
CREATE FUNCTION ops.of_second(bigint, text, jsonb) RETURNS void LANGUAGE sql AS '';
RESET ROLE;
CREATE FUNCTION ops.of_superuser(bigint, text, jsonb) RETURNS text LANGUAGE sql AS $$ SELECT 'done' $$;

-- Every argument but one is right.
CREATE FUNCTION play.add(name text DEFAULT 'flush', function text DEFAULT 'ops.good', treats text DEFAULT '{lock_pileup_idle}',
	strategy text DEFAULT 'clear', risk text DEFAULT 'low', undo_function text DEFAULT NULL, verify_function text DEFAULT NULL,
	time_limit interval DEFAULT '1 second', verify_within interval DEFAULT '1 second', description text DEFAULT 'flush') RETURNS text
	LANGUAGE sql
	RETURN play.answer(format('SELECT selfheal.add_remedy(%L, %L, %L, %L, %L, %L, %L, %L, %L, %L)', name, function, treats, strategy,
		risk, undo_function, verify_function, time_limit, verify_within, description));

-- NULL
SELECT play.add(name => NULL);
SELECT play.add(function => NULL);
SELECT play.add(treats => NULL);
SELECT play.add(treats => '{lock_pileup_idle, NULL}');
SELECT play.add(strategy => NULL);
SELECT play.add(risk => NULL);
SELECT play.add(time_limit => NULL);
SELECT play.add(verify_within => NULL);
SELECT play.answer('SELECT selfheal.remove_remedy(NULL)');

-- Names
SELECT play.add(name => n) FROM unnest(ARRAY['', '1st', 'Flush', 'a b', $$a'; DROP TABLE selfheal.user_remedy; --$$, repeat('a', 64)]) AS n;
SELECT play.add(name => 'terminate_blocker');

-- What it is
SELECT play.add(strategy => 'magic');
SELECT play.add(risk => r) FROM unnest(ARRAY['', 'none', 'LOW', 'extreme']) AS r;
SELECT split_part(play.add(treats => t), E'\n', 1) FROM unnest(ARRAY['{lock_pileup_idle, hangover}', '{{lock_pileup_idle, x}, {y, z}}']) AS t;
SELECT play.add(time_limit => e) FROM unnest(ARRAY['0', '-1 second', '99 milliseconds', '5 minutes 1 second', '1 day', '1 month', 'infinity']::text[]) AS t, LATERAL (SELECT CASE WHEN t <> 'infinity' THEN t::interval END AS e) AS x WHERE e IS NOT NULL;
SELECT play.add(verify_within => '6 minutes');
SELECT play.add(description => '');

-- Functions
SELECT play.add(function => f) FROM unnest(ARRAY['', 'good', 'ops.good(', 'ops.good(bigint)', 'a.b.c', 'ops.good; DROP TABLE x', 'nowhere.good',
	'ops.nothing', 'ops.without', 'ops.act', 'ops.number', 'ops.many', 'ops.of_superuser']) AS f;
SELECT play.add(undo_function => f) FROM unnest(ARRAY['', 'ops.worked', 'ops.of_second', 'ops.nothing']) AS f;
SELECT play.add(verify_function => f) FROM unnest(ARRAY['ops.undo', 'ops.nothing']) AS f;
SELECT count(*) FROM selfheal.user_remedies;

-- Who may
SET ROLE regress_viewer;
SELECT play.answer('SELECT selfheal.add_remedy(''x'', ''ops.good'', ''{}'')');
SELECT play.answer('SELECT selfheal.remove_remedy(''x'')');
SET ROLE regress_admin;
SELECT play.answer('SELECT selfheal.add_remedy(''x'', ''ops.secret'', ''{}'')');
SELECT play.answer('INSERT INTO selfheal.user_remedy DEFAULT VALUES');
RESET ROLE;

-- What is right
SELECT play.add(undo_function => 'ops.undo(bigint, text, jsonb)', verify_function => 'ops.worked');
SELECT play.add();
SELECT play.add(name => 'odd', function => 'ops."Odd ""Name"', treats => '{}', risk => 'high', description => NULL);
SELECT name, function, undo_function, verify_function, treats, strategy, risk, time_limit, description, runs_as, state, problem
FROM selfheal.user_remedies ORDER BY name;
SELECT remedy, treats, does, risk, reversible, acts_as, undo, expects FROM selfheal.remedies WHERE remedy IN ('flush', 'odd') ORDER BY remedy;
SELECT ladder FROM selfheal.failure_types WHERE type = 'lock_pileup_idle';
SELECT targets, statements, undo, verdict FROM selfheal.trigger('flush', dry_run => true);
SELECT play.answer('SELECT * FROM selfheal.trigger(''flush'', ''123456789'')');
SELECT play.answer(format('SELECT * FROM selfheal.trigger(''flush'', %L)', repeat('x', 64)));

-- As many as there is room for, and a place that is given again
SELECT selfheal.add_remedy('more_' || g, 'ops.good', '{}') FROM generate_series(3, 16) AS g;
SELECT play.add(name => 'one_too_many');
BEGIN;
SELECT selfheal.remove_remedy('more_3');
ROLLBACK;
SELECT count(*) FROM selfheal.remedies WHERE remedy = 'more_3';
SELECT selfheal.set_component_policy('all', 'approve', remedy => 'more_3');
SELECT selfheal.remove_remedy('more_3');
SELECT selfheal.add_remedy('in_its_place', 'ops.good', '{}');
SELECT count(*) FROM selfheal.component_policies WHERE remedy IN ('more_3', 'in_its_place');
SELECT play.answer('SELECT selfheal.remove_remedy(''more_3'')');

-- A function that says another thing than when it was added
ALTER FUNCTION ops.good(bigint, text, jsonb) SET work_mem = '64kB';
SELECT state, problem FROM selfheal.user_remedies WHERE name = 'flush';
ALTER FUNCTION ops.good(bigint, text, jsonb) RESET work_mem;
SELECT state, problem FROM selfheal.user_remedies WHERE name = 'flush';
DROP FUNCTION ops.undo(bigint, text, jsonb);
SELECT state, problem FROM selfheal.user_remedies WHERE name = 'flush';

SELECT selfheal.remove_remedy(name) FROM selfheal.user_remedies;
SELECT count(*) FROM selfheal.user_remedies;
SET client_min_messages = warning;
DROP SCHEMA ops CASCADE;
DROP ROLE regress_ops, regress_second, regress_admin, regress_viewer;
\i :sessions_end

-- Metrics of users: what is accepted, and that each thing that is not gets one error and changes nothing.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
\t on
\a
SET client_min_messages = warning;
CREATE ROLE regress_shop;
CREATE ROLE regress_maker CREATEROLE;
CREATE ROLE regress_filer IN ROLE pg_read_server_files;
CREATE ROLE regress_admin IN ROLE selfheal_admin;
CREATE SCHEMA shop AUTHORIZATION regress_shop;
GRANT USAGE, CREATE ON SCHEMA shop TO PUBLIC;
SET ROLE regress_shop;
CREATE FUNCTION shop.good() RETURNS integer LANGUAGE sql AS 'SELECT 42';
CREATE FUNCTION shop."Odd ""Name"() RETURNS numeric LANGUAGE sql AS 'SELECT 1.5';
CREATE FUNCTION shop.secret() RETURNS integer LANGUAGE sql AS 'SELECT 42';
REVOKE EXECUTE ON FUNCTION shop.secret() FROM PUBLIC;
CREATE FUNCTION shop.text() RETURNS text LANGUAGE sql AS $$ SELECT '42' $$;
CREATE FUNCTION shop.nothing() RETURNS void LANGUAGE sql AS '';
CREATE FUNCTION shop.many() RETURNS SETOF integer LANGUAGE sql AS 'SELECT 42';
CREATE FUNCTION shop.with_argument(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 42';
CREATE PROCEDURE shop.act() LANGUAGE sql AS '';
RESET ROLE;
CREATE FUNCTION shop.of_superuser() RETURNS integer LANGUAGE sql AS 'SELECT 42';
SET ROLE regress_maker;
CREATE FUNCTION shop.of_maker() RETURNS integer LANGUAGE sql AS 'SELECT 42';
SET ROLE regress_filer;
CREATE FUNCTION shop.of_filer() RETURNS integer LANGUAGE sql AS 'SELECT 42';
RESET ROLE;

-- Every argument but one is right.
CREATE FUNCTION play.add(name text DEFAULT 'orders', function text DEFAULT 'shop.good()', unit text DEFAULT 'count',
	category text DEFAULT 'performance', component text DEFAULT 'shop', every interval DEFAULT '1 second',
	bad_direction text DEFAULT 'high', database text DEFAULT NULL) RETURNS text
	LANGUAGE sql
	RETURN play.answer(format('SELECT selfheal.add_metric(%L, %L, %L, %L, %L, %L, %L, %L)', name, function, unit, category,
		component, every, bad_direction, database));

-- NULL
SELECT play.add(name => NULL);
SELECT play.add(function => NULL);
SELECT play.add(unit => NULL);
SELECT play.add(category => NULL);
SELECT play.add(component => NULL);
SELECT play.add(every => NULL);
SELECT play.add(bad_direction => NULL);
SELECT play.answer('SELECT selfheal.remove_metric(NULL)');

-- Names
SELECT play.add(name => n) FROM unnest(ARRAY['', '1st', '_x', 'Orders', 'orders waiting', 'or"ders', $$a'; DROP TABLE selfheal.user_metric; --$$, 'ärger', repeat('a', 64)]) AS n;
SELECT play.add(name => 'load');
SELECT play.add(component => 'The Shop');

-- What it is
SELECT play.add(unit => 'apples');
SELECT play.add(category => 'Performance');
SELECT play.add(bad_direction => 'up');
SELECT play.add(every => e) FROM unnest(ARRAY['0', '-1 minute', '999 milliseconds', '1 day 1 microsecond', '1 month',
	'170000000 years']::interval[]) AS e;
SELECT play.add(database => 'nowhere');

-- Functions
SELECT play.add(function => f) FROM unnest(ARRAY['', '()', 'good', 'good()', 'shop.good(', 'shop.good(1)', 'shop.with_argument(integer)',
	'regression.shop.good()', 'shop.', 'shop.good(); DROP TABLE x', 'shop.none()', 'nowhere.good()', 'shop.with_argument', 'shop.act', 'shop.text', 'shop.nothing', 'shop.many',
	'shop.of_superuser', 'shop.of_maker', 'shop.of_filer', 'pg_catalog.pi']) AS f;

-- Rights
SELECT play.connect('operator', 'regress_operator');
SELECT play.ask('operator', $$SELECT selfheal.add_metric('x', 'shop.good', 'count', 'performance', 'shop')$$);
SELECT play.ask('operator', $$SELECT selfheal.remove_metric('x')$$);
SELECT play.ask('operator', $$INSERT INTO selfheal.user_metric SELECT * FROM selfheal.user_metric$$);
SET ROLE regress_admin;
SELECT selfheal.add_metric('secret', 'shop.secret', 'count', 'security', 'shop');
RESET ROLE;
SELECT count(*) FROM selfheal.user_metric;

-- Whoever may add one adds it with nobody's operators but the server's.
CREATE FUNCTION play.trap(a text, b text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'run as %', current_user; RETURN true; END $$;
CREATE OPERATOR play.= (FUNCTION = play.trap, LEFTARG = text, RIGHTARG = text);
GRANT USAGE ON SCHEMA play TO regress_admin;
SET ROLE regress_admin;
SET search_path = play, pg_catalog;
SELECT selfheal.add_metric('orders', 'shop.good()', 'count', 'performance', 'shop', '1 second', 'high');
SELECT selfheal.add_metric('odd', 'shop."Odd ""Name"()', 'share', 'data_quality', 'shop', '1 second');
SELECT selfheal.add_metric('tomorrow', 'shop.good', 'bytes', 'resource', 'shop', '1 day', 'low');
SELECT selfheal.remove_metric('tomorrow');
SELECT current_user;
RESET search_path;
RESET ROLE;
SELECT play.add();
SELECT play.answer('SELECT selfheal.remove_metric(''load'')');
SELECT play.answer('SELECT selfheal.remove_metric(''tomorrow'')');

-- One that is rolled back was never there.
BEGIN;
SELECT selfheal.add_metric('regretted', 'shop.good()', 'count', 'performance', 'shop');
ROLLBACK;
BEGIN;
SELECT selfheal.add_metric('regretted', 'shop.good()', 'count', 'performance', 'shop');
PREPARE TRANSACTION 'selfheal metric';
SELECT count(*) FROM selfheal.audit_log WHERE subject = 'regretted';

-- Sampled
SELECT play.becomes_true($$(SELECT bool_and(state = 'ok') AND count(*) = 2 FROM selfheal.user_metrics)$$);
SELECT name, function, database, unit, category, component, every, bad_direction, last_value, last_error, runs > 0, failures, mean_ms > 0, added_by
FROM selfheal.user_metrics ORDER BY name COLLATE "C";
SELECT name, value, unit, component, category, kind, bad_direction, meaning FROM selfheal.metrics WHERE component = 'shop' ORDER BY 1;
SELECT play.becomes_true($$EXISTS (SELECT FROM selfheal.samples('orders') WHERE value = 42)$$);
SELECT play.becomes_true($$(SELECT samples > 0 FROM selfheal.baselines WHERE metric = 'odd')$$);
SELECT selfheal.reset_baselines('orders');
SELECT play.becomes_true($$(SELECT state = 'healthy' FROM selfheal.health WHERE component = 'shop')$$);
SELECT play.answer('SELECT selfheal.samples(''odds'')');
SELECT action, actor, subject, message FROM selfheal.audit_log WHERE action LIKE 'metric%' ORDER BY sequence;

-- One that is run once a minute is seen between its runs: its component is well, and not unknown from the next sample on.
SELECT play.add(name => 'rare', component => 'rarity', every => '1 minute');
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.health WHERE component = ''rarity'' AND state = ''healthy'')');

-- Room for 64
SELECT count(*) FROM (SELECT play.add(name => 'many_' || n, every => '1 day') FROM generate_series(1, 61) AS n) AS x;
SELECT play.add(name => 'one_more');
SELECT play.becomes_true($$(SELECT count(*) = 64 FROM selfheal.user_metrics WHERE state IN ('ok', 'new'))$$);
SELECT count(selfheal.remove_metric(name)) FROM selfheal.user_metrics;
SELECT play.becomes_true($$NOT EXISTS (SELECT FROM selfheal.metrics WHERE component = 'shop')$$);
SELECT count(*) FROM selfheal.baselines WHERE metric IN ('orders', 'odd');

DROP SCHEMA shop CASCADE;
DROP ROLE regress_shop;
DROP ROLE regress_maker;
DROP ROLE regress_filer;
REVOKE USAGE ON SCHEMA play FROM regress_admin;
DROP ROLE regress_admin;
\t off
\a
\i :sessions_end

# Promise: what users measure is sampled like everything else. Whatever their functions do - hang, fail,
# write, vanish, or belong to a superuser - is said in selfheal.user_metrics and harms nobody else.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

# It waits for half minutes to be over; what differs between versions, test/sql/user_metrics.sql tries on each.
oldest_server_only();

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.sample_interval = 200ms
selfheal.ring_save_interval = 1s
selfheal.cpu_budget = 1
log_connections = off
CONF
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE shop;
CREATE SCHEMA shop AUTHORIZATION shop;
SET ROLE shop;
CREATE TABLE shop.orders (id integer);
INSERT INTO shop.orders SELECT generate_series(1, 42);
CREATE FUNCTION shop.waiting() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM shop.orders';
CREATE FUNCTION shop.who() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	IF current_user <> 'shop' OR current_setting('search_path') <> 'pg_catalog, pg_temp'
		OR current_setting('transaction_read_only') <> 'on' OR pg_backend_pid() = 0 THEN
		RETURN 0;
	END IF;
	RETURN 1;
END $$;
CREATE FUNCTION shop.sleeps() RETURNS float8 LANGUAGE sql AS 'SELECT 1.0 FROM pg_sleep(1000)';
CREATE FUNCTION shop.loops() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
	LOOP
		BEGIN
			LOOP
			END LOOP;
		EXCEPTION
			WHEN query_canceled THEN NULL; -- it does not want to end
		END;
	END LOOP;
END $$;
CREATE FUNCTION shop.fails() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'noise'; RAISE EXCEPTION 'no orders today'; END $$;
CREATE FUNCTION shop.null() RETURNS numeric LANGUAGE sql AS 'SELECT NULL::numeric';
CREATE FUNCTION shop.nan() RETURNS float8 LANGUAGE sql AS $$ SELECT 'NaN'::float8 $$;
CREATE FUNCTION shop.infinite() RETURNS real LANGUAGE sql AS $$ SELECT 'infinity'::real $$;
CREATE FUNCTION shop.writes() RETURNS integer LANGUAGE sql AS 'INSERT INTO shop.orders VALUES (0) RETURNING id';
CREATE FUNCTION shop.becomes() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; RETURN 1; END $$;
CREATE FUNCTION shop.changes() RETURNS integer LANGUAGE sql AS 'SELECT 7';
CREATE FUNCTION shop.vanishes() RETURNS integer LANGUAGE sql AS 'SELECT 7';
CREATE FUNCTION shop.owned() RETURNS integer LANGUAGE sql AS 'SELECT 7';
SQL

# What is well

my $log_start = log_offset($node);
add($_) foreach qw(waiting who);
ok(poll_until($node, state_of('waiting'), 'ok|42|'), 'a good one is run and shown');
is(metric('waiting'), '42|count|shop|performance', 'also among all metrics');
ok(poll_until($node, "SELECT count(*) >= 3 FROM selfheal.samples('waiting') WHERE value = 42"), 'and sampled');
ok(poll_until($node, "SELECT samples >= 3 FROM selfheal.baselines WHERE metric = 'waiting'"), 'and learnt');
is( answer($node, "SELECT count(*) FROM selfheal.samples('waiting') WHERE value <> 42"),
	0, 'what is missing between two runs is missing, and no zero');
ok(poll_until($node, state_of('who'), 'ok|1|'), 'it runs as its owner, read only, with a search path that is pinned');
is(answer($node, "SELECT actor, subject FROM selfheal.audit_log WHERE action = 'metric_added' AND subject = 'who'"),
	answer($node, 'SELECT current_user') . '|who', 'who added it is on record');

# What is not

add($_) foreach qw(sleeps loops fails null nan infinite writes becomes changes vanishes owned);
ok(poll_until($node, state_of('null'), 'ok||'), 'NULL is a missing value and no failure');
is(answer($node, "SELECT count(*) FROM selfheal.samples('null') WHERE value IS NOT NULL"), 0, 'and no sample');
fails_with('nan', 'it returned NaN, which is no number');
fails_with('infinite', 'it returned an infinity, which is no number');
fails_with('writes', 'cannot execute INSERT in a read-only transaction');
fails_with('becomes', 'cannot set parameter "role" within security-restricted operation');
fails_with('fails', 'no orders today');
fails_with('sleeps', 'it did not end within 2 s');
fails_with('loops', 'it was ended, as it did not end within 4 s');
is( answer($node, "SELECT max(gap) < interval '1.5 seconds' FROM (SELECT at - lag(at) OVER (ORDER BY at) AS gap FROM selfheal.samples('load') WHERE resolution IS NULL) AS g"),
	't', 'while the heart beats on');
ok(poll_until($node, "SELECT state FROM selfheal.user_metrics WHERE name = 'fails'", 'backing off'), 'one that goes on failing backs off');
is( answer($node, "SELECT bool_and(next_run >= last_run + interval '4 seconds') FROM selfheal.user_metrics WHERE state = 'backing off'"),
	't', 'and is tried more and more rarely');
my $runs = answer($node, "SELECT runs FROM selfheal.user_metrics WHERE name = 'waiting'");
ok(poll_until($node, "SELECT runs > $runs FROM selfheal.user_metrics WHERE name = 'waiting'"), 'the good ones go on');
is(answer($node, 'SELECT count(*) FROM shop.orders'), 42, 'nothing was written');
is( answer($node, "SELECT string_agg(DISTINCT s.metric || ' ' || s.average, ', ') FROM selfheal.metric_minutes AS s WHERE metric IN ('sleeps', 'loops', 'fails', 'nan', 'infinite', 'writes') AND s.average IS NOT NULL"),
	'', 'and no failure became a value');

# What changes after it was added

ok(poll_until($node, state_of($_), 'ok|7|'), "$_ is well at first") foreach qw(changes vanishes owned);
answer($node, 'DROP FUNCTION shop.vanishes(); DROP FUNCTION shop.changes(); ALTER FUNCTION shop.owned() OWNER TO ' . answer($node, 'SELECT quote_ident(current_user)'));
answer($node, 'SET ROLE shop; CREATE FUNCTION shop.changes() RETURNS text LANGUAGE sql AS $$ SELECT \'7\' $$');
fails_with('vanishes', 'there is no function shop.vanishes without arguments');
is(answer($node, "SELECT state FROM selfheal.user_metrics WHERE name = 'vanishes'"), 'gone', 'which is gone');
fails_with('changes', 'it does not return double precision, real, numeric, bigint, integer or smallint');
like(error_of('owned'), qr/^it runs as its owner, \S+, a superuser$/, 'owned by a superuser it is not run any more')
  if poll_until($node, "SELECT state <> 'ok' FROM selfheal.user_metrics WHERE name = 'owned'");
answer($node, 'ALTER FUNCTION shop.owned() OWNER TO shop');
ok(poll_until($node, state_of('owned'), 'ok|7|', patience => 60), 'and is well again when that is mended');
answer($node, 'ALTER ROLE shop SUPERUSER');
ok( poll_until($node, "SELECT state <> 'ok' AND last_error LIKE '% a superuser' FROM selfheal.user_metrics WHERE name = 'waiting'"),
	'an owner that becomes a superuser ends it, too');
answer($node, 'ALTER ROLE shop NOSUPERUSER');
ok(poll_until($node, state_of('waiting'), 'ok|42|', patience => 60), 'until he is none');

# The log

my $log = slurp_file($node->logfile, $log_start);
my @told = $log =~ /selfheal: metric "fails" could not be sampled: no orders today/g;
is(scalar(@told), 1, 'a failing one is told once, not each time');
unlike($log, qr/noise/, 'what it complains about itself is not');
is(answer($node, "SELECT count(*) FROM selfheal.events WHERE kind = 'metric_failing' AND subject = 'fails'"), 1, 'it is an event, too');
unlike($log, qr/terminated by signal/, 'and nothing crashed');

# Another database, and one that goes away

answer($node, 'CREATE DATABASE other');
answer($node, 'CREATE SCHEMA shop AUTHORIZATION shop; SET ROLE shop; CREATE FUNCTION shop.elsewhere() RETURNS integer LANGUAGE sql AS \'SELECT 3\'; CREATE FUNCTION shop.hangs() RETURNS integer LANGUAGE sql AS \'SELECT 3 FROM pg_sleep(100)\'', 'other');
add('elsewhere', 'other');
ok(poll_until($node, state_of('elsewhere'), 'ok|3|'), 'one can be run in another database');
add('hangs', 'other');
poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE query = 'hangs' AND state = 'active'", 1);
answer($node, 'DROP DATABASE other');
pass('which it does not keep from being dropped');
fails_with('elsewhere', 'its database does not exist');
is(answer($node, "SELECT state FROM selfheal.user_metrics WHERE name = 'elsewhere'"), 'gone', 'and with it the metric is gone');

# One that lets nobody in

answer($node, 'CREATE DATABASE closed ALLOW_CONNECTIONS false');
add('shut', 'closed');
fails_with('shut', 'no process could be started in its database; see the server log');
answer($node, "SELECT selfheal.remove_metric('shut')");

# The standby

$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
ok(poll_until($standby, state_of('waiting'), 'ok|42|'), 'a standby runs them as well');
ok(poll_until($standby, "SELECT count(*) >= 2 FROM selfheal.samples('waiting') WHERE value = 42"), 'and samples them');
$standby->stop;

# What is strange

poll_until($node, "SELECT state LIKE 'provisional%' FROM selfheal.baselines WHERE metric = 'waiting'", 't', patience => 60);
answer($node, 'INSERT INTO shop.orders SELECT generate_series(1, 1000)');
ok(poll_until($node, "SELECT count(*) FROM selfheal.anomalies WHERE metric = 'waiting' AND closed_at IS NULL AND peak_value = 1042", 1), 'an unusual value is an anomaly');
ok(poll_until($node, "SELECT state FROM selfheal.health WHERE component = 'shop'", 'degraded'), 'and its component is not well');
answer($node, 'DELETE FROM shop.orders; INSERT INTO shop.orders SELECT generate_series(1, 42)');
ok(poll_until($node, "SELECT count(*) FROM selfheal.anomalies WHERE metric = 'waiting' AND closed_at IS NULL", 0), 'until it is over');

# Restart, crash, switched off

my $samples = "SELECT count(*) FROM selfheal.samples('waiting', '1 hour') WHERE value IS NOT NULL";
my $known = answer($node, $samples);
$node->restart;
ok(poll_until($node, state_of('waiting'), 'ok|42|'), 'after a restart it goes on');
ok(answer($node, $samples) >= $known, 'with the samples there were');
ok(answer($node, "SELECT samples FROM selfheal.baselines WHERE metric = 'waiting'") >= 10, 'and with what was learnt');
configure($node, 'selfheal.enabled' => 'off');
poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal metrics'", 0);
$runs = answer($node, "SELECT runs FROM selfheal.user_metrics WHERE name = 'waiting'");
answer($node, 'SELECT pg_sleep(2)');
is(answer($node, "SELECT runs FROM selfheal.user_metrics WHERE name = 'waiting'"), $runs, 'switched off, nothing is run');
configure($node, 'selfheal.enabled' => 'on');
ok(poll_until($node, "SELECT runs > $runs FROM selfheal.user_metrics WHERE name = 'waiting'"), 'switched on, it is');

# One that takes the server down is known when it comes back

my $pid;
answer($node, "SELECT selfheal.remove_metric('sleeps')");
add('sleeps');
wait_until(sub { ($pid) = answer($node, "SELECT pid FROM pg_stat_activity WHERE query = 'sleeps' AND state = 'active'") =~ /(\d+)/; $pid }, 'it to run');
kill('KILL', $pid);
ok( poll_until($node, "SELECT last_error LIKE 'the server crashed%' AND next_run > now() + interval '50 minutes' FROM selfheal.user_metrics WHERE name = 'sleeps'"),
	'what runs when the server crashes is not run again at once');
ok(poll_until($node, state_of('waiting'), 'ok|42|'), 'the others are');

# Removed

answer($node, "SELECT selfheal.remove_metric('waiting')");
ok(poll_until($node, "SELECT count(*) FROM selfheal.metrics WHERE name = 'waiting'", 0), 'removed, it is no metric any more');
is(answer($node, "SELECT count(*) FROM selfheal.baselines WHERE metric = 'waiting'"), 0, 'and nothing is known about it');
add('waiting');
ok(poll_until($node, state_of('waiting'), 'ok|42|'), 'added again, it is sampled');
ok(answer($node, "SELECT samples < 10 FROM selfheal.baselines WHERE metric = 'waiting'") eq 't', 'and learnt anew');
ok( poll_until($node, "SELECT count(*) > 0 FROM selfheal.metric_minutes WHERE metric = 'waiting' AND average = 42", 't', patience => 130),
	'minutes of it are in the tables');

# Dump and restore

my $dump = $node->basedir . '/home.dump';
command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'it is dumped');
my $other = heal_node('other', extension => 0);
answer($other, 'CREATE ROLE shop');
command_ok([ 'pg_restore', '--exit-on-error', '-d', $other->connstr('postgres'), $dump ], 'and restored');
ok(poll_until($other, state_of('waiting'), 'ok|42|'), 'elsewhere it goes on');
stop_node($other);
stop_node($node);
done_testing();

sub add
{
	my ($name, $database) = @_;
	my $in = defined $database ? ", database => '$database'" : '';

	answer($node, "SELECT selfheal.add_metric('$name', 'shop.$name()', 'count', 'performance', 'shop', every => '1 second', bad_direction => 'high'$in)");
}

sub state_of
{
	return "SELECT state, last_value, last_error FROM selfheal.user_metrics WHERE name = '$_[0]'";
}

sub metric
{
	return answer($node, "SELECT value, unit, component, category FROM selfheal.metrics WHERE name = '$_[0]'");
}

sub error_of
{
	return answer($node, "SELECT last_error FROM selfheal.user_metrics WHERE name = '$_[0]'");
}

sub fails_with
{
	my ($name, $error) = @_;

	ok(poll_until($node, "SELECT last_error FROM selfheal.user_metrics WHERE name = '$name'", $error, patience => 60), "$name: $error");
}

# Promise: a switch that was turned lately and does harm is turned back by itself and verified as users feel it: transactions
# read-only by default, a planner switch, autovacuum; and what is a human's stays as it is.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'read_only_by_default=1s,planner_switch_off=1s,autovacuum_off=1s,autovacuum_off_table=100ms,overdue_vacuum=1h,stale_statistics=1h'
selfheal.cooldown = 0
selfheal.max_acts_10min = 100
selfheal.monitoring_interval = 1
selfheal.sample_interval = 200ms
selfheal.cpu_budget = 1
selfheal.scan_interval = 1
CONF

answer($node, 'CREATE ROLE app LOGIN');
answer($node, 'CREATE ROLE reports LOGIN');
answer($node, 'CREATE TABLE notes (note text)');
answer($node, 'GRANT ALL ON notes TO app, reports');

# Settings of servers and roles are put back in the same way on every version (039), and these take a minute.
if (oldest_server())
{
	planner_switch();
	read_only_server();
	read_only_role();
	read_only_on_purpose();
}
autovacuum_off();
table_option();
role_dropped();
stop_node($node);
done_testing();

# Writes as a role until the recovery is there; every attempt is a session of its own.
sub write_until
{
	my ($role, $query) = @_;

	return SelfHeal::wait_until(
		sub {
			$node->psql('postgres', 'INSERT INTO notes VALUES (1)', extra_params => [ '-U', $role ]);
			return answer($node, $query) eq 't';
		},
		$query);
}

sub read_only_server
{
	my $old = session($node, user => 'app', application => 'pool');

	configure($node, default_transaction_read_only => 'on');
	$old->query('INSERT INTO notes VALUES (1)');
	like($old->error, qr/cannot execute INSERT in a read-only transaction/, 'writes are refused');
	ok(write_until('app', "SELECT count(*) = 1 FROM selfheal.recoveries WHERE stage = 'succeeded' AND failure_type = 'read_only_by_default'"),
		'the server takes writes again by itself');
	is(answer($node, 'SHOW default_transaction_read_only'), 'off', 'the setting is back');
	$old->query('INSERT INTO notes VALUES (1)');
	is($old->error, '', 'also in a session that was there before');
	like(
		answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'read_only_by_default' ORDER BY id LIMIT 1}),
		qr/^default_transaction_read_only was switched on for the server .* ago; since then writes have been refused, at least \d+/,
		'the evidence has values');
	$old->close;
}

sub read_only_role
{
	answer($node, 'ALTER ROLE app SET default_transaction_read_only = on');
	ok(write_until('app', "SELECT count(*) = 2 FROM selfheal.recoveries WHERE stage = 'succeeded' AND failure_type = 'read_only_by_default'"),
		"a role's setting likewise");
	is(answer($node, q{SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole AND setconfig::text LIKE '%read_only%'}), '0', 'it is gone');
	like(
		answer($node, q{SELECT string_agg(message, ' ') FROM selfheal.recovery_steps WHERE stage = 'executed'}),
		qr/in effect for sessions that begin from now on: ALTER ROLE app RESET default_transaction_read_only/,
		'and it is said for whom');
}

# Reports are read-only on purpose; that somebody else begins a transaction as read-only proves nothing.
sub read_only_on_purpose
{
	answer($node, 'ALTER ROLE reports SET default_transaction_read_only = on');
	ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.setting_changes WHERE role = 'reports'}), 'the change is seen');
	for (1 .. 5)
	{
		$node->psql('postgres', 'BEGIN READ ONLY; INSERT INTO notes VALUES (1)', extra_params => [ '-U', 'app' ]);
	}
	my $now = answer($node, 'SELECT clock_timestamp()');
	ok(poll_until($node, "SELECT count(*) > 15 FROM selfheal.samples('sessions', '1 hour') AS s WHERE s.at > '$now'"),
		'the engine has looked long enough');
	is(answer($node, q{SELECT count(*) FROM selfheal.failures WHERE type = 'read_only_by_default' AND status <> 'closed'}),
		'0', 'nothing is wrong with it');
}

sub autovacuum_off
{
	configure($node, autovacuum => 'off');
	ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.failures WHERE type = 'autovacuum_off' AND verdict LIKE 'healed by restore_setting%'}),
		'autovacuum is switched on again by itself');
	is(answer($node, 'SHOW autovacuum'), 'on', 'and is on');
}

# For one role: the others were never worse. First, as what was usual before is a matter of the last minutes.
sub planner_switch
{
	answer($node, 'CREATE TABLE items AS SELECT g AS id, repeat(g::text, 10) AS note FROM generate_series(1, 500000) AS g');
	answer($node, 'CREATE INDEX ON items (id)');
	answer($node, 'VACUUM ANALYZE items');
	answer($node, 'GRANT SELECT ON items TO app');
	my $load = load();
	ok(poll_until($node, q{SELECT count(*) > 100 FROM selfheal.samples('statements', '1 hour') AS s WHERE s.value > 10}, 't', patience => 120),
		'statements run, and are quick');
	answer($node, 'ALTER ROLE app SET enable_indexscan = off');
	answer($node, 'ALTER ROLE app SET enable_bitmapscan = off');
	ok(poll_until($node, q{SELECT count(*) > 0 FROM selfheal.recoveries WHERE failure_type = 'planner_switch_off' AND stage IN ('succeeded', 'rolled back')}, 't', patience => 90),
		'a switch of a role that makes it worse is put back');
	like(
		answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'planner_switch_off' ORDER BY id LIMIT 1}),
		qr/^enable_\w+ was switched off for a role .* ago; since then 95 % of the statements take up to .* rows a second are read instead of/,
		'which is told with values');
	kill('TERM', $load);
	waitpid($load, 0);
}

# A table of somebody's, with a name that would be a statement.
sub table_option
{
	my $off = q{SELECT coalesce((SELECT reloptions::text LIKE '%autovacuum_enabled=%' FROM pg_class WHERE relname LIKE '%loot%'), false)};

	answer($node, <<'SQL');
CREATE TABLE app_notes (note text);
CREATE TABLE """; DROP TABLE loot" (id integer) WITH (autovacuum_enabled = off, fillfactor = 90);
ALTER TABLE """; DROP TABLE loot" OWNER TO app;
INSERT INTO """; DROP TABLE loot" SELECT generate_series(1, 20000);
DELETE FROM """; DROP TABLE loot";
SQL
	my $holder = session($node);
	$holder->query('BEGIN');
	$holder->query('LOCK TABLE """; DROP TABLE loot" IN SHARE UPDATE EXCLUSIVE MODE');
	ok(poll_until($node, q{SELECT count(*) > 0 FROM selfheal.recoveries WHERE remedy = 'reset_table_option' AND stage = 'withdrawn' AND message LIKE '%somebody else has a lock on the table'}, 't', patience => 90),
		'a table that somebody has locked is left alone');
	is(answer($node, $off), 't', 'and unchanged');
	$holder->query('COMMIT');
	answer($node, q{SELECT * FROM selfheal.trigger('reset_table_option', '"""; DROP TABLE loot"')});
	ok(poll_until($node, q{SELECT count(*) > 0 FROM selfheal.recoveries WHERE remedy = 'reset_table_option' AND stage = 'succeeded'}),
		'afterwards its option is reset');
	is(answer($node, $off), 'f', 'so that autovacuum comes again');
	is(answer($node, q{SELECT reloptions::text FROM pg_class WHERE relname LIKE '%loot%'}), '{fillfactor=90}', 'and nothing else of it');
	is( answer($node, q{SELECT statements, undo FROM selfheal.trigger('reset_table_option', 'app_notes', dry_run => true)}),
		'ALTER TABLE public.app_notes RESET (autovacuum_enabled)|ALTER TABLE public.app_notes SET (autovacuum_enabled = off)',
		'a dry run shows both ways');
	answer($node, q{SELECT * FROM selfheal.trigger('reset_table_option', 'app_notes')});
	ok(poll_until($node, q{SELECT count(*) > 0 FROM selfheal.recoveries WHERE stage = 'withdrawn' AND message LIKE '%does not switch autovacuum off any more'}),
		'where it is not off nothing is done');
	$holder->close;
}

sub role_dropped
{
	answer($node, 'CREATE ROLE goer LOGIN');
	answer($node, q{ALTER ROLE goer SET work_mem = '64kB'});
	ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.setting_changes WHERE role = 'goer'}), 'a change of a role is seen');
	hold($node, 'claimed');
	answer($node, q{SELECT selfheal.trigger('restore_setting', 'work_mem')});
	ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.recoveries WHERE stage = 'claimed'}), 'it is to be put back');
	answer($node, 'DROP ROLE goer');
	release($node);
	ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.recoveries WHERE remedy = 'restore_setting' AND stage = 'withdrawn' AND message ~ 'does not exist any more|nothing is set there'}),
		'but its role is gone, so nothing is done');
}

# Statements that each look one row up, each in a session of its own.
sub load
{
	my $script = $node->basedir . '/load.sql';

	PostgreSQL::Test::Utils::append_to_file($script, "\\set id random(1, 500000)\nSELECT note FROM items WHERE id = :id;\n");
	my $child = fork();
	die "no process: $!" unless defined $child;
	if ($child == 0)
	{
		open(STDOUT, '>', '/dev/null');
		open(STDERR, '>', '/dev/null');
		exec($node->installed_command('pgbench'), '-n', '-h', $node->host, '-p', $node->port, '-U', 'app', '-C', '-c', '1', '-R', '20',
			'-T', '600', '-f', $script, 'postgres');
	}
	return $child;
}

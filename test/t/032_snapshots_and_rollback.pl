# Promise: rollback() puts back what was changed since a snapshot - of the server, databases, roles and
# tables - and nothing else: not what came before it, not what somebody changed after it was asked for,
# not what selfheal must not touch; and it says truthfully how it ended, whatever happens on the way.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Utils;
use SelfHeal;
use Test::More;

my $node = heal_node('main');
my ($first, $second, $third);

hot_table($node);
answer($node, <<'SQL');
CREATE DATABASE shop;
CREATE ROLE dba LOGIN;
GRANT selfheal_operator TO dba;
CREATE ROLE owner;
CREATE TABLE stock (id integer, t text) WITH (fillfactor = 80);
ALTER TABLE stock OWNER TO owner;
GRANT ALL ON SCHEMA public TO owner;
SQL
poll_until($node, 'SELECT count(*) > 0 FROM selfheal.read_metrics()') or die 'the engine does not sample';

# Every level, by somebody who may do none of it himself

answer($node, $_) foreach (
	"ALTER SYSTEM SET work_mem = '8MB'",
	"ALTER DATABASE shop SET statement_timeout = '5s'",
	"ALTER ROLE app SET work_mem = '16MB'",
	"ALTER ROLE app IN DATABASE shop SET lock_timeout = '3s'",
	"ALTER ROLE app CONNECTION LIMIT 7",
	"SELECT pg_reload_conf()");
$first = snapshot();
answer($node, $_) foreach (
	"ALTER SYSTEM SET work_mem = '64MB'",
	"ALTER SYSTEM SET random_page_cost = 1.1",
	"ALTER DATABASE shop RESET ALL",
	"ALTER DATABASE shop SET jit = off",
	"ALTER DATABASE shop CONNECTION LIMIT 9",
	"ALTER ROLE app SET work_mem = '1GB'",
	"ALTER ROLE app SET log_lock_waits = on",
	"ALTER ROLE app IN DATABASE shop SET lock_timeout = '1s'",
	"ALTER ROLE app CONNECTION LIMIT 1",
	"ALTER TABLE stock SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.5, toast.autovacuum_vacuum_threshold = 7)",
	# none of these was there before, so none of it is ours to change
	"CREATE ROLE newcomer",
	"ALTER ROLE newcomer SET work_mem = '1MB'",
	"CREATE TABLE newer (id integer) WITH (fillfactor = 30)",
	"SELECT pg_reload_conf()");
my $before = configuration();
my $log = log_offset($node);
is(as_dba("SELECT count(*) FROM selfheal.rollback($first, dry_run => true) WHERE verdict = 'would be put back'"), 12,
	'a dry run shows every difference');
like(as_dba("SELECT statement FROM selfheal.rollback($first, true) WHERE item = 'role app in database shop lock_timeout'"),
	qr/^ALTER ROLE app IN DATABASE shop SET lock_timeout = '3s'$/, 'with the exact statement');
is(configuration(), $before, 'and changes nothing');
is(rolled_back($first), "success|1|t|12|12|12 of 12 put back", 'every level is put back, and verified');
is(answer($node, 'SHOW work_mem'), '8MB', 'the server uses it');
is(answer($node, "SELECT setting FROM pg_settings WHERE name = 'random_page_cost'"), 4, 'what was not set is not set');
is(answer($node, "SELECT string_agg(v, ' ' ORDER BY v) FROM pg_db_role_setting s, unnest(setconfig) v WHERE setrole IN (0, 'app'::regrole)"),
	'lock_timeout=3s statement_timeout=5s work_mem=16MB', 'so are databases and roles');
is(answer($node, "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'app'"), 7, 'so is the connection limit of a role');
is(answer($node, "SELECT datconnlimit FROM pg_database WHERE datname = 'shop'"), -1, 'and of a database');
is(answer($node, "SELECT reloptions FROM pg_class WHERE relname = 'stock'"), '{fillfactor=80}', 'so are tables');
is(answer($node, "SELECT reloptions FROM pg_class WHERE oid = (SELECT reltoastrelid FROM pg_class WHERE relname = 'stock')"),
	'', 'and what belongs to them');
is(answer($node, "SELECT rolconfig FROM pg_roles WHERE rolname = 'newcomer'"), '{work_mem=1MB}', 'a new role keeps its own');
is(answer($node, "SELECT reloptions FROM pg_class WHERE relname = 'newer'"), '{fillfactor=30}', 'a new table keeps its own');
like(failing("SELECT selfheal.rollback($first)"), qr/snapshot $first is already rolled back/, 'and that was it');
like(slurp_file($node->logfile, $log), qr/selfheal: rollback \d+ of snapshot $first: success: 12 of 12/, 'the log says so');
is(answer($node, "SELECT owner::regrole FROM (SELECT relowner FROM pg_class WHERE relname = 'stock') AS o (owner)"), 'owner',
	'the table is still its owner\'s');
ok( poll_until($node, "SELECT string_agg(action || ' ' || actor, ', ' ORDER BY sequence) FROM selfheal.audit_log WHERE subject = 'snapshot $first'",
		'snapshot_taken dba, rollback_ordered dba, rollback_ended selfheal'),
	'who did what is on record');

# Steps under each other: going back one leaves the one before

$first = snapshot();
answer($node, "ALTER ROLE app SET statement_timeout = '1min'");
$second = snapshot($first);
answer($node, "ALTER ROLE app SET statement_timeout = '2min'");
answer($node, "ALTER ROLE app SET jit = off");
is(rolled_back($second), 'success|1|t|2|2|2 of 2 put back', 'the second step is put back');
is(setting_of_app('statement_timeout'), '1min', 'the first is preserved');
is(answer($node, "SELECT state FROM selfheal.snapshots WHERE id = $first"), 'open', 'and can still be put back');
$second = snapshot($first);
$third = snapshot($second);
like(failing("SELECT selfheal.create_snapshot('database', $third)"), qr/snapshots nest three deep at most/, 'three deep and not four');
answer($node, "ALTER ROLE app SET statement_timeout = '3min'");
like(failing("SELECT selfheal.cleanup_snapshot($first)"), qr/snapshot $first has others under it/, 'what others are under stays');
is(rolled_back($first), 'success|1|t|1|1|1 of 1 put back', 'all of it is put back at once');
is(setting_of_app('statement_timeout'), undef, 'as it was before the first step');
is(answer($node, "SELECT string_agg(state, ',') FROM selfheal.snapshots WHERE id IN ($second, $third)"), 'rolled back,rolled back',
	'those under it are rolled back with it');
$first = snapshot();
$second = snapshot($first);
is(as_dba("SELECT selfheal.cleanup_snapshot($second) + selfheal.cleanup_snapshot($first)"), 2, 'when both steps went well both are forgotten');

# What somebody changes between the order and the act is theirs

answer($node, "ALTER ROLE app SET jit = on; ALTER TABLE stock SET (fillfactor = 90)");
$first = snapshot();
answer($node, "ALTER ROLE app SET jit = off; ALTER ROLE app SET work_mem = '32MB'; ALTER TABLE stock SET (fillfactor = 20)");
hold($node, 'executing');
order($first);
is(status(), 'in progress', 'it is in progress');
like(failing("SELECT selfheal.rollback($first)"), qr/snapshot $first is being rolled back/, 'it is not begun twice');
like(failing("SELECT selfheal.cleanup_snapshot($first)"), qr/snapshot $first is being rolled back/, 'nor forgotten meanwhile');
answer($node, "ALTER ROLE app SET work_mem = '48MB'; ALTER TABLE stock RENAME TO goods");
release($node);
is(outcome(), 'partial|1|t|1|3|1 of 3 put back; left: role app work_mem (somebody has changed it since this was asked for), '
	  . 'table public.stock fillfactor (it is called public.goods now)', 'what was changed meanwhile is left, by name');
is(setting_of_app('work_mem'), '48MB', 'and is as its owner wants it');
is(setting_of_app('jit'), 'on', 'the rest is put back');
answer($node, 'ALTER TABLE goods RENAME TO stock');
is(rolled_back($first), 'success|1|t|2|2|2 of 2 put back', 'asked again, knowing that, it is put back');

# What must not be touched is named and left

answer($node, "ALTER ROLE postgres SET work_mem = '5MB'; ALTER ROLE app SET synchronous_commit = on; CREATE ROLE gone; ALTER ROLE gone SET jit = on");
$first = snapshot();
answer($node, $_) foreach (
	"ALTER SYSTEM SET max_connections = 51",
	"ALTER SYSTEM SET autovacuum_naptime = '2min'",
	"ALTER ROLE postgres SET work_mem = '6MB'",
	"ALTER ROLE app SET synchronous_commit = off",
	"DROP ROLE gone");
my $ended = rolled_back($first);
like($ended, qr/^partial\|1\|t\|1\|6\|/, 'what may be is put back');
like($ended, qr/\Q$_\E/, "left: $_")
  foreach (
	'role app synchronous_commit (selfheal does not change this setting)',
	'role postgres work_mem (it is a superuser\'s)',
	'server max_connections (selfheal does not change this setting)',
	'role gone jit (it does not exist any more)',
	'role gone connection limit (it does not exist any more)');
answer($node, $_) foreach (
	"ALTER SYSTEM RESET max_connections", "ALTER ROLE postgres RESET work_mem", "ALTER ROLE app RESET synchronous_commit");

# A value that was there, but that selfheal would not choose: beyond its bounds

answer($node, "ALTER ROLE app SET work_mem = '64GB'");
$first = snapshot();
answer($node, "ALTER ROLE app SET work_mem = '1MB'");
is(rolled_back($first), 'failed|1|f|0|1|0 of 1 put back; left: role app work_mem (64GB is outside of the bounds 64 to 2097152)',
	'a value beyond the bounds is not put back');

# A table that is locked: tried again, and then said; nobody queues behind us for long

answer($node, "ALTER TABLE stock SET (fillfactor = 70)");
$first = snapshot();
answer($node, "ALTER TABLE stock SET (fillfactor = 10); ALTER ROLE app SET work_mem = '2MB'");
configure($node, 'selfheal.rollback_max_attempts' => 2);
my $locker = idle_in_transaction($node, 'LOCK TABLE stock IN SHARE UPDATE EXCLUSIVE MODE');
is(rolled_back($first), 'partial|2|t|1|2|1 of 2 put back; left: table public.stock fillfactor (canceling statement due to lock timeout)',
	'a locked table is tried as often as asked for');
configure($node, 'selfheal.rollback_timeout' => '1s', 'selfheal.rollback_max_attempts' => 100);
like(rolled_back($first), qr/^failed\|\d\|f\|0\|1\|.*canceling statement.*; the time limit was reached \(selfheal.rollback_timeout\)$/,
	'and not for longer than asked for');
$locker->query('ROLLBACK');
is(rolled_back($first), 'success|1|t|1|1|1 of 1 put back', 'free again, it is put back');

# Stopped on the way

answer($node, "ALTER ROLE app SET work_mem = '3MB'");
$first = snapshot();
answer($node, "ALTER ROLE app SET work_mem = '4MB'");
hold($node, 'executing');
order($first);
answer($node, "SELECT selfheal.stop('a test')");
release($node);
like(outcome(), qr/^failed\|1\|f\|0\|1\|0 of 1 put back; left: role app work_mem \(not begun\); selfheal was told to stop/, 'a stop is obeyed by one that has begun');
is(setting_of_app('work_mem'), '4MB', 'and has changed nothing');
answer($node, "SELECT selfheal.start('a test')");

# Ended from outside: by a human, or with the whole server

foreach my $how ('terminate', 'crash')
{
	hold($node, 'executing');
	order($first);
	ok(poll_until($node, "SELECT count(*) FROM selfheal.rollbacks WHERE started_at IS NOT NULL AND status = 'in progress'", 1), 'it has begun');
	if ($how eq 'terminate')
	{
		answer($node, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'selfheal rollback'");
	}
	else
	{
		crash_node($node);
		$node->start;
	}
	ok(poll_until($node, 'SELECT status FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1', 'failed'), "$how: it is not in progress for ever");
	like(answer($node, 'SELECT message FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1'), qr/ended from outside/, 'and says why');
	is(setting_of_app('work_mem'), '4MB', 'nothing was changed');
	release($node);
}
is(rolled_back($first), 'success|1|t|1|1|1 of 1 put back', 'it can be asked for again');

# Verification

answer($node, "ALTER ROLE app SET work_mem = '5MB'");
configure($node, 'selfheal.rollback_verify' => 'off', 'random_page_cost' => 3);
$first = snapshot();
answer($node, "ALTER ROLE app SET work_mem = '6MB'");
is(rolled_back($first), 'success|1|f|1|1|1 of 1 put back; not verified: selfheal.rollback_verify is off', 'without verification it says so');
configure($node, 'selfheal.rollback_verify' => 'on');
configure($node, 'autovacuum_vacuum_cost_limit' => 300);
my $raise = answer($node, "SELECT recovery FROM selfheal.trigger('raise_setting', 'autovacuum_vacuum_cost_limit')");
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $raise", 'succeeded'), 'a setting is raised by a recovery');
$first = snapshot();
answer($node, "ALTER SYSTEM SET random_page_cost = 5");
# from now on the command line decides
$node->stop;
system_or_bail('pg_ctl', '-w', '-s', '-D', $node->data_dir, '-l', $node->logfile, '-o', '-c random_page_cost=2 -c autovacuum_vacuum_cost_limit=250 --cluster-name=main', 'start');
$node->_update_pid(1);
poll_until($node, "SELECT state = 'on' FROM selfheal.status");
is(rolled_back($first), 'verification failed|1|f|0|1|1 of 1 put back; not in effect: server random_page_cost (the server uses 2: its command line may say so)',
	'what is put back and not in effect is no success');
is(answer($node, "SELECT setting FROM pg_file_settings WHERE name = 'random_page_cost'"), 3, 'though the file has it');
foreach my $try ('first', 'second')
{
	my $undo = answer($node, "SELECT rollback FROM selfheal.rollback(-$raise)");

	ok(poll_until($node, "SELECT status <> 'in progress' FROM selfheal.rollbacks WHERE id = $undo"), "what a recovery raised is put back, a $try time");
	is(answer($node, "SELECT status, verified, restored, message FROM selfheal.rollbacks WHERE id = $undo"),
		'verification failed|f|0|put back, but not in effect: the server uses 250: its command line may say so', 'and no success either');
	is(answer($node, "SELECT outcome FROM selfheal.rollback_steps WHERE rollback = $undo"), 'not in effect', 'in any place');
	is(answer($node, "SELECT state, verified FROM selfheal.snapshots WHERE id = -$raise"), 'not in effect|f', 'where it is told');
}
is(answer($node, "SELECT setting FROM pg_file_settings WHERE name = 'autovacuum_vacuum_cost_limit' AND sourcefile LIKE '%auto.conf'"), 300, 'though the file has it');

# All of it counted

my ($total, $good, $failed, $partial, $unverified) = split(/\|/,
	answer($node, 'SELECT total_rollbacks, successful_rollbacks, failed_rollbacks, partial_rollbacks, verification_failed_rollbacks FROM selfheal.rollback_stats'));
is($good + $failed + $partial + $unverified, $total, 'every rollback has ended in one way');
is($unverified, 3, 'and is counted in that');
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');

stop_node($node);
done_testing();

# A new snapshot, as somebody who is nobody but an operator of selfheal.
sub snapshot
{
	my ($parent) = @_;

	return as_dba(sprintf("SELECT selfheal.create_snapshot('database', %s)", $parent // 'NULL'));
}

sub order
{
	my ($snapshot) = @_;

	as_dba("SELECT count(*) FROM selfheal.rollback($snapshot)");
}

# Status, attempts, verified, put back, differing, and the message of the newest rollback, when it has ended.
sub outcome
{
	poll_until($node, "SELECT status <> 'in progress' FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1")
	  or die 'a rollback does not end';
	return answer($node, 'SELECT status, attempts, verified, restored, total, message FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1');
}

sub rolled_back
{
	my ($snapshot) = @_;

	order($snapshot);
	return outcome();
}

sub status
{
	return answer($node, 'SELECT status FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1');
}

sub as_dba
{
	my ($sql) = @_;

	return $node->safe_psql('postgres', $sql, extra_params => [ '-U', 'dba' ]);
}

# What a statement that must fail complains about.
sub failing
{
	my ($sql) = @_;
	my ($code, undef, $error) = $node->psql('postgres', $sql, extra_params => [ '-U', 'dba' ]);

	return $code == 0 ? 'it worked' : $error;
}

# undef when it has none.
sub setting_of_app
{
	my ($name) = @_;
	my $all = answer($node, "SELECT unnest(rolconfig) FROM pg_roles WHERE rolname = 'app'");

	return $all =~ /^$name=(.*)$/m ? $1 : undef;
}

sub configuration
{
	return answer($node, <<'SQL');
SELECT string_agg(s::text, E'\n' ORDER BY setdatabase, setrole) FROM pg_db_role_setting AS s;
SELECT string_agg(concat(name, setting), E'\n' ORDER BY seqno) FROM pg_file_settings;
SELECT string_agg(concat(oid, reloptions), E'\n' ORDER BY oid) FROM pg_class;
SELECT string_agg(concat(datname, datconnlimit), E'\n' ORDER BY oid) FROM pg_database;
SELECT string_agg(concat(rolname, rolconnlimit), E'\n' ORDER BY oid) FROM pg_roles;
SQL
}

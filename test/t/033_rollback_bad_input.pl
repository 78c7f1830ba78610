# Promise: a rollback that cannot be done says so and breaks nothing: settings that cannot be written,
# snapshots that are not of this server or not what they were, tables that are gone. And no secret is
# ever written down by it.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use PostgreSQL::Test::Utils;
use SelfHeal;
use Test::More;

my $node = heal_node('main', streaming => 1, conf => "wal_level = replica\n");
my $version = answer($node, "SELECT current_setting('server_version_num')::int / 10000");
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump';
my $snapshot;

hot_table($node);
poll_until($node, 'SELECT count(*) > 0 FROM selfheal.read_metrics()') or die 'the engine does not sample';

# The server's settings cannot be written: its new file has a folder in its place

answer($node, "ALTER ROLE app SET work_mem = '2MB'");
$snapshot = snapshot();
answer($node, "ALTER SYSTEM SET random_page_cost = 2");
mkdir($node->data_dir . '/postgresql.auto.conf.tmp') or die $!;
like(rolled_back($snapshot), qr/^failed\|3\|f\|.*server random_page_cost \(could not open file "postgresql.auto.conf.tmp"/,
	'a file that cannot be written: failed, and why');
answer($node, "ALTER ROLE app SET work_mem = '3MB'");
like(rolled_back($snapshot), qr/^partial\|3\|t\|1 of 2 put back; left: server random_page_cost \(could not open file/,
	'what is not in that file is put back all the same');
rmdir($node->data_dir . '/postgresql.auto.conf.tmp') or die $!;
is(rolled_back($snapshot), 'success|1|t|1 of 1 put back', 'when it can be written again, so is the rest');

SKIP:
{
	skip 'ALTER SYSTEM can be forbidden from version 17 on', 4 if $version < 17;
	$snapshot = snapshot();
	answer($node, "ALTER SYSTEM SET random_page_cost = 3");
	$node->append_conf('postgresql.conf', 'allow_alter_system = off');
	$node->reload;
	poll_until($node, 'SHOW allow_alter_system', 'off');
	like(answer($node, "SELECT verdict FROM selfheal.rollback($snapshot, true) WHERE item = 'server random_page_cost'"),
		qr/^left alone: ALTER SYSTEM is not allowed on this server/, 'ALTER SYSTEM is forbidden: a dry run says so');
	like(rolled_back($snapshot), qr/^failed\|1\|f\|.*server random_page_cost \(ALTER SYSTEM is not allowed on this server/,
		'and so does the rollback');
	$node->append_conf('postgresql.conf', 'allow_alter_system = on');
	$node->reload;
	poll_until($node, 'SHOW allow_alter_system', 'on');
	like(rolled_back($snapshot), qr/server random_page_cost|1 of 2 put back/, 'allowed again, it works');
	is(answer($node, "SELECT count(*) FROM pg_file_settings WHERE name = 'random_page_cost'"), 0, 'the setting is gone again');
}

# The acting role has lost its rights: the server refuses, we say so

$snapshot = snapshot();
answer($node, 'ALTER SYSTEM SET random_page_cost = 2');
answer($node, 'REVOKE ALTER SYSTEM ON PARAMETER random_page_cost FROM selfheal_executor');
like(rolled_back($snapshot), qr/^failed\|3\|f\|.*permission denied to set parameter "random_page_cost"/, 'what the acting role may not do is not done');
answer($node, 'GRANT ALTER SYSTEM ON PARAMETER random_page_cost TO selfheal_executor');
is(rolled_back($snapshot), 'success|1|t|1 of 1 put back', 'with its rights back it is');

# Files that cannot be read

$node->append_conf('postgresql.conf', "= this is not a setting");
like(failing("SELECT selfheal.create_snapshot('database')"), qr/the configuration files cannot be read.*DETAIL:  .*postgresql.conf line \d+: syntax error/s,
	'a broken file is told about');
like(failing("SELECT selfheal.rollback(1)"), qr/snapshot 1 is already rolled back|the configuration files cannot be read/, 'also by a rollback');
my $file = slurp_file($node->data_dir . '/postgresql.conf');
$file =~ s/^= this is not a setting$//m;
open(my $out, '>', $node->data_dir . '/postgresql.conf') or die $!;
print $out $file;
close($out);

# Secrets: a change is seen, and nothing of them is anywhere

answer($node, $_) foreach (
	"ALTER SYSTEM SET primary_conninfo = 'host=nowhere password=hunter2'",
	"ALTER SYSTEM SET archive_command = 'copy --token hunter2'",
	"ALTER ROLE app SET app.api_key = 'hunter2'",
	"ALTER DATABASE postgres SET app.password = 'hunter2'");
my $log = log_offset($node);
$snapshot = snapshot();
is(answer($node, "SELECT string_agg(parameter, ' ' ORDER BY parameter) FROM selfheal.snapshot_settings WHERE snapshot = $snapshot AND secret AND level <> 'file'"),
	'app.api_key app.password archive_command primary_conninfo', 'they are known to be secrets');
is(answer($node, "SELECT count(value) FROM selfheal.snapshot_settings WHERE snapshot = $snapshot AND secret"), 0, 'and not shown');
answer($node, $_) foreach (
	"ALTER SYSTEM SET primary_conninfo = 'host=nowhere password=hunter3'",
	"ALTER DATABASE postgres RESET app.password");
my $ended = rolled_back($snapshot);
like($ended, qr/^failed\|/, 'what may hold a secret is not put back');
like($ended, qr/server primary_conninfo \(it may hold a secret/, 'one changed is named');
like($ended, qr/database postgres app.password \(it may hold a secret/, 'one taken away is named');
unlike($ended, qr/app.api_key|archive_command/, 'one that is as it was is not');
ok(poll_until($node, 'SELECT unwritten_records = 0 FROM selfheal.status'), 'everything is in the tables');
run_ok('pg_dump', '-Fc', '-n', 'selfheal', '-e', 'selfheal', '-f', $dump, '-d', $node->connstr('postgres'));
my $plain;
IPC::Run::run([ 'pg_restore', '-f', '-', $dump ], '>', \$plain) or die 'the dump cannot be read';
like($plain, qr/primary_conninfo\t\t[0-9a-f]{64}\tt/, 'the dump has the snapshot');
unlike($plain, qr/hunter/, 'and no secret');
unlike(join('', map { slurp_file($_) } glob($node->data_dir . '/selfheal*')), qr/hunter/, 'nor have our files in the data directory');
unlike((join("\n", grep { !/statement: ALTER/ } split(/\n/, slurp_file($node->logfile, $log)))), qr/hunter/, 'nor has the log');
answer($node, $_) foreach ("ALTER SYSTEM RESET primary_conninfo", "ALTER SYSTEM RESET archive_command", "ALTER ROLE app RESET ALL");

# A snapshot that comes with a dump is of another cluster, or of another database

my $other = heal_node('other', extension => 0);
run_ok('pg_restore', '--exit-on-error', '-d', $other->connstr('postgres'), $dump);
like(failing("SELECT selfheal.rollback($snapshot)", $other), qr/snapshot $snapshot is of another cluster/, 'one of another cluster is refused');
cmp_ok(answer($other, "SELECT selfheal.create_snapshot('database')"), '>', $snapshot, 'a new one gets a new number')
  if poll_until($other, 'SELECT count(*) > 0 FROM selfheal.read_metrics()');
stop_node($other);
wait_until(sub { $node->psql('postgres', 'CREATE DATABASE copy TEMPLATE postgres') == 0 }, 'nobody in the database')
  or die 'it could not be copied';
my (undef, undef, $error) = $node->psql('copy', "SELECT selfheal.rollback($snapshot)");
like($error, qr/snapshot $snapshot is of another database/, 'one of another database is refused');

# A copy has the tables, so it can have snapshots of its own

answer($node, "CREATE TABLE t (n integer) WITH (fillfactor = 80)", 'copy');
my $there = answer($node, "SELECT selfheal.create_snapshot('database')", 'copy');
answer($node, "ALTER TABLE t SET (fillfactor = 40)", 'copy');
answer($node, "SELECT count(*) FROM selfheal.rollback($there)", 'copy');
ok(poll_until($node, "SELECT status FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1", 'success', database => 'copy'), 'a snapshot of its own it can go back to');
is(answer($node, "SELECT reloptions FROM pg_class WHERE relname = 't'", 'copy'), '{fillfactor=80}', 'for the tables of that');

# On a standby

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby);
foreach my $call ("create_snapshot('database')", "rollback($snapshot)", "cleanup_snapshot($snapshot)", 'cleanup_old_snapshots()')
{
	like(failing("SELECT selfheal.$call", $standby), qr/snapshots cannot be kept on a standby.*HINT:  Connect to the primary/s, "$call on a standby is refused");
}
is(answer($standby, "SELECT count(*) > 0 FROM selfheal.snapshots"), 't', 'where they can be read');
stop_node($standby);

# Its tables go away while it waits

answer($node, "ALTER ROLE app SET work_mem = '2MB'");
$snapshot = snapshot();
answer($node, "ALTER ROLE app SET work_mem = '4MB'");
hold($node, 'executing');
answer($node, "SELECT count(*) FROM selfheal.rollback($snapshot)");
poll_until($node, "SELECT count(*) FROM selfheal.rollbacks WHERE started_at IS NOT NULL AND status = 'in progress'", 1);
$log = log_offset($node);
answer($node, 'DROP EXTENSION selfheal');
release($node);
ok(wait_for_log($node, qr/rollback \d+ of snapshot $snapshot: it was carried out, but could not be written down/, $log), 'the extension dropped under it: the log says so');
is(answer($node, "SELECT rolconfig FROM pg_roles WHERE rolname = 'app'"), '{work_mem=4MB}', 'and nothing was changed');
answer($node, 'CREATE EXTENSION selfheal');
ok(poll_until($node, "SELECT count(*) FROM selfheal.events WHERE kind = 'rollback_ended' AND message LIKE '%could not be written down%'", 1), 'and so does the record');

# Hardly a worker to be had: engine, launcher of logical replication, and one for everybody else

poll_until($node, 'SELECT count(*) > 0 FROM selfheal.read_metrics()');
$snapshot = snapshot();
answer($node, "ALTER ROLE app SET work_mem = '6MB'");
answer($node, "ALTER SYSTEM SET max_worker_processes = 3");
$node->restart;
poll_until($node, "SELECT state FROM selfheal.status", 'on');
like(rolled_back($snapshot), qr/^partial\|1\|t\|1 of 2 put back; left: server max_worker_processes/, 'with hardly a worker it is done all the same');
is(answer($node, "SELECT rolconfig FROM pg_roles WHERE rolname = 'app'"), '{work_mem=4MB}', 'and well');

# None at all: it is not in progress for ever

answer($node, "ALTER ROLE app SET work_mem = '6MB'");
answer($node, 'ALTER SYSTEM SET max_worker_processes = 2');
answer($node, "ALTER SYSTEM SET selfheal.rollback_timeout = '1s'");
$node->restart;
poll_until($node, "SELECT state FROM selfheal.status", 'on');
$log = log_offset($node);
like(rolled_back($snapshot), qr/^failed\|0\|f\|its process was ended from outside or could not begin/, 'without a worker it fails');
ok(wait_for_log($node, qr/rollback \d+ was not begun: no background worker was free/, $log), 'and the log says why');

unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
stop_node($node);
done_testing();

sub snapshot
{
	return answer($node, "SELECT selfheal.create_snapshot('database')");
}

# Status, attempts, verified and message of a rollback, when it has ended.
sub rolled_back
{
	my ($id) = @_;

	answer($node, "SELECT count(*) FROM selfheal.rollback($id)");
	poll_until($node, "SELECT status <> 'in progress' FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1")
	  or die 'a rollback does not end';
	return answer($node, 'SELECT status, attempts, verified, message FROM selfheal.rollbacks ORDER BY id DESC LIMIT 1');
}

sub failing
{
	my ($sql, $server) = @_;
	my ($code, undef, $complaint) = ($server // $node)->psql('postgres', $sql);

	return $code == 0 ? 'it worked' : $complaint;
}

sub run_ok
{
	my (@command) = @_;
	my ($output, $errors);

	ok(IPC::Run::run(\@command, '>', \$output, '2>', \$errors), "$command[0] works") or diag($errors);
}

# Promise: the engine is always there, in nobody's way, and when it cannot do its work it says why and
# what to do, once, and goes on.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

# Without preloading

my $node = heal_node('main', start => 0, conf => <<'CONF');
shared_preload_libraries = ''
selfheal.database = home
max_logical_replication_workers = 0
CONF

$node->start;
my ($status, undef, $error) = $node->psql('postgres', 'CREATE EXTENSION selfheal');
isnt($status, 0, 'not preloaded, CREATE EXTENSION is refused');
is(() = $error =~ /ERROR/g, 1, 'with one error');
like($error, qr/selfheal is not preloaded.*Add selfheal to shared_preload_libraries and restart/s, 'that says what to do');
is(answer($node, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'selfheal%'"), 0, 'and nothing is left behind');
is(answer($node, 'SELECT 1'), 1, 'the server works as if we were not there');

# Without a home

$node->append_conf('postgresql.conf', "shared_preload_libraries = 'selfheal'");
$node->restart;
like(wait_for_log($node, qr/its home database "home" does not exist/) // '', qr/HINT:  Create the database/,
	'without its home database it says what to do');
my $engine = engine_pid($node);
is( answer($node, "SELECT datid IS NULL AND datname IS NULL FROM pg_stat_activity WHERE pid = $engine"),
	't', 'the engine runs, attached to no database');
($status, undef, $error) = $node->psql('postgres', 'CREATE EXTENSION selfheal');
isnt($status, 0, 'in another database CREATE EXTENSION is refused');
like($error, qr/belongs in database "home".*HINT:  Connect to database "home"/s, 'with a hint');
answer($node, 'CREATE DATABASE home');
like(wait_for_log($node, qr/the extension is not installed in its home database "home"/) // '',
	qr/HINT:  Connect to database "home" and run CREATE EXTENSION/, 'without its extension, too');
create_extension($node, 'home');
ok(home('SELECT state, history FROM selfheal.status', 'on|ok'), 'then it is on, at once, and writes history');
is(engine_pid($node), $engine, 'all the time by the same engine');
is(unmet(), '', 'diagnose() finds nothing wrong');

# Ended

answer($node, "SELECT pg_terminate_backend($engine)");
ok( poll_until($node,
		"SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal engine' AND pid <> $engine",
		1, patience => 5),
	'ended, it comes back with a new pid');
ok(home('SELECT state FROM selfheal.status', 'on'), 'and is on');

# Stages that fail. Its file gone, a new engine cannot read this catalog, and nobody else needs it.

my $file = $node->data_dir . '/' . answer($node, "SELECT pg_relation_filepath('pg_auth_members')");
my $somebody = session($node);
my $log_start = log_offset($node);
rename($file, "$file.away") or die "could not rename $file: $!";
answer($node, 'SELECT pg_terminate_backend(' . engine_pid($node) . ')');
ok(home('SELECT engine_errors > 3 FROM selfheal.status'), 'stages fail again and again');
like(answer($node, 'SELECT last_error FROM selfheal.status', 'home'), qr/^while (looking|measuring|recording): could not open file/, 'status says which, and why');
like(unmet(), qr/engine stages/, 'so does diagnose()');
ok(home('SELECT heartbeats > 3 AND newest_sample_age < interval $$3 s$$ FROM selfheal.status, selfheal.read_engine()'),
	'the other stages go on');
my @told = slurp_file($node->logfile, $log_start) =~ /could not open file/g;
ok(@told == 2 || @told == 3,
	'the log has it once for each stage that reads it: looking, recording, and measuring when it is its turn')
  or diag(scalar(@told) . ' times');
rename("$file.away", $file) or die "could not rename $file back: $!";
my $errors = 'SELECT engine_errors FROM selfheal.status';
ok( wait_until(
		sub {
			my $before = answer($node, $errors, 'home');
			my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_engine()', 'home');
			home("SELECT heartbeats > $beats + 1 FROM selfheal.read_engine()");
			return answer($node, $errors, 'home') == $before;
		}),
	'and when its cause is gone it works again');

# A catalog that somebody has locked, and that has just changed

my $locker = session($node, database => 'home');
$locker->query('BEGIN');
$locker->query('LOCK pg_database');
$somebody->query('CREATE ROLE newcomer');
my $seen = $locker->query('SELECT heartbeats FROM selfheal.read_engine()');
ok(wait_until(sub { $locker->query("SELECT heartbeats > $seen + 2 FROM selfheal.read_engine()") eq 't' }),
	'while somebody holds a catalog the engine goes on');
isnt($locker->query('SELECT home FROM selfheal.read_engine()'), 'no database',
	'and does not take what it cannot read for missing');
$locker->query('COMMIT');
$locker->close;

# Restarted too often

foreach my $time (1 .. 3)
{
	last if answer($node, 'SELECT state FROM selfheal.status', 'home') eq 'passive';
	my $pid = engine_pid($node);
	answer($node, "SELECT pg_terminate_backend($pid)");
	home("SELECT engine_pid <> $pid AND heartbeat_at IS NOT NULL FROM selfheal.status");
}
is( answer($node, 'SELECT state, why ~ $$restarted 3 times within a minute$$, hint ~ $$selfheal.start$$ FROM selfheal.status', 'home'),
	'passive|t|t', 'after three quick restarts it is passive and says so');
like(unmet(), qr/^running/, 'so does diagnose()');
like(slurp_file($node->logfile), qr/selfheal is passive: .*\n.*\n.*HINT:/, 'and the log, with a hint');
my $before = answer($node, 'SELECT max(sampled_at) FROM selfheal.metrics', 'home');
my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_engine()', 'home');
home("SELECT heartbeats > $beats + 2 FROM selfheal.read_engine()");
is(answer($node, 'SELECT max(sampled_at) FROM selfheal.metrics', 'home'), $before, 'passive, it does not even sample');
$node->restart;
ok(home('SELECT state FROM selfheal.status', 'passive'), 'a restart of the server does not change that');
answer($node, "SELECT selfheal.start('found the reason')", 'home');
ok(home('SELECT state FROM selfheal.status', 'on'), 'selfheal.start() does');
foreach my $time (1 .. 4)
{
	$node->restart;
	home('SELECT heartbeat_at IS NOT NULL FROM selfheal.read_engine()');
}
ok(home('SELECT state FROM selfheal.status', 'on'), 'restarts of the server that somebody wished do not count');

# Nobody's way: while a recovery is running, too

answer($node, 'CREATE DATABASE other');
answer($node, 'CREATE DATABASE sick');
hot_table($node, 'sick');
configure_in_home('selfheal.hold_stage' => 'executing');
my ($blocker, @waiters) = pile_up($node, 2, database => 'sick');
answer($node, "SELECT selfheal.trigger('terminate_blocker', '" . $blocker->pid . "', 'a test')", 'home');
ok(poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer' AND datname = 'sick'", 1),
	'a recovery runs in one database');
foreach my $sql ('CREATE DATABASE copy TEMPLATE other', 'DROP DATABASE copy', 'DROP DATABASE other',
	'CREATE DATABASE copy TEMPLATE home', 'DROP DATABASE copy', 'ALTER DATABASE home SET work_mem = 4096')
{
	($status, undef, $error) = $node->psql('postgres', $sql);
	is($error, '', "$sql works");
}
configure_in_home('selfheal.hold_stage' => 'none');
ok(home("SELECT stage FROM selfheal.recoveries WHERE id = 1", 'succeeded'), 'and the recovery, too');
$_->close foreach ($blocker, @waiters);
($status, undef, $error) = $node->psql('postgres', 'DROP DATABASE sick');
is($error, '', 'then that database can be dropped');

# Home renamed away and back

$log_start = log_offset($node);
ok(wait_until(sub { $node->psql('postgres', 'ALTER DATABASE home RENAME TO away') == 0 }), 'home can be renamed');
ok(wait_for_log($node, qr/its home database "home" does not exist/, $log_start), 'the log says that it is gone');
like(unmet('away'), qr/^home database, this database, history/, 'diagnose() says so where it can still be called');
is(answer($node, "SELECT count(*) FROM selfheal.diagnose() WHERE NOT met AND hint IS NULL", 'away'), 0, 'with hints');
answer($node, "SELECT selfheal.pause('1 second', 'all', 'while away')", 'away');
answer($node, 'ALTER DATABASE away RENAME TO home');
ok( poll_until($node, "SELECT count(*) FROM selfheal.event WHERE message LIKE '%while away'", 1, database => 'home'),
	'renamed back, history is written again, with what happened meanwhile');

# Off

configure_in_home('selfheal.enabled' => 'off');
ok(home('SELECT state, hint FROM selfheal.status', 'disabled|ALTER SYSTEM SET selfheal.enabled = on; SELECT pg_reload_conf();'),
	'switched off, it says so');
configure_in_home('selfheal.enabled' => 'on');
ok(home('SELECT state FROM selfheal.status', 'on'), 'and is on again after a reload');

# Another version

$log_start = log_offset($node);
answer($node, "UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'selfheal'", 'home');
answer($node, "SELECT selfheal.pause('1 second', 'all', 'something to write')", 'home');
like(wait_for_log($node, qr/the library is version .*, the extension in database "home" another/, $log_start) // '',
	qr/HINT:  Run ALTER EXTENSION selfheal UPDATE/, 'that the versions differ is said, with a hint');
like(unmet(), qr/version/, 'by diagnose(), too');
is(engine_pid($node) > 0, 1, 'and the engine goes on');

stop_node($node);
done_testing();

# Polls in the home database.
sub home
{
	my ($query, $expected) = @_;

	return poll_until($node, $query, $expected, database => 'home');
}

sub unmet
{
	my ($database) = @_;

	return answer($node, "SELECT string_agg(condition, ', ') FROM selfheal.diagnose() WHERE NOT met",
		$database // 'home');
}

sub configure_in_home
{
	my %setting = @_;

	configure($node, %setting);
}

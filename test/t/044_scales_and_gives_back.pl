# Promise: a resource setting that is too small is raised within its bounds and verified by what it was too small for; when
# nothing needs it any more it is given back, also after a restart; what somebody has changed since is left alone; and what
# is needed again stays and is told to a human.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'checkpoint_storm=1s'
selfheal.cooldown = 0
selfheal.max_acts_10min = 100
selfheal.max_acts_hour = 100
selfheal.monitoring_interval = 1
selfheal.sample_interval = 200ms
selfheal.cpu_budget = 1
selfheal.scale_give_back = 0
max_wal_size = 32MB
min_wal_size = 32MB
checkpoint_timeout = 30s
CONF
my $raises = q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'raise_setting' AND stage = 'succeeded'};
my $given_back = q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'give_back' AND stage = 'succeeded'};

ok(poll_until($node, q{SELECT value > 0 FROM selfheal.metrics WHERE name = 'wal_disk_free'}, 't', patience => 90),
	'the free space is known');

# Five megabytes a second, and a checkpoint every 17 of them

my $load = load();
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.failures WHERE type = 'checkpoint_storm' AND confirmed_at IS NOT NULL}, 't', patience => 90),
	'the storm is seen');
like(
	answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'checkpoint_storm' ORDER BY id LIMIT 1}),
	qr/^\d+ MB of WAL a second bring a checkpoint every [\d.]+ s, where checkpoint_timeout asks for one in 30.0 s: max_wal_size is 32 MB$/,
	'and told with values');
ok(poll_until($node, $raises, '1', patience => 120), 'it is healed');
my $raised = answer($node, 'SHOW max_wal_size');
like($raised, qr/^(64|128|256)MB$/, 'by a step within the bounds');
my $loan = answer($node, q{SELECT max(id) FROM selfheal.recoveries WHERE remedy = 'raise_setting'});
like(
	answer($node, "SELECT message FROM selfheal.recovery_steps WHERE recovery = $loan AND stage = 'executing'"),
	qr/^intent: ALTER SYSTEM SET max_wal_size TO '$raised'$/, 'the intent was written down');

is( answer($node, "SELECT kind, state, settings, holds FROM selfheal.snapshots WHERE id = -$loan"),
	'recovery|open|1|server max_wal_size', 'what it was is among the snapshots');

# It is given back by the server that comes after

end_load($load);
$node->restart;
is(answer($node, 'SHOW max_wal_size'), $raised, 'it outlives a restart');
is( answer($node, "SELECT statements FROM selfheal.trigger('give_back', '$loan', dry_run => true)"),
	'ALTER SYSTEM RESET max_wal_size', 'how it is given back is known');
configure($node, 'selfheal.scale_give_back' => '1s');
ok(poll_until($node, $given_back, '1', patience => 90), 'it is given back');
is(answer($node, 'SHOW max_wal_size'), '32MB', 'to what it was before');
is( answer($node, "SELECT s.state, r.status, r.requested_by FROM selfheal.snapshots AS s JOIN selfheal.rollbacks AS r ON r.snapshot = s.id WHERE s.id = -$loan"),
	'rolled back|success|selfheal', 'and its snapshot is rolled back');
is(answer($node, q{SELECT count(*) FROM pg_file_settings WHERE name = 'max_wal_size' AND sourcefile LIKE '%auto.conf'}),
	'0', 'which stands in a file of the administrator');
like(
	answer($node, q{SELECT message FROM selfheal.recoveries WHERE remedy = 'give_back'}),
	qr/^max_wal_size is what it was before: 32MB$/, 'and it is said');

# Needed again it stays

$load = load();
ok(poll_until($node, $raises, '2', patience => 120), 'it is raised again');
end_load($load);
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.escalations WHERE why LIKE 'max_wal_size was needed again after it had been given back, so it stays at %'}),
	'and a human is told to make it permanent');
is(answer($node, $given_back), '1', 'it does not go up and down');

# What somebody has changed since is theirs

is( answer($node, q{SELECT statements, undo FROM selfheal.trigger('raise_setting', 'autovacuum_vacuum_cost_limit', dry_run => true)}),
	q{ALTER SYSTEM SET autovacuum_vacuum_cost_limit TO '400'|ALTER SYSTEM RESET autovacuum_vacuum_cost_limit},
	'a dry run shows both ways');
is( answer($node, q{SELECT targets FROM selfheal.trigger('raise_setting', 'autovacuum_vacuum_cost_limit', dry_run => true)}),
	q{setting autovacuum_vacuum_cost_limit (to at most 8 times what it was before it was first raised; bounds: 10000, which is the server's own)},
	'and the bounds');
configure($node, 'selfheal.scale_give_back' => '0');
answer($node, q{SELECT selfheal.trigger('raise_setting', 'autovacuum_vacuum_cost_limit')});
ok(poll_until($node, $raises, '3'), 'it is raised by hand');
is(answer($node, 'SHOW autovacuum_vacuum_cost_limit'), '400', 'to twice what it was');
configure($node, autovacuum_vacuum_cost_limit => '300');
configure($node, 'selfheal.scale_give_back' => '1s');
ok(poll_until($node, q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'give_back' AND stage = 'withdrawn' AND change_state = 'left'}, '1', patience => 90),
	'giving back comes to an end');
is(answer($node, 'SHOW autovacuum_vacuum_cost_limit'), '300', 'with what somebody has set meanwhile');
$loan = answer($node, q{SELECT max(id) FROM selfheal.recoveries WHERE remedy = 'raise_setting'});
is( answer($node, "SELECT s.state, r.status, r.verified, r.restored, r.message FROM selfheal.snapshots AS s JOIN selfheal.rollbacks AS r ON r.snapshot = s.id WHERE s.id = -$loan"),
	q{left|failed|f|0|left alone: somebody has changed it since: it is '300'; it would have been: ALTER SYSTEM RESET autovacuum_vacuum_cost_limit},
	'which is told where rollbacks are told of, and why');
is(answer($node, "SELECT change_state FROM selfheal.recoveries WHERE id = $loan"), 'left', 'and of what was raised');
is(answer($node, $given_back), '1', 'it does not count as given back');
ok(wait_for_log($node, qr/selfheal: recovery \d+ withdrawn: left alone: somebody has changed it since/, 0), 'the log says so');

# What cannot be

my (undef, undef, $error) = $node->psql('postgres', q{SELECT selfheal.trigger('raise_setting', 'shared_buffers')});
like($error, qr/setting "shared_buffers" is not raised by selfheal/, 'one that is on no list');
(undef, undef, $error) = $node->psql('postgres', q{SELECT selfheal.trigger('raise_setting')});
like($error, qr/remedy "raise_setting" needs a target/, 'none');
(undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.trigger('give_back', '$loan')");
like($error, qr/recovery $loan has raised nothing that is in effect/, 'what was given back');

mkdir($node->data_dir . '/postgresql.auto.conf.tmp') or die $!;
answer($node, q{SELECT selfheal.trigger('raise_setting', 'autovacuum_vacuum_cost_limit')});
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.recoveries WHERE remedy = 'raise_setting' AND stage = 'withdrawn' AND message LIKE '%postgresql.auto.conf.tmp%'}),
	'where the file cannot be written nothing is raised, and it is said why');
is(answer($node, 'SHOW autovacuum_vacuum_cost_limit'), '300', 'and nothing has changed');
rmdir($node->data_dir . '/postgresql.auto.conf.tmp') or die $!;

SKIP:
{
	skip 'ALTER SYSTEM can be forbidden from version 17 on', 2
	  if answer($node, 'SHOW server_version_num') < 170000;
	$node->append_conf('postgresql.conf', 'allow_alter_system = off');
	$node->reload;
	ok(poll_until($node, 'SHOW allow_alter_system', 'off'), 'ALTER SYSTEM is forbidden');
	ok( SelfHeal::wait_until(
			sub {
				(undef, undef, $error) = $node->psql('postgres', q{SELECT selfheal.trigger('raise_setting', 'autovacuum_vacuum_cost_limit')});
				return $error =~ /nothing_to_change/;
			},
			'the refusal'),
		'so nothing is raised');
}

stop_node($node);
done_testing();

sub load
{
	my $script = $node->basedir . '/wal.sql';

	unlink($script);
	PostgreSQL::Test::Utils::append_to_file($script, "SELECT pg_logical_emit_message(false, 'load', repeat('x', 500000));\n");
	my $child = fork();
	die "no process: $!" unless defined $child;
	if ($child == 0)
	{
		open(STDOUT, '>', '/dev/null');
		open(STDERR, '>', '/dev/null');
		exec($node->installed_command('pgbench'), '-n', '-h', $node->host, '-p', $node->port,
			'-c', '1', '-R', '10', '-T', '600', '-f', $script, 'postgres');
	}
	return $child;
}

sub end_load
{
	my ($child) = @_;

	kill('TERM', $child);
	waitpid($child, 0);
}

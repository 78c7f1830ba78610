# Promise: a setting that was changed and made statements slow is given back the value it had, and verified by
# the statements; when that does not help, the change is put back in force; what somebody has changed since, or
# what is on no list, is left alone.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'setting_made_slow=1s'
selfheal.cooldown = 0
selfheal.monitoring_interval = 1
selfheal.sample_interval = 200ms
selfheal.cpu_budget = 1
autovacuum = off
CONF

# Thousands of rows, and an index that makes one of them cheap to find.
answer($node, 'CREATE ROLE app LOGIN');
answer($node, 'CREATE TABLE items AS SELECT g AS id, repeat(g::text, 10) AS note FROM generate_series(1, 300000) AS g');
answer($node, 'CREATE INDEX ON items (id)');
answer($node, 'VACUUM ANALYZE items');
answer($node, 'GRANT ALL ON items TO app');

my $load = load();
ok(poll_until($node, q{SELECT count(*) > 60 FROM selfheal.samples('statements', '1 hour') AS s WHERE s.value > 20}),
	'statements run, and are quick');

# Somebody tells the planner that an index is dear

answer($node, 'ALTER SYSTEM SET random_page_cost = 100000');
answer($node, 'ALTER SYSTEM SET seq_page_cost = 0.1');
$node->reload;
ok(poll_until($node, q{SELECT count(*) > 0 FROM selfheal.failures WHERE type = 'setting_made_slow' AND confirmed_at IS NOT NULL}),
	'that it became slow is seen');
like(
	answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'setting_made_slow' ORDER BY id LIMIT 1}),
	qr/^\w+_page_cost was changed .* ago; since then 95 % of the statements take up to/, 'and told with values');
ok( poll_until($node,
		q{SELECT count(*) > 0 FROM selfheal.recoveries WHERE remedy = 'restore_setting' AND stage IN ('succeeded', 'rolled back')},
		't', patience => 120),    # it is watched for half a minute, and the wrong one of the two may be first
	'a setting is put back');
my $recovery = answer($node, q{SELECT min(id) FROM selfheal.recoveries WHERE remedy = 'restore_setting'});
like(
	answer($node, "SELECT message FROM selfheal.recovery_steps WHERE recovery = $recovery AND stage = 'executing'"),
	qr/^intent: ALTER SYSTEM RESET \w+_page_cost$/, 'the intent was written down');

# By hand

answer($node, 'ALTER SYSTEM RESET ALL');
answer($node, 'ALTER SYSTEM SET cpu_operator_cost = 9');
$node->reload;
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.setting_changes WHERE name = 'cpu_operator_cost'}), 'a change is noted');
configure($node, 'selfheal.autonomy' => 'approve');
is( answer($node, q{SELECT statements, undo FROM selfheal.trigger('restore_setting', 'cpu_operator_cost', dry_run => true)}),
	q{ALTER SYSTEM RESET cpu_operator_cost|ALTER SYSTEM SET cpu_operator_cost TO '9'},
	'a dry run shows both ways');
is(answer($node, 'SHOW cpu_operator_cost'), '9', 'and changes nothing');
answer($node, q{SELECT selfheal.trigger('restore_setting', 'cpu_operator_cost')});
ok(poll_until($node, 'SHOW cpu_operator_cost', '0.0025'), 'by hand it is done');

# Of a role

answer($node, q{ALTER ROLE app SET work_mem = '64kB'});
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.setting_changes WHERE name = 'work_mem'}), "a role's is noted");
is( answer($node, q{SELECT statements FROM selfheal.trigger('restore_setting', 'work_mem', dry_run => true)}),
	'ALTER ROLE app RESET work_mem', 'and can be put back');
answer($node, q{SELECT selfheal.trigger('restore_setting', 'work_mem')});
ok(poll_until($node, q{SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole}, '0'), 'which is done');

# What must not be

my (undef, undef, $error) = $node->psql('postgres', q{SELECT selfheal.trigger('restore_setting', 'shared_buffers')});
like($error, qr/setting "shared_buffers" did not change in the last 15 minutes/, 'one that did not change');
configure($node, full_page_writes => 'off');
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.setting_changes WHERE name = 'full_page_writes'}), 'a dangerous one is noted');
(undef, undef, $error) = $node->psql('postgres', q{SELECT selfheal.trigger('restore_setting', 'full_page_writes')});
like($error, qr/setting "full_page_writes" cannot be put back by selfheal/, 'and not touched, not even by hand');

kill('TERM', $load);
waitpid($load, 0);
stop_node($node);
done_testing();

# Statements that each look one row up, one after the other; returns the process.
sub load
{
	my $script = $node->basedir . '/load.sql';

	PostgreSQL::Test::Utils::append_to_file($script, <<'SQL');
\set id random(1, 300000)
SELECT note FROM items WHERE id = :id;
SQL
	my $child = fork();
	die "no process: $!" unless defined $child;
	if ($child == 0)
	{
		open(STDOUT, '>', '/dev/null');
		open(STDERR, '>', '/dev/null');
		exec($node->installed_command('pgbench'), '-n', '-h', $node->host, '-p', $node->port, '-U', 'app', '-c', '1', '-R', '40',
			'-T', '600', '-f', $script, 'postgres');
	}
	return $child;
}

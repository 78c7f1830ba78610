# Promise: a role whose statements spill to temporary files again and again gets twice the work_mem for its new sessions, as
# long as there is the memory; it counts as healed only when such sessions have worked without spilling; when the role is at
# rest it is given back; and what somebody has set meanwhile is left alone.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'temp_spills=1s'
selfheal.cooldown = 0
selfheal.max_acts_10min = 100
selfheal.monitoring_interval = 1
selfheal.sample_interval = 200ms
selfheal.cpu_budget = 1
selfheal.scale_give_back = 0
max_parallel_workers_per_gather = 0
CONF
my $set = q{SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting WHERE setrole = 'report'::regrole};
my $raise = q{FROM selfheal.recoveries WHERE remedy = 'raise_role_setting'};
my $given_back = q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'give_back' AND stage = 'succeeded'};

# 190 kB in a file, 410 kB in memory
answer($node, <<'SQL');
CREATE ROLE report LOGIN;
ALTER ROLE ALL SET work_mem = '256kB';
CREATE TABLE facts AS SELECT g AS id, md5(g::text) AS t FROM generate_series(1, 4000) AS g;
VACUUM ANALYZE facts;
GRANT SELECT ON facts TO report;
SQL

# A session that stays spills all the time, and nobody comes who could have the new value

my $old = load();
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.failures WHERE type = 'temp_spills' AND confirmed_at IS NOT NULL}),
	'it is seen');
is(answer($node, q{SELECT culprit_role FROM selfheal.failures WHERE type = 'temp_spills'}), 'report', 'whose they are');
like(
	answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'temp_spills'}),
	qr/^role report: \d+ statements a minute write 0\.2 MB each to temporary files, with work_mem 256 kB$/,
	'and told with values');
is(answer($node, q{SELECT statements > 10 AND bytes > statements * 100000 FROM selfheal.spills WHERE role = 'report'}),
	't', 'a view shows them');
ok(poll_until($node, "SELECT stage = 'verifying' $raise"), 'work_mem is raised');
is(answer($node, $set), 'work_mem=512kB', 'to twice what it was, for the role');
like(
	answer($node, q{SELECT string_agg(message, '') FROM selfheal.recovery_steps WHERE stage = 'executing'}),
	qr/^intent: ALTER ROLE report SET work_mem TO '512kB'$/, 'the intent was written down');
ok( poll_until($node, q{SELECT work_mem_kb = 512 AND per_minute = 0 FROM selfheal.spills WHERE role = 'report'}),
	'what the old session spills is not held against it');
is(answer($node, "SELECT stage $raise"), 'verifying', 'but proves nothing either');
end_load($old);

# New sessions

my $new = load('-C');
ok(poll_until($node, "SELECT stage = 'succeeded' $raise", 't', patience => 60), 'sessions that have it work without spilling');
like(answer($node, "SELECT message $raise"),
	qr/^healed: sessions of role report that have work_mem 512kB spilled 0 times/, 'which is what is told');
configure($node, 'selfheal.scale_give_back' => '1s');

# Given back only to a role at rest

is(answer($node, $given_back), '0', 'while it works nothing is given back');
end_load($new);
ok(poll_until($node, $given_back, '1', patience => 60), 'when it is at rest it is');
is(answer($node, $set), '', 'to what it was before: nothing of its own');

# What somebody has set since is theirs

$set =~ s/report/other/;
configure($node, 'selfheal.scale_give_back' => '0');
answer($node, 'CREATE ROLE other LOGIN');
is( answer($node, q{SELECT targets, statements, undo, verdict FROM selfheal.trigger('raise_role_setting', 'other', dry_run => true)}),
	q{setting work_mem of role other (to at most 8 times what it was before it was first raised; bounds: 2 GB, and a quarter of the memory available for all sessions of the role at once)}
	  . q{|ALTER ROLE other SET work_mem TO '512kB'|ALTER ROLE other RESET work_mem|would be done},
	'a dry run shows both ways');
is(answer($node, $set), '', 'and changes nothing');
answer($node, q{SELECT selfheal.trigger('raise_role_setting', 'other')});
ok(poll_until($node, "SELECT count(*) = 2 $raise AND stage = 'succeeded'"), 'it is raised by hand');
is(answer($node, $set), 'work_mem=512kB', 'as the dry run said');
answer($node, "SELECT selfheal.trigger('undo_own_act', max(id)::text) $raise");
ok(poll_until($node, q{SELECT count(*) = 1 FROM selfheal.recoveries WHERE remedy = 'undo_own_act' AND stage = 'succeeded'}),
	'it can be undone');
is(answer($node, $set), '', 'which is verified');
answer($node, q{SELECT selfheal.trigger('raise_role_setting', 'other')});
ok(poll_until($node, "SELECT count(*) = 3 $raise AND stage = 'succeeded'"), 'and done again');
answer($node, q{ALTER ROLE other SET work_mem = '300kB'});
configure($node, 'selfheal.scale_give_back' => '1s');
ok(poll_until($node, q{SELECT change_state = 'left' FROM selfheal.recoveries WHERE remedy = 'give_back' ORDER BY id DESC LIMIT 1}, 't', patience => 60),
	'giving back comes to an end');
is(answer($node, $set), 'work_mem=300kB', 'with what somebody has set meanwhile');
is( answer($node, q{SELECT message FROM selfheal.recoveries WHERE remedy = 'give_back' ORDER BY id DESC LIMIT 1}),
	q{left alone: somebody has changed it since: it is '300kB'; it would have been: ALTER ROLE other RESET work_mem}, 'which is said');

# What cannot be

foreach my $case (
	[ q{'raise_role_setting'}, qr/remedy "raise_role_setting" needs a target/ ],
	[ q{'raise_role_setting', 'nobody'}, qr/role "nobody" does not exist/ ],
	[ q{'raise_role_setting', 'postgres'}, qr/settings of role "postgres" are not changed by selfheal/ ],
	[ q{'raise_setting', 'work_mem'}, qr/setting "work_mem" is raised for a role and not for the server/ ])
{
	my ($arguments, $expected) = @$case;
	my (undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.trigger($arguments)");

	like($error, $expected, $arguments);
}

stop_node($node);
done_testing();

sub load
{
	my @how = @_;
	my $script = $node->basedir . '/sort.sql';

	unlink($script);
	PostgreSQL::Test::Utils::append_to_file($script, "SELECT count(*) FROM (SELECT * FROM facts ORDER BY t OFFSET 0) AS s;\n");
	my $child = fork();
	die "no process: $!" unless defined $child;
	if ($child == 0)
	{
		open(STDOUT, '>', '/dev/null');
		open(STDERR, '>', '/dev/null');
		exec($node->installed_command('pgbench'),
			'-n', '-h', $node->host, '-p', $node->port, '-U', 'report', '-c', '1', '-T', '600', @how, '-f', $script, 'postgres');
	}
	return $child;
}

sub end_load
{
	my ($child) = @_;

	kill('TERM', $child);
	waitpid($child, 0);
}

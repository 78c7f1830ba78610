# Promise: one source that takes what all others need is slowed for a while, and only it: the others are served again
# while that holds. In observe it is left alone, in approve it is named, protected it is never touched, and a throttle
# that did not help, or was asked for by hand, can be taken back.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use SelfHeal;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# It keeps every processor busy for minutes, in which the suites of other servers have to get on.
oldest_server_only();

my $node = heal_node('hog', conf => <<'CONF');
selfheal.autonomy = observe
selfheal.failure_patience = 'load_hog=1s'
selfheal.monitoring_interval = 5
selfheal.protected_sessions = 'role:batch'
max_connections = 100
selfheal.max_acts_10min = 100
CONF
answer($node, 'CREATE ROLE shop LOGIN; CREATE ROLE batch LOGIN; CREATE ROLE helper LOGIN IN ROLE selfheal_operator');

my %patient = (patience => 120);    # the machine has to be used up for half a minute
my @loads = (load('shop', 2, 'SELECT sum(g) FROM generate_series(1, 60000) AS g;', '-R', '8'));

# By hand, while what is usual is learnt.

my $columns = 'targets, statements, locks, undo, expects, verdict';
configure($node, 'selfheal.protected_sessions' => 'role:never', 'selfheal.autonomy' => 'approve');
like(answer($node, "SELECT $columns FROM selfheal.trigger('throttle_source', 'role:batch', dry_run => true)"),
	qr/^role batch\|selfheal\.throttle\(role => 'batch', slots => \d+, duration => '300 s'\)\|none.*\|selfheal\.unthrottle\(\).*\|.*served\|would be done$/,
	'a dry run shows the whole plan');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'and does nothing');
like(answer($node, "SELECT statements FROM selfheal.trigger('slow_source', 'query:-77', dry_run => true)"),
	qr/query_id => -77, per_second => 1, overflow => 'refuse'/, 'a query, by rate');
like(answer($node, "SELECT statements FROM selfheal.trigger('quarantine_source', 'application:batch*', dry_run => true)"),
	qr/^selfheal\.quarantine\(application => 'batch\*', duration => '300 s'\)$/, 'an application, by quarantine');
foreach my $bad (
	[ 'NULL', qr/remedy "throttle_source" needs a target/ ],
	[ "'batch'", qr/"batch" names no source of load/ ],
	[ "'role:'", qr/"role:" names no source of load/ ],
	[ "'colour:red'", qr/"colour:red" names no source of load/ ],
	[ "'role:nobody_at_all'", qr/role "nobody_at_all" does not exist/ ],
	[ "'database:nowhere'", qr/database "nowhere" does not exist/ ],
	[ "'query:0'", qr/"0" is not the id of a query/ ],
	[ "'query:12x'", qr/"12x" is not the id of a query/ ],
	[ "'query:99999999999999999999'", qr/is not the id of a query/ ],
	[ "'address:10.0.0.300'", qr/"10.0.0.300" is no address/ ],
	[ "'application:*'", qr/"\*" is not the name of an application/ ],
	[ "'application:' || repeat('x', 70)", qr/is not the name of an application/ ],
	[ "'role:postgres'", qr/this must not be done.*belongs to a superuser/s ],
	[ "'role:helper'", qr/this must not be done.*belongs to a selfheal admin or operator/s ],
	[ "'role:never'", qr/role "never" does not exist/ ],
	[ "'application:pg_dump'", qr/this must not be done.*is a backup or a dump/s ])
{
	my (undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.trigger('throttle_source', $bad->[0])");

	like($error, $bad->[1], "$bad->[0] is refused");
}
answer($node, "SELECT selfheal.trigger('throttle_source', 'role:batch', 'a test')");
ok(poll_until($node, "SELECT count(*) = 1 FROM selfheal.recoveries WHERE remedy = 'throttle_source' AND stage = 'succeeded'"),
	'by hand it is done');
is(answer($node, q{SELECT t.scope, t.kind, t.recovery = r.id, t.until - t.since, t.reason
		FROM selfheal.throttles AS t, selfheal.recoveries AS r}),
	'role batch|slots|t|00:05:00|asked for by ' . answer($node, 'SELECT current_user') . ': a test',
	'it is in force for a while, with where it comes from');
answer($node, q{SELECT selfheal.trigger('undo_own_act', (SELECT id::text FROM selfheal.recoveries))});
ok(poll_until($node, 'SELECT count(*) = 0 FROM selfheal.throttles'), 'it can be taken back');
configure($node, 'selfheal.protected_sessions' => 'role:batch', 'selfheal.autonomy' => 'observe');

# The hog comes when the usual is known; it is protected, and nothing may be done at all.

ok(poll_until($node, "SELECT count(*) >= 60 FROM selfheal.samples('statements', '10 min') AS s WHERE s.value > 3",
		't', %patient), 'a minute of good days');
push @loads, load('batch', 8, 'SELECT count(*) FROM generate_series(1, 300000) AS g;');
ok(poll_until($node, hog('confirmed_at IS NOT NULL'), 't', %patient), 'that others do not get on is seen');
like(answer($node, 'SELECT evidence FROM selfheal.failures WHERE type = \'load_hog\' ORDER BY id LIMIT 1'),
	qr/^role batch takes \d+ % of the time in statements, [\d.]+ of them at a time; those of others take [\d.]+ ms instead of [\d.]+ ms; protected: it matches selfheal\.protected_sessions$/,
	'with whom it is due to, what it does to whom, and that it is protected');
ok(poll_until($node, hog("verdict LIKE 'nothing is done: selfheal.autonomy is observe%'"), 't', %patient),
	'in observe nothing is done');
configure($node, 'selfheal.autonomy' => 'full');
ok(poll_until($node, hog("verdict LIKE 'nothing is done: %protected_session%'"), 't', %patient),
	'nor is a protected one touched, and it is said why');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'there is no throttle');

# To a human, who is told whom it is about.

configure($node, 'selfheal.protected_sessions' => '', 'selfheal.autonomy' => 'approve');
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.proposals WHERE failure_type = 'load_hog' AND target_role = 'batch'",
		't', %patient), 'in approve it is proposed, by name');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'and not done');
configure($node, 'selfheal.granted_remedies' => 'quarantine_source', 'selfheal.autonomy' => 'full');
my ($proposal) = split(/\n/, answer($node, "SELECT id FROM selfheal.proposals WHERE failure_type = 'load_hog'"));
answer($node, "SELECT selfheal.approve($proposal, 'do it')");
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.recoveries WHERE failure_type = 'load_hog' AND stage = 'succeeded' AND acted_at IS NOT NULL",
		't', %patient), 'a rung of the ladder heals');
my $recovery = answer($node, "SELECT max(id) FROM selfheal.recoveries WHERE failure_type = 'load_hog' AND stage = 'succeeded' AND acted_at IS NOT NULL");
like(answer($node, "SELECT message FROM selfheal.recoveries WHERE id = $recovery"),
	qr/^healed: .*throttle \d+ is in force until /, 'which says how the others are and what is in force');
is(answer($node, 'SELECT scope, recovery FROM selfheal.throttles'), "role batch|$recovery", 'one throttle, of that recovery, and no other');
is(answer($node, "SELECT string_agg(remedy || ' ' || stage, ', ' ORDER BY id) FROM selfheal.recoveries WHERE failure_type = 'load_hog'
		AND acted_at IS NOT NULL AND id < $recovery AND stage <> 'rolled back'"), '', 'those before that did not help were undone');

# A restart lifts it, and nothing is pending.

end_loads();
$node->restart;
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'a restart lifts it');
is(stage_of($node, $recovery), 'succeeded', 'and changes no record');
ok(poll_until($node, hog('closed_at IS NULL', 'count(*) = 0'), 't', %patient), 'the failure is over');

# In the middle: the server goes between the act and its verification.

hold($node, 'verifying');
answer($node, "SELECT selfheal.trigger('throttle_source', 'application:nobody', 'a test')");
ok(poll_until($node, 'SELECT count(*) = 1 FROM selfheal.throttles'), 'a throttle is in force, not verified');
$recovery = answer($node, 'SELECT recovery FROM selfheal.throttles');
crash_node($node);
$node->start;
release($node);
ok(poll_until($node, "SELECT stage IN ('rolled back', 'failed', 'unknown') FROM selfheal.recoveries WHERE id = $recovery"), 'what is not in force is not called healed');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'and nothing is left behind');

# One deadlock after the other. The two statements of a transaction take the rows in either order.

configure($node, 'selfheal.autonomy' => 'approve', 'selfheal.failure_patience' => 'deadlock_storm=1s',
	'deadlock_timeout' => '100ms');
answer($node, 'CREATE TABLE hot AS SELECT g AS id, 0 AS n FROM generate_series(1, 2) AS g; GRANT ALL ON hot TO batch');
my $crossing = <<'SQL';
\set a random(1, 2)
\set b 3 - :a
BEGIN;
UPDATE hot SET n = n + 1 WHERE id = :a;
\sleep 20 ms
UPDATE hot SET n = n + 1 WHERE id = :b;
COMMIT;
SQL
push @loads, load('batch', 8, $crossing, '--max-tries', 0);
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.proposals WHERE failure_type = 'deadlock_storm' AND target_application = 'batch'",
		't', %patient), 'a storm of deadlocks is seen, and its application is named');
like(answer($node, "SELECT evidence FROM selfheal.failures WHERE type = 'deadlock_storm' ORDER BY id LIMIT 1"),
	qr/^application batch is in \d+ % of the deadlocks, [\d.]+ of them in a second$/, 'with its share');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'nothing is done before somebody approves');
configure($node, 'selfheal.autonomy' => 'full');
answer($node, "SELECT selfheal.approve(id, 'do it') FROM selfheal.proposals WHERE failure_type = 'deadlock_storm'");
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.recoveries WHERE failure_type = 'deadlock_storm' AND stage = 'succeeded' AND acted_at IS NOT NULL",
		't', %patient), 'it is ended');
is(answer($node, "SELECT string_agg(DISTINCT remedy, ' ') FROM selfheal.recoveries WHERE failure_type = 'deadlock_storm' AND acted_at IS NOT NULL"),
	'slow_source', 'by a rate: slots keep statements apart, and these deadlock between theirs');
is(answer($node, "SELECT DISTINCT scope FROM selfheal.throttles"), 'application batch', 'of that application alone');
end_loads();
ok(poll_until($node, "SELECT count(*) = 0 FROM selfheal.failures WHERE type = 'deadlock_storm' AND closed_at IS NULL", 't', %patient),
	'with its load it is over');

# Of one query that is a transaction of its own, as drivers send it.

answer($node, q{SELECT selfheal.unthrottle(id) FROM selfheal.throttles});
configure($node, 'selfheal.autonomy' => 'observe');
push @loads, load('batch', 8, <<'SQL', '-M', 'extended', '--max-tries', 0);
\set order 2 * random(0, 1) - 1
SELECT pg_sleep(0.02) FROM (SELECT id FROM hot ORDER BY id * :order FOR UPDATE) AS locked;
SQL
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.failures WHERE type = 'deadlock_storm' AND evidence ~ '^query -?[0-9]+ is in'", 't', %patient),
	'it is the query that is named');
end_loads();
ok(poll_until($node, "SELECT count(*) = 0 FROM selfheal.failures WHERE type = 'deadlock_storm' AND closed_at IS NULL", 't', %patient),
	'that is over, too');
configure($node, 'selfheal.autonomy' => 'full');

# Of many applications: whoever is throttled then suffers himself.

push @loads, load('batch', 4, $crossing, '--max-tries', 0, name => "batch $_") foreach 1 .. 3;
ok(poll_until($node, "SELECT count(*) > 0 FROM selfheal.escalations WHERE failure_type = 'deadlock_storm'", 't', %patient),
	'it is left to a human');
is(answer($node, "SELECT culprit_role FROM selfheal.failures WHERE type = 'deadlock_storm' ORDER BY id DESC LIMIT 1"), 'batch',
	'who is told whose sessions they are');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'and nobody is throttled');

end_loads();
stop_node($node);
done_testing();

sub hog
{
	my ($condition, $what) = @_;

	$what //= 'count(*) > 0';
	return "SELECT $what FROM selfheal.failures WHERE type = 'load_hog' AND $condition";
}

# Clients that run a statement again and again until they are ended.
sub load
{
	my ($role, $clients, $sql, @more) = @_;
	my $script = $node->basedir . "/$role.sql";
	my $name = $role;

	(undef, $name) = splice(@more, -2) if @more > 2 && $more[-2] eq 'name';

	unlink($script);

	PostgreSQL::Test::Utils::append_to_file($script, $sql);
	my $child = fork();
	die "no process: $!" unless defined $child;
	return $child if $child != 0;
	open(STDOUT, '>', '/dev/null');
	open(STDERR, '>', '/dev/null');
	$ENV{PGAPPNAME} = $name;
	exec($node->installed_command('pgbench'), '-n', '-h', $node->host, '-p', $node->port, '-U', $role,
		'-c', $clients, '-T', '3600', @more, '-f', $script, 'postgres');
}

sub end_loads
{
	kill('TERM', @loads);
	waitpid($_, 0) foreach @loads;
	@loads = ();
}

END
{
	local $?;
	end_loads() if $node;
}

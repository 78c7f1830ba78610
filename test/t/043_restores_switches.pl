# Promise: a switch that was turned lately and does harm is turned back by itself and verified as users feel it: transactions
# read-only by default, a planner switch, autovacuum; and what is a human's stays as it is.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'read_only_by_default=1s'
selfheal.cooldown = 0
selfheal.max_acts_10min = 100
selfheal.monitoring_interval = 1
selfheal.sample_interval = 200ms
selfheal.cpu_budget = 1
CONF

answer($node, 'CREATE ROLE app LOGIN');
answer($node, 'CREATE ROLE reports LOGIN');
answer($node, 'CREATE TABLE notes (note text)');
answer($node, 'GRANT ALL ON notes TO app, reports');

read_only_server();
read_only_role();
read_only_on_purpose();
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

sub healed
{
	my ($subject) = @_;

	return "SELECT count(*) > 0 FROM selfheal.recoveries WHERE failure_type = '$subject' AND stage = 'succeeded'";
}

sub read_only_server
{
	my $old = session($node, user => 'app', application => 'pool');

	configure($node, default_transaction_read_only => 'on');
	$old->query('INSERT INTO notes VALUES (1)');
	like($old->error, qr/cannot execute INSERT in a read-only transaction/, 'writes are refused');
	ok(write_until('app', "SELECT count(*) = 1 FROM selfheal.recoveries WHERE stage = 'succeeded' AND remedy = 'restore_setting'"),
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
	ok(write_until('app', "SELECT count(*) = 2 FROM selfheal.recoveries WHERE stage = 'succeeded' AND remedy = 'restore_setting'"),
		"a role's setting likewise");
	is(answer($node, q{SELECT count(*) FROM pg_db_role_setting WHERE setrole = 'app'::regrole}), '0', 'it is gone');
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

# Promise: what selfheal has changed unasked is suspected of what goes wrong soon after, and is undone before
# anything else is done; where that does not help, the ladder is next. For somebody who only stands still no change
# is undone.
use strict;
use warnings;

use Test::More;

use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'read_only_by_default=500ms'
selfheal.idle_blocker_patience = 3s
selfheal.active_blocker_patience = 3s
selfheal.sample_interval = 200ms
selfheal.monitoring_interval = 1
selfheal.cpu_budget = 1
selfheal.max_retries = 0
selfheal.cooldown = 0
selfheal.max_acts_10min = 20
selfheal.max_acts_hour = 20
CONF
my ($blocker, @waiters);

hot_table($node);
ok(poll_until($node, "SELECT count(*) > 3 FROM selfheal.samples('load', '1 hour')"), 'it samples');

# An act of ours

answer($node, 'ALTER SYSTEM SET default_transaction_read_only = on');
$node->reload;
ok( wait_until(
		sub {
			$node->psql('postgres', 'UPDATE hot SET n = n + 1 WHERE id = 2', extra_params => [ '-U', 'app' ]);
			return answer($node, newest()) eq 'restore_setting succeeded';
		}, 'the setting to be restored', 60),
	'writes were refused, and the setting was put back');
my $act = answer($node, 'SELECT max(id) FROM selfheal.recoveries');
is(answer($node, 'SHOW default_transaction_read_only'), 'off', 'it is in effect');

# Somebody stands still

($blocker, @waiters) = pile_up($node, 1);
ok(poll_until($node, newest(), 'terminate_blocker succeeded'), 'who stands still is ended');
is(answer($node, q{SELECT count(*) FROM selfheal.recoveries WHERE remedy = 'undo_own_act'}), 0, 'nothing is undone for it');
is(answer($node, 'SHOW default_transaction_read_only'), 'off', 'and the act stays in effect');
$_->close foreach ($blocker, @waiters);

# What an act of ours may have brought about

$blocker = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app');
$blocker->start('SELECT pg_sleep(600)');
@waiters = waiters($node, 2, 'UPDATE hot SET n = n + 1 WHERE id = 1', user => 'app');
ok(poll_until($node, newest(), 'cancel_blocker succeeded'), 'who holds others up with a statement is healed at last');
is( answer($node, "SELECT string_agg(remedy || ' ' || stage, ', ' ORDER BY id) FROM selfheal.recoveries WHERE failure =
		(SELECT failure FROM selfheal.recoveries ORDER BY id DESC LIMIT 1)"),
	'undo_own_act failed, cancel_blocker succeeded', 'but first our own act was undone, which did not help');
like(
	answer($node, q{SELECT message FROM selfheal.events WHERE kind = 'own_act_suspected' ORDER BY at DESC LIMIT 1}),
	qr/^recovery $act \(restore_setting\) acted \d+ s before it began and is a suspect: it is to be undone before anything else is done$/,
	'and it was said why');
is(answer($node, 'SHOW default_transaction_read_only'), 'on', 'the setting is what somebody had made it');
is(answer($node, "SELECT stage FROM selfheal.recoveries WHERE id = $act"), 'succeeded', 'the record of the act says what it did');

$_->close foreach ($blocker, @waiters);
stop_node($node);
done_testing();

sub newest
{
	return q{SELECT remedy || ' ' || stage FROM selfheal.recoveries ORDER BY id DESC LIMIT 1};
}

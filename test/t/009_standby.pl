# Promise: on a standby the engine watches and heals as well, also where sessions are serializable by default, which a standby
# refuses; its history is in the journal and can be seen there. Through a promotion the same engine goes on, and then the
# history gets into the tables, without a number that the old primary had used.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use SelfHeal;

my $primary = heal_node('primary', streaming => 1, conf => <<'CONF');
selfheal.idle_blocker_patience = 1h
selfheal.cooldown = 0
CONF

hot_table($primary);

# The primary has a history of its own.

my ($blocker, @waiters) = pile_up($primary, 1);
answer($primary, "SELECT selfheal.trigger('terminate_blocker', '" . $blocker->pid . "', 'a test')");
ok(poll_until($primary, 'SELECT stage FROM selfheal.recovery WHERE id = 1', 'succeeded'),
	'the primary has healed something');

$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->append_conf('postgresql.conf', <<'CONF');
selfheal.autonomy = full
selfheal.idle_blocker_patience = 200ms
selfheal.health_check_interval = 500ms
default_transaction_isolation = serializable
CONF
$standby->start;
# the sessions of this test
$ENV{PGOPTIONS} = '-c default_transaction_isolation=read\ committed';

# Alive

ok( poll_until($standby, 'SELECT state, in_recovery, history FROM selfheal.status', 'on|t|standby'),
	'the engine is on, and knows it is on a standby');
my $engine = engine_pid($standby);
ok(poll_until($standby, "SELECT newest_sample_age < interval '5 seconds' FROM selfheal.status"), 'it samples');
like(slurp($standby), qr/journal found .* was put aside/, "the primary's journal was put aside");
is(answer($standby, 'SELECT stage FROM selfheal.recoveries WHERE id = 1'), 'succeeded',
	"the primary's history can be read");
is(answer($standby, "SELECT met FROM selfheal.diagnose() WHERE condition = 'history'"), 't',
	'that history cannot be written is as it should be');

is_probed('healthy|read only, as this is a standby', 'the probe reads, and says that it did no more');

is(answer($standby, "SELECT state, reason FROM selfheal.health WHERE component = 'maintenance'"),
	'healthy|nothing is maintained here: its primary does that', 'what is not done here says so');

# Heals: row locks cannot be had here, advisory locks can

($blocker, @waiters) = advisory_pile_up($standby);
ok( poll_until($standby,
		"SELECT autonomous || ' ' || stage FROM selfheal.recoveries WHERE target_pid = " . $blocker->pid,
		'true succeeded'),
	'a pile-up on the standby is healed unasked');
ok($blocker->is_gone, 'the blocker was ended');
is($_->error, '', 'a waiter went on') foreach @waiters;

my $bystander = session($standby, user => 'app');
$bystander->start('BEGIN; SELECT pg_sleep(600)');
ok(poll_until($standby, "SELECT state FROM pg_stat_activity WHERE pid = " . $bystander->pid, 'active'),
	'another session is busy');
my ($recovery) = answer($standby,
	"SELECT recovery FROM selfheal.trigger('cancel_blocker', '" . $bystander->pid . "', 'by hand')");
ok(poll_until($standby, own("SELECT r.stage FROM selfheal.recoveries AS r WHERE r.id = $recovery"), 'succeeded'),
	'an order by hand is carried out');
$bystander->result;
like($bystander->error, qr/canceling statement/, 'its statement was cancelled');

my $events = answer($standby, own("SELECT count(*) FROM selfheal.events AS r WHERE r.kind LIKE 'recovery_%'"));
cmp_ok($events, '>=', 12, 'the history is visible');
is(answer($standby, own('SELECT count(*) FROM selfheal.event AS r WHERE true')), 0, 'though not in the tables');

answer($standby, "SELECT selfheal.pause('1 hour', 'sessions', 'before the promotion')");

# Promoted

$standby->promote;
ok(poll_until($standby, 'SELECT in_recovery, history FROM selfheal.status', 'f|ok'), 'after a promotion history is written');
is(engine_pid($standby), $engine, 'by the same engine');
is_probed('healthy|written and read', 'the probe writes');
ok( poll_until($standby, own("SELECT count(*) >= $events FROM selfheal.event AS r WHERE r.kind LIKE 'recovery_%'")),
	'what happened on the standby is in the tables now');
is( answer($standby, own('SELECT count(*) FROM selfheal.recovery AS r WHERE true')),
	answer($standby, 'SELECT count(*) FROM selfheal.read_recoveries()'),
	'each recovery of it, too');
is(answer($standby, 'SELECT string_agg(scope, $$, $$) FROM selfheal.pauses'), 'sessions', 'its pause is in force');

my $highest = answer($standby, 'SELECT max(id) FROM selfheal.recoveries');
($blocker, @waiters) = pile_up($standby, 1);
ok( poll_until($standby,
		"SELECT stage FROM selfheal.recovery WHERE failure_type = 'lock_pileup_idle' AND id > $highest", 'succeeded'),
	'the new primary heals, under a number nobody had used');
ok($blocker->is_gone, 'and the blocker was ended');

stop_node($_) foreach ($standby, $primary);
done_testing();

sub is_probed
{
	my ($expected, $name) = @_;

	ok(poll_until($standby, "SELECT state, probe FROM selfheal.health WHERE component = 'databases'", $expected), $name);
}

# Of this server's own journal only.
sub own
{
	my ($query) = @_;

	return "$query AND r.journal = (SELECT journal_id FROM selfheal.read_engine())";
}

sub advisory_pile_up
{
	my ($node) = @_;
	my $holder = idle_in_transaction($node, 'SELECT pg_advisory_xact_lock(7)', user => 'app');

	return ($holder, waiters($node, 2, 'SELECT pg_advisory_xact_lock(7)', user => 'app'));
}

sub slurp
{
	return PostgreSQL::Test::Utils::slurp_file($_[0]->logfile);
}

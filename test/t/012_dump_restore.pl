# Promise: history goes with a dump of the home database, to another server as well as back to the same
# one, and numbers go on from there. The extension can be dropped and created again at any time,
# also in the middle of a recovery, which then comes to its end.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $conf = "selfheal.idle_blocker_patience = 200ms\nselfheal.cooldown = 0\nselfheal.autonomy = full\n";
my $node = heal_node('main', conf => $conf);
my $dump = $node->basedir . '/home.dump';

with_work($node);
ok(is_healed($node, $_), "recovery $_") foreach 1 .. 3;
poll_until($node, 'SELECT unwritten_records FROM selfheal.status', 0);
my $history = history($node);
my $told = answer($node, 'SELECT selfheal.explain(2)');
run('pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres'));

# To another server, which has seen the extension, and written to it, before the rows come

my $other = heal_node('other', conf => $conf, extension => 0);
with_work($other);
restore($other, '--section=pre-data');
ok(poll_until($other, 'SELECT history, unwritten_records FROM selfheal.status', 'ok|0'), 'the other server writes a history of its own');
restore($other, '--section=data', '--section=post-data');
is(history($other, journal($node)), $history, 'the history is there, whole');
is(answer($other, 'SELECT selfheal.explain(2)'), $told, 'and can be explained');
answer($other, "SELECT selfheal.pause('1 second', 'all', 'something to write')");
poll_until($other, 'SELECT history, unwritten_records FROM selfheal.status', 'ok|0');
ok(poll_until($other, 'SELECT state FROM selfheal.status', 'on'), 'the other server is at work');
ok(is_healed($other, 4), 'its next recovery has the next number');
stop_node($other);

# Back to the same one

answer($node, 'DROP EXTENSION selfheal');
# It is empty now, and part of the dump.
answer($node, 'DROP SCHEMA selfheal');
restore($node, '--section=pre-data');
# The scribe writes the same records again, from the journal.
ok(poll_until($node, "SELECT count(*) FROM selfheal.recovery", 3), 'created again, it writes down what the journal has');
restore($node, '--section=data', '--section=post-data');
is(history($node, journal($node)), $history, 'a dump of the same journal can be restored beside that');
ok(is_healed($node, 4), 'and it goes on with the next number');
ok(poll_until($node, "SELECT stage FROM selfheal.recovery WHERE id = 4", 'succeeded'), 'which is written down');
is(answer($node, "SELECT history FROM selfheal.status"), 'ok', 'history flows');

# Dropped in the middle of a recovery

my $log_start = log_offset($node);
configure($node, 'selfheal.autonomy' => 'approve', 'selfheal.hold_stage' => 'executing');
my ($blocker, @waiters) = pile_up($node, 2, database => 'work');
my $recovery = answer($node, "SELECT recovery FROM selfheal.trigger('terminate_blocker', '" . $blocker->pid . "', 'a test')");
poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", 'executing');
answer($node, 'DROP EXTENSION selfheal');
configure($node, 'selfheal.hold_stage' => 'none');
is($_->result . $_->error, '', 'without the extension the recovery is finished: a waiter goes on') foreach @waiters;
ok($blocker->is_gone, 'the blocker was ended');
ok( poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer'", 0),
	'and its recoverer has ended');
answer($node, 'CREATE EXTENSION selfheal');
ok(poll_until($node, "SELECT stage FROM selfheal.recovery WHERE id = $recovery", 'succeeded'),
	'created again, it says how that recovery ended');
is( steps_of($node, $recovery),
	'proposed, approved, claimed, snapshot, executing, executed, verifying, succeeded',
	'with all its steps');
unlike(slurp_file($node->logfile, $log_start), qr/terminated by signal/, 'nothing crashed');

stop_node($node);
done_testing();

# The faults happen elsewhere, so that the home database holds nothing but the extension.
sub with_work
{
	my ($server) = @_;

	answer($server, 'CREATE DATABASE work');
	hot_table($server, 'work');
}

sub is_healed
{
	my ($server, $number) = @_;
	my ($holder, @behind) = pile_up($server, 1, database => 'work');

	return poll_until($server, "SELECT id, stage FROM selfheal.recoveries WHERE target_pid = " . $holder->pid . " ORDER BY proposed_at DESC LIMIT 1", "$number|succeeded");
}

sub journal
{
	return answer($_[0], 'SELECT journal_id FROM selfheal.read_engine()');
}

# What the tables say about recoveries and failures.
sub history
{
	my ($server, $of) = @_;

	$of //= journal($server);
	return answer($server, <<"SQL");
SELECT r::text FROM selfheal.recovery AS r WHERE journal = $of AND id <= 3 ORDER BY id;
SELECT f::text FROM selfheal.failure AS f WHERE journal = $of AND id <= 3 ORDER BY id;
SELECT s::text FROM selfheal.recovery_step AS s WHERE journal = $of AND recovery <= 3 ORDER BY recovery, step;
SELECT e::text FROM selfheal.event AS e WHERE journal = $of AND subject IN ('recovery 1', 'recovery 2', 'recovery 3') ORDER BY sequence;
SQL
}

sub restore
{
	my ($server, @options) = @_;

	run('pg_restore', '--exit-on-error', @options, '-d', $server->connstr('postgres'), $dump);
}

sub run
{
	my @command = @_;
	my ($output, $errors);

	ok(IPC::Run::run(\@command, '>', \$output, '2>', \$errors), "$command[0] works") or diag($errors);
}

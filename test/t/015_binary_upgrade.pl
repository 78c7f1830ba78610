# Promise: pg_upgrade works with selfheal preloaded on both sides; while it runs nothing of selfheal
# does, and afterwards it is on, with its history.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $old = heal_node('old', conf => "selfheal.idle_blocker_patience = 1h\n");

hot_table($old);
my ($blocker, @waiters) = pile_up($old, 1);
answer($old, "SELECT selfheal.trigger('terminate_blocker', '" . $blocker->pid . "', 'a test')");
ok(poll_until($old, 'SELECT stage FROM selfheal.recovery WHERE id = 1', 'succeeded'), 'there is a history');
$_->close foreach (@waiters);
ok(poll_until($old, 'SELECT unwritten_records FROM selfheal.status', 0), 'and it is written');
my $events = answer($old, 'SELECT count(*) FROM selfheal.event');

# In the mode that pg_upgrade uses

my ($status, $output, $error);
stop_node($old);
my $log_end = log_offset($old);
IPC::Run::run(
	[ 'pg_ctl', '-w', '-D', $old->data_dir, '-l', $old->logfile, '-o', '-b', 'start' ],
	'>', \$output, '2>', \$error);
is( answer($old, "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'selfheal%'"),
	0, 'in binary upgrade mode there is no worker of selfheal');
($status, undef, $error) = $old->psql('postgres', 'SELECT * FROM selfheal.status');
like($error, qr/selfheal is not preloaded/, 'and its functions are as if it were not loaded');
IPC::Run::run([ 'pg_ctl', '-w', '-D', $old->data_dir, 'stop' ], '>', \$output, '2>', \$error);
unlike(slurp_file($old->logfile, $log_end), qr/selfheal engine|selfheal scribe/, 'the log does not name it either');

# Upgraded

my $new = heal_node('new', start => 0);
my $bin = $new->config_data('--bindir');

# It leaves its files in the current folder, up to 14.
chdir($new->basedir) or die "could not change to the server's folder: $!";
my $upgraded = IPC::Run::run(
	[ 'pg_upgrade', '-b', $bin, '-B', $bin, '-d', $old->data_dir, '-D', $new->data_dir,
		'-s', $new->host, '-p', $old->port, '-P', $new->port, '-j', 2, '--link' ],
	'>', \$output, '2>', \$error);
ok($upgraded, 'pg_upgrade works') or diag($output, $error);
$new->start;
ok(poll_until($new, 'SELECT state, history FROM selfheal.status', 'on|ok'), 'the new server heals itself');
cmp_ok(answer($new, 'SELECT count(*) FROM selfheal.event'), '>=', $events, 'the history came along');
is(answer($new, 'SELECT stage FROM selfheal.recoveries WHERE id = 1'), 'succeeded', 'with its recovery');
is(answer($new, "SELECT string_agg(condition, ', ') FROM selfheal.diagnose() WHERE NOT met"), '', 'and nothing is wrong');
($blocker, @waiters) = pile_up($new, 1);
answer($new, "SELECT selfheal.trigger('terminate_blocker', '" . $blocker->pid . "', 'a test')");
ok(poll_until($new, 'SELECT stage FROM selfheal.recovery WHERE id = 2', 'succeeded'), 'the next recovery has the next number');

stop_node($new);
done_testing();

# Promise: with selfheal.autonomy = observe nothing outside schema selfheal is changed and nobody is
# signalled; what would have been done is on record.
#
# What was changed is taken from the write-ahead log, which nothing can bypass; what clients sent,
# from the statement log.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = observe
selfheal.idle_blocker_patience = 200ms
selfheal.active_blocker_patience = 200ms
selfheal.idle_session_age = 0
selfheal.connection_slots_patience = 200ms
selfheal.connection_slots_threshold = 0.5
selfheal.monitoring_interval = 1
selfheal.concurrent_recoveries = 3
max_connections = 24
autovacuum = off
log_statement = all
log_line_prefix = '%m [%p] <%b/%a> '
CONF

hot_table($node);
# Or whoever reads a catalog next tidies up what CREATE EXTENSION left there.
answer($node, 'VACUUM');

# Every failure there is: behind an idle transaction, behind a statement, too many connections.

my ($idle_blocker, @waiters) = pile_up($node, 3);
my $busy_blocker = idle_in_transaction($node, 'UPDATE hot SET n = n + 1 WHERE id = 2', user => 'app');

$busy_blocker->start('SELECT pg_sleep(600)');
push @waiters, waiters($node, 2, 'UPDATE hot SET n = n + 1 WHERE id = 2', user => 'app');
my @idle = map { session($node, user => 'app', application => 'idle') } 1 .. 6;

my $log_start = log_offset($node);
my $wal_start = answer($node, 'SELECT pg_current_wal_insert_lsn()');

ok( poll_until($node, 'SELECT count(DISTINCT failure_type) FROM selfheal.recoveries', 3),
	'each of three failures is recorded with what was done about it');
is( answer($node, "SELECT string_agg(DISTINCT remedy || ' ' || strategy, ', ') FROM selfheal.recoveries"),
	'monitor monitor', 'which is to watch');
my $rails = answer($node, "SELECT string_agg(rails, E'\\n' ORDER BY failure_type) FROM selfheal.recoveries");
my ($idle_pid, $busy_pid) = ($idle_blocker->pid, $busy_blocker->pid);
like($rails, qr/observe; otherwise: SELECT pg_catalog\.pg_terminate_backend\($idle_pid\)/,
	'what would have been done about the idle transaction is on record');
like($rails, qr/observe; otherwise: SELECT pg_catalog\.pg_cancel_backend\($busy_pid\)/,
	'and about the busy one');
like($rails, qr/observe; otherwise: SELECT pg_catalog\.pg_terminate_backend\(\d+\); SELECT/,
	'and about the connections');
is(answer($node, 'SELECT count(*) FROM selfheal.recoveries WHERE acted_at IS NOT NULL'), 0, 'no act is on record');
is(answer($node, 'SELECT count(*) FROM selfheal.proposals'), 0, 'and nobody was asked');

my ($status, undef, $error) = $node->psql('postgres',
	"SELECT selfheal.trigger('terminate_blocker', '$idle_pid', 'a test')");
isnt($status, 0, 'an order by hand is refused, too');
like($error, qr/selfheal\.autonomy is observe/, 'with the reason');

# Let it work for a while, history included.
my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_engine()');
ok(poll_until($node, "SELECT heartbeats > $beats + 2 FROM selfheal.read_engine()"), 'it goes on watching');
ok( poll_until($node, 'SELECT count(DISTINCT failure_type) FROM selfheal.recovery', 3),
	'and writes its history');
is(answer($node, "SELECT count(*) FROM selfheal.recoveries WHERE stage = 'succeeded'"),
	0, 'what still holds is not called gone');

my $wal_end = answer($node, 'SELECT pg_current_wal_insert_lsn()');
my $log = slurp_file($node->logfile, $log_start);

# Nobody was signalled

unlike($log, qr/terminating|canceling/, 'nobody was signalled');
is( answer($node, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name LIKE 'waiter %'"),
	5, 'the waiters still wait');
is($idle_blocker->query('COMMIT; SELECT 1'), 1, 'the idle blocker lives and can commit');
ok( poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE failure_type = 'lock_pileup_idle'", 'succeeded'),
	'and then it is');
is(answer($node, "SELECT count(*) FROM pg_stat_activity WHERE pid = $busy_pid AND state = 'active'"),
	1, 'the busy one still runs its statement');
is($_->query('SELECT 1'), 1, 'an idle session lives') foreach @idle;
is($_->result . $_->error, '', 'a waiter went on without an error') foreach @waiters[ 0 .. 2 ];

# Nothing was changed

my @changed = relations_changed($wal_start, $wal_end);

cmp_ok(scalar(@changed), '>', 0, 'the write-ahead log shows what was written');
my $foreign = answer($node, 'SELECT string_agg(DISTINCT c.oid::regclass::text, $$, $$) FROM pg_class AS c '
	  . 'LEFT JOIN pg_class AS t ON t.reltoastrelid = c.oid OR t.reltoastrelid = '
	  . '(SELECT i.indrelid FROM pg_index AS i WHERE i.indexrelid = c.oid) '
	  . 'WHERE coalesce(pg_relation_filenode(c.oid), 0) IN (' . join(', ', @changed) . ') '
	  . "AND coalesce(t.relnamespace, c.relnamespace) <> 'selfheal'::regnamespace");
is($foreign, '', 'and nothing of it is outside schema selfheal');
is_deeply([ grep { !is_ours($_) } @changed ], [], 'nor of a relation unknown');

my @senders = $log =~ /<([^>]*)> LOG:  (?:statement|execute)/g;
is_deeply([ grep { $_ !~ m{^client backend/(008_observe|waiter|idle|blocker)} } @senders ],
	[], 'no statement was sent by anybody but this test');

stop_node($node);
done_testing();

# File numbers of relations in records between two positions.
sub relations_changed
{
	my ($from, $to) = @_;
	my ($output, $errors);

	answer($node, 'SELECT pg_switch_wal()');
	IPC::Run::run(
		[ 'pg_waldump', '-p', $node->data_dir . '/pg_wal', '-s', $from, '-e', $to ],
		'>', \$output, '2>', \$errors)
	  or die "pg_waldump failed: $errors";
	my %seen = map { $_ => 1 } $output =~ m{rel \d+/\d+/(\d+)}g;
	return sort { $a <=> $b } keys %seen;
}

sub is_ours
{
	return answer($node, "SELECT count(*) FROM pg_class AS c WHERE pg_relation_filenode(c.oid) = $_[0]") > 0;
}

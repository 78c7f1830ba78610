# Promise: what is not yet in the tables is in the journal, and not lost; what is lost is counted. A
# journal that is not this server's is put aside, one that is damaged never keeps the server from
# starting; a stop order in either stays in force, and where it cannot be read it is assumed.
use strict;
use warnings;

use Fcntl qw(SEEK_SET);
use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $page = 4096;
my $records = 2048;    # that the journal holds

my $node = heal_node('main', streaming => 1);
my $journal = $node->data_dir . '/selfheal.journal';

# Without a home

answer($node, 'CREATE DATABASE elsewhere');
ok(poll_until($node, 'SELECT history, unwritten_records FROM selfheal.status', 'ok|0'), 'the history is written');
answer($node, 'ALTER DATABASE postgres RENAME TO away', 'elsewhere');
answer($node, "SELECT selfheal.pause('1 hour', 'locks', 'number ' || g) FROM generate_series(1, 100) AS g", 'away');
ok( poll_until($node, 'SELECT history, unwritten_records >= 100 FROM selfheal.status', 'no database|t', database => 'away'),
	'while its home is away nothing is written');
crash_node($node);
$node->start;
is(answer($node, 'SELECT unwritten_records >= 100 FROM selfheal.status', 'away'), 't', 'the records survive a crash');
is(answer($node, "SELECT count(DISTINCT message) FROM selfheal.events WHERE kind = 'paused'", 'away'), 100,
	'and can be seen before they are in the tables');
answer($node, 'ALTER DATABASE away RENAME TO postgres', 'elsewhere');
ok(poll_until($node, "SELECT count(*) FROM selfheal.event WHERE kind = 'paused'", 100), 'when it is back they are written');
is(answer($node, "SELECT count(*) FROM selfheal.events WHERE kind = 'paused'"), 100, 'and seen once');
is(answer($node, 'SELECT lost_records FROM selfheal.status'), 0, 'none is lost');

# More than the journal holds

ok(poll_until($node, 'SELECT unwritten_records FROM selfheal.status', 0), 'all is written');
answer($node, 'ALTER DATABASE postgres RENAME TO away', 'elsewhere');
my $written = answer($node, 'SELECT journal_mirrored FROM selfheal.read_engine()', 'away');
answer($node, "SELECT selfheal.pause('1 hour', 'locks', 'flood ' || g) FROM generate_series(1, $records + 200) AS g", 'away');
answer($node, "SELECT selfheal.stop('after the flood')", 'away');
my $sequence = answer($node, 'SELECT journal_sequence FROM selfheal.read_engine()', 'away');
answer($node, 'ALTER DATABASE away RENAME TO postgres', 'elsewhere');
ok(poll_until($node, 'SELECT history, unwritten_records FROM selfheal.status', 'ok|0'), 'a flood of records is worked off');
my $lost = answer($node, 'SELECT lost_records FROM selfheal.status');
my $must = $sequence - $written - $records;
cmp_ok($lost, '>=', $must, 'those that were overwritten are counted as lost');
cmp_ok($lost, '<=', $must + 20, 'and no others');
is( answer($node, q{SELECT sum(m[2]::bigint - m[1]::bigint + 1) FROM selfheal.audit_log,
	regexp_match(message, '^records (\d+) to (\d+) are missing from the tables, .*: they were overwritten') AS m WHERE action = 'records_lost'}),
	$lost, 'the tables tell which, and why');
is(answer($node, q{SELECT met, detail FROM selfheal.diagnose() WHERE condition = 'history complete'}),
	"f|records missing from the tables since the server started: $lost", 'and so does the diagnosis');
cmp_ok(answer($node, "SELECT count(*) FROM selfheal.event WHERE message LIKE '%: flood %'"), '>=', $records - 20,
	'the others are in the tables');
is(answer($node, "SELECT count(*) FROM selfheal.event WHERE message = 'after the flood'"), 1, 'the newest among it');
is(answer($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'history'"), 't', 'history flows again');

# Restarted: all that was replayed is still known
$node->restart;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'stopped'), 'the stop order of then is in force');
is(answer($node, 'SELECT string_agg(scope, $$, $$) FROM selfheal.pauses'), 'locks', 'and the pause');

# In a copy of the data directory

$node->backup('backup');
my $copy = PostgreSQL::Test::Cluster->new('copy');
$copy->init_from_backup($node, 'backup');
$copy->start;
like(slurp_file($copy->logfile), qr/journal found is of another data directory.*was put aside/, "a copy puts the journal aside");
ok(poll_until($copy, 'SELECT state FROM selfheal.status', 'stopped'), 'its stop order is in force there, too');
like(answer($copy, 'SELECT why FROM selfheal.status'), qr/after the flood/, 'with its reason');
is(answer($copy, 'SELECT count(*) FROM selfheal.pauses'), 0, 'other orders are not');
isnt(answer($copy, 'SELECT journal_id FROM selfheal.read_engine()'),
	answer($node, 'SELECT journal_id FROM selfheal.read_engine()'), 'it has a journal of its own');
ok(poll_until($copy, 'SELECT count(DISTINCT journal) FROM selfheal.event', 2), 'and goes on with the history it came with');
$copy->restart;
ok(poll_until($copy, 'SELECT state FROM selfheal.status', 'stopped'), 'the order holds after a restart');
answer($copy, "SELECT selfheal.start('it is another server')");
$copy->restart;
ok(poll_until($copy, 'SELECT state FROM selfheal.status', 'on'), 'and once cleared it stays cleared');
stop_node($copy);

# Torn records

answer($node, "SELECT selfheal.start('next')");
answer($node, "SELECT selfheal.pause('1 hour', 'sessions', 'kept')");
ok(poll_until($node, 'SELECT unwritten_records FROM selfheal.status', 0), 'all is written');
my $next = answer($node, 'SELECT journal_sequence FROM selfheal.read_engine()') + 1;
stop_node($node);
my $first = (-s $journal) / $page - $records;
# Half a record, as a crash in the middle of a write leaves it, and nonsense after it.
overwrite(($first + ($next + 1) % $records) * $page, "1aeh" . 'x' x ($page / 2));
overwrite(($first + ($next + 2) % $records) * $page, 'nonsense' x ($page / 8));
$node->start;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'paused'), 'a torn record does not matter');
is(answer($node, "SELECT string_agg(reason, ', ' ORDER BY reason) FROM selfheal.pauses WHERE scope = 'sessions'"), 'kept', 'what came before is known');
answer($node, "SELECT selfheal.resume('sessions'); SELECT selfheal.resume('locks')");
ok(poll_until($node, "SELECT count(*) FROM selfheal.event WHERE kind = 'resumed'", 2), 'and history goes on');

# One snapshot of the two

stop_node($node);
answer_after_start("SELECT selfheal.stop('one snapshot')");
stop_node($node);
overwrite(snapshot(0) + $page, "\xFF" x 100);
$node->start;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'stopped'), 'with one of its snapshots damaged it goes on');
is(answer($node, 'SELECT journal_state FROM selfheal.read_engine()'), 'ok', 'with the other');

# Both

stop_node($node);
overwrite(snapshot($_) + $page, "\xFF" x 100) foreach (0, 1);
$node->start;
my ($status, $state) = $node->psql('postgres', 'SELECT state, hint FROM selfheal.status');
is($state, 'broken|Repair that and restart the server.', 'with none left it does nothing, and says so');
like(answer($node, "SELECT string_agg(detail, ' ') FROM selfheal.diagnose() WHERE NOT met"), qr/the journal cannot be opened or created/, 'with the reason');
my (undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.start('all the same')");
like($error, qr/no usable journal.*HINT/s, 'an order is refused with a hint');
is(answer($node, 'SELECT count(*) FROM selfheal.recoveries') >= 0, 1, 'the history can still be read');
is(engine_pid($node) > 0, 1, 'and the engine lives');

# Away or nothing but garbage

stop_node($node);
rename($journal, "$journal.kept") or die "could not rename $journal: $!";
$node->start;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'on'), 'moved away, a new one is begun');
my $highest = answer($node, 'SELECT coalesce(max(journal_sequence), 0) FROM selfheal.read_engine()');
cmp_ok($highest, '<', $next, 'that counts anew');
stop_node($node);
overwrite(0, join('', map { chr(rand(256)) } 1 .. -s $journal));
$node->start;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'stopped'), 'of nothing but garbage, it waits for a human');
like(answer($node, 'SELECT why FROM selfheal.status'), qr/journal is damaged, and a stop order in it may have been lost/, 'and says why');
truncate($journal, 10_000) or die "could not truncate $journal: $!";
crash_node($node);
$node->start;
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'stopped'), 'cut short, it keeps its stop order');
answer($node, "SELECT selfheal.start('a human has looked')");
ok(poll_until($node, 'SELECT state FROM selfheal.status', 'on'), 'until told to go on');

# Where no file can be made

stop_node($node);
unlink($journal);
mkdir($journal) or die "could not make folder $journal: $!";
$node->start;
is(answer($node, 'SELECT state FROM selfheal.status'), 'broken', 'where it can have no journal the server starts, and it does nothing');

stop_node($node);
done_testing();

sub overwrite
{
	my ($offset, $bytes) = @_;

	open(my $file, '+<:raw', $journal) or die "could not open $journal: $!";
	seek($file, $offset, SEEK_SET);
	print $file $bytes;
	close($file) or die "could not write $journal: $!";
}

# Where one of the two begins: after the header and the stop order, of equal size.
sub snapshot
{
	my ($which) = @_;
	my $size = ((-s $journal) / $page - $records - 2) / 2;

	return (2 + $which * $size) * $page;
}

sub answer_after_start
{
	$node->start;
	return answer($node, $_[0]);
}

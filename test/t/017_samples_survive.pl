# Promise: samples and baselines survive a clean restart without loss and a crash from the last save
# on; a gap stays a gap. Baselines that are damaged are learnt anew, and so are those that somebody reset before a crash. A file that is torn, foreign or from nowhere costs the samples in it and
# nothing else: the server starts. Minutes in the tables are exactly what was sampled.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

# It waits for minutes of the clock, and nothing in it is of one version.
oldest_server_only();

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.ring_save_interval = 3600
selfheal.cpu_budget = 1
CONF
my $file = $node->data_dir . '/selfheal.samples';
my $baselines = $node->data_dir . '/selfheal.baselines';

# Clean restart

ok(sampled(40), 'there are samples');
ok(!-e $file, 'nothing was saved yet');
my $before = newest();
my $rows = rows_until($before);
my $watched = watched();
my $learnt = learnt();
cmp_ok($learnt, '>=', 5, 'something is learnt as normal');
stop_node($node);
ok(-e $file, 'a clean stop saves');
ok(-e $baselines, 'also what is normal');
$node->start;
ok(sampled_after($before), 'after a restart sampling goes on');
is(rows_until($before), $rows, 'and every sample of before is there');
cmp_ok(learnt(), '>=', $learnt, 'what was learnt as normal, too');
is(watched(), $watched, 'and forecasts go on from where they were');
is(gaps(), 1, 'the time in between is a gap');
is(answer($node, "SELECT count(*) FROM selfheal.anomalies WHERE closed_at IS NULL AND opened_at <= '$before'"), 0,
	'no anomaly of before is open');

# Crash: from the last save on

configure($node, 'selfheal.ring_save_interval' => '1');
ok(saved_after(newest()), 'the keeper saves');
configure($node, 'selfheal.ring_save_interval' => '3600');
my $saved = saved();
$rows = rows_until($saved);
ok(sampled_after($saved), 'sampling goes on after the save');
ok(poll_until($node, "SELECT samples >= 10 FROM selfheal.baselines WHERE metric = 'sessions_idle'"), 'a metric has a baseline');
my $known = learnt('sessions_idle');
my $file_before = slurp_file($baselines);
answer($node, "SELECT selfheal.reset_baselines('sessions_idle')");
ok(wait_until(sub { slurp_file($baselines) ne $file_before }, 'a save'), 'a reset is followed by a save');
configure($node, 'selfheal.enabled' => 'off');
crash_node($node);
$node->start;
cmp_ok(learnt('sessions_idle'), '<', $known, 'so a crash does not undo it');
# what was reset was saved with the samples until then
my $restored = newest();
configure($node, 'selfheal.enabled' => 'on');
ok(sampled_after($restored), 'and sampling goes on after a crash');
is(rows_until($saved), $rows, 'every sample up to the save is there');
is(gaps(), 2, 'what came after it is a gap');
cmp_ok(learnt(), '>=', $learnt, 'and what was learnt until a save');

# A crash of one process, which takes all of shared memory with it

configure($node, 'selfheal.ring_save_interval' => '1');
ok(saved_after(newest()), 'saved again');
$saved = saved();
$rows = rows_until($saved);
my $victim = session($node);
kill('KILL', $victim->pid);
ok( poll_until($node, "SELECT pg_postmaster_start_time() IS NOT NULL AND max(at) > '$saved' FROM selfheal.samples('load', '1 hour')"),
	'the server is up again');
is(rows_until($saved), $rows, 'its samples are there');
$victim->close;

# Damaged

my $log = refused(sub { truncate($file, 5000) or die $! }, qr/the file is damaged/, 'a torn file');
like($log, qr/LOG:  selfheal: earlier samples were not read back.*\n.*DETAIL:  The file is "selfheal.samples"/,
	'the log says so and which file it is');
refused(sub { truncate($file, 0) or die $! }, qr/the file is damaged/, 'an empty file');
refused(
	sub {
		my $content = slurp_file($file);
		substr($content, -100, 1) = chr(ord(substr($content, -100, 1)) ^ 1);
		spew($file, '+<', $content);
	},
	qr/the file is damaged/, 'a file with one flipped bit');
refused(sub { spew($file, '+<', 'x' x 100_000) }, qr/the file has another format/, 'a file of somebody else');
refused(sub { truncate($file, 3 << 30) or die $! }, qr/File too large/, 'a file larger than memory');
refused(
	sub {
		rename($file, "$file.old") or die $!;
		spew($file, '>', slurp_file("$file.old"));
		unlink("$file.old");
	},
	qr/the file is of another data directory/, 'a copy');
refused(sub { unlink($file) or die $!; mkdir($file) or die $! }, qr/not read back/, 'a directory in its place');
ok( poll_until($node, 'SELECT save_failures > 0 FROM selfheal.overhead'), 'that it cannot be saved is counted');
is(answer($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'samples kept'"), 'f', 'and diagnose() says so');
rmdir($file) or die $!;
ok(poll_until($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'samples kept'"), 'until it can be saved again');

# Damaged forecasts and baselines

$watched = watched();
stop_node($node);
my $learning = slurp_file($baselines);
substr($learning, -5000, 1) = chr(ord(substr($learning, -5000, 1)) ^ 1);
spew($baselines, '+<', $learning);
my $forecasts = $node->data_dir . '/selfheal.forecasts';
truncate($forecasts, 5000) or die $!;
my $from = log_offset($node);
$node->start;
ok(defined wait_for_log($node, qr/earlier forecasts were not read back: the file has another format/, $from),
	'a torn file of forecasts is said in the log');
isnt(watched(), $watched, 'and they begin anew');
ok(defined wait_for_log($node, qr/1 of \d+ baselines are damaged and learnt anew/, $from), 'a flipped bit costs one baseline');
cmp_ok(learnt(), '>=', $learnt, 'and no other');
stop_node($node);
truncate($baselines, 5000) or die $!;
my $content = slurp_file($forecasts);
substr($content, -100, 1) = chr(ord(substr($content, -100, 1)) ^ 1);
spew($forecasts, '+<', $content);
$from = log_offset($node);
$node->start;
ok(defined wait_for_log($node, qr/earlier forecasts were not read back: the file is damaged/, $from), 'so is one flipped bit');
ok(defined wait_for_log($node, qr/what was normal was not read back: the file is damaged/, $from), 'a torn file of baselines is said, too');
ok(poll_until($node, "SELECT state LIKE 'learning%' FROM selfheal.baselines WHERE metric = 'sessions'"), 'and they begin anew');

# Off

configure($node, 'selfheal.ring_save_interval' => '0');
stop_node($node);
unlink($file);
ok(-e $baselines, 'baselines of before are left');
$from = log_offset($node);
$node->start;
ok(defined wait_for_log($node, qr/what was normal was not read back: selfheal.ring_save_interval is 0/, $from),
	'switched off, they are not read back');
ok(sampled(5), 'sampling');
stop_node($node);
ok(!-e $file, 'switched off, nothing is saved');
$node->start;

# Minutes in the tables: one that has begun since memory was last empty is known row by row

configure($node, 'selfheal.ring_save_interval' => '3600');
ok( poll_until($node, 'SELECT max(at) >= pg_postmaster_start_time() FROM selfheal.metric_minute', 't', patience => 150),
	'a minute is written to the tables');
my $differing = answer($node, <<'SQL');
WITH minute AS (
	SELECT max(m.at) AS at FROM selfheal.metric_minute AS m
), rows AS (
	SELECT n.name AS metric, s.value
	FROM minute, selfheal.metrics AS n, selfheal.read_samples(n.name, '1 hour') AS s
	WHERE s.resolution IS NULL AND s.at >= minute.at AND s.at < minute.at + interval '1 minute'
), exact AS (
	SELECT metric, avg(value) AS average, min(value) AS minimum, max(value) AS maximum, count(value) AS samples
	FROM rows
	GROUP BY metric
)
SELECT count(*) || ' of ' || (SELECT count(*) >= 80 FROM exact)
FROM exact AS e
FULL JOIN (SELECT m.* FROM selfheal.metric_minutes AS m, minute WHERE m.at = minute.at) AS m USING (metric)
WHERE (e.minimum, e.maximum, e.samples) IS DISTINCT FROM (m.minimum, m.maximum, m.samples::bigint)
	OR abs(e.average - m.average) > 1e-12 * abs(e.average)
	OR (e.average IS NULL) <> (m.average IS NULL)
SQL
is($differing, '0 of true', 'every metric of that minute is exactly what was sampled');
my $minutes = answer($node, 'SELECT count(*) FROM selfheal.metric_minute');
$node->restart;
answer($node, 'SELECT selfheal.stop($$something to write$$)');
ok(poll_until($node, 'SELECT unwritten_records = 0 FROM selfheal.status'), 'the scribe has been here after a restart');
is(answer($node, "SELECT count(*) - count(DISTINCT at) FROM selfheal.metric_minute"), 0, 'no minute is there twice');
cmp_ok(answer($node, 'SELECT count(*) FROM selfheal.metric_minute'), '>=', $minutes, 'none is lost');

# Standby: in memory, its own

$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
# what was set in its primary came with the backup
configure($standby, 'selfheal.ring_save_interval' => '1');
ok(poll_until($standby, "SELECT count(*) > 20 FROM selfheal.samples('load', '1 hour')"), 'a standby samples');
is(answer($standby, "SELECT count(*) FROM selfheal.samples('load', '1 day') WHERE at < pg_postmaster_start_time()"), 0,
	'nothing of its primary is mistaken for its own');
cmp_ok(answer($standby, 'SELECT count(*) FROM selfheal.metric_minute'), '>', 0, 'though the tables can be read');
ok(poll_until($standby, "SELECT saved_at IS NOT NULL FROM selfheal.overhead"), 'it saves its samples');
my $first = answer($standby, "SELECT min(at) FROM selfheal.samples('load', '1 hour')");
$standby->restart;
is(answer($standby, "SELECT min(at) FROM selfheal.samples('load', '1 hour')"), $first, 'and has them after a restart');

stop_node($standby);
stop_node($node);
done_testing();

# Whether there are so many samples.
sub sampled
{
	my ($count) = @_;

	return poll_until($node, "SELECT count(*) >= $count FROM selfheal.samples('load', '1 hour')");
}

sub sampled_after
{
	my ($moment) = @_;

	return poll_until($node, "SELECT count(*) > 3 FROM selfheal.samples('load', '1 hour') WHERE at > '$moment'");
}

sub newest
{
	return answer($node, "SELECT max(at) FROM selfheal.samples('load', '1 hour')");
}

sub rows_until
{
	my ($moment) = @_;

	return answer($node,
		"SELECT count(*) || ' ' || md5(string_agg(at::text || value, ',' ORDER BY at)) FROM selfheal.samples('sessions', '1 hour') WHERE resolution IS NULL AND at <= '$moment'");
}

sub saved
{
	return answer($node, 'SELECT saved_at FROM selfheal.overhead');
}

sub saved_after
{
	my ($moment) = @_;

	return poll_until($node, "SELECT saved_at > timestamptz '$moment' + interval '0.5 s' FROM selfheal.overhead");
}

sub learnt
{
	my ($metric) = @_;

	$metric //= 'sessions';
	return answer($node, "SELECT samples FROM selfheal.baselines WHERE metric = '$metric'");
}

# Since when predictions are counted, once something is watched.
sub watched
{
	poll_until($node, "SELECT count(*) > 0 FROM selfheal.resources WHERE resource = 'connection_slots'");
	return answer($node, 'SELECT min(since) FROM selfheal.prediction_stats');
}

# How often sampling began anew: then, and only then, there is no rate yet.
sub gaps
{
	return answer($node, <<'SQL');
SELECT count(*)
FROM (SELECT value, lag(value) OVER (ORDER BY at) AS previous FROM selfheal.samples('commits', '1 hour') WHERE resolution IS NULL) AS s
WHERE s.value IS NULL AND s.previous IS NOT NULL
SQL
}

# With the file changed while the server is down it starts, says why in the log, and has no samples of before.
sub refused
{
	my ($change, $message, $what) = @_;
	my $moment = newest();

	stop_node($node);
	$change->();
	my $offset = log_offset($node);
	$node->start;
	my $text = wait_for_log($node, $message, $offset);
	ok(defined $text, "$what is said in the log");
	ok(sampled_after($moment), "$what does not hinder the server");
	is(answer($node, "SELECT count(*) FROM selfheal.samples('load', '1 hour') WHERE resolution IS NULL AND at <= '$moment'"), 0,
		"$what gives no samples");
	return $text;
}

sub spew
{
	my ($name, $mode, $content) = @_;

	open(my $handle, $mode, $name) or die "$name: $!";
	print $handle $content;
	close($handle);
}

# Promise: a change that can be taken back comes to a truthful end wherever its recovery is interrupted and
# whatever interrupts it. The record and the setting agree: it succeeded and the value is the one of before, or it
# was withdrawn or rolled back and the value is what it was; nothing is done twice, and what somebody else has
# set meanwhile stays. Nine points by ten faults; MATRIX=full tests every pair of them, otherwise every fourth.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

# Much of it, and nothing of it depends on the server's version.
plan skip_all => 'done on the oldest server only' if `pg_config --version` !~ /PostgreSQL 15/;

my $node = heal_node('main', conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.cpu_budget = 100
selfheal.cooldown = 0
selfheal.breaker_failures = 1000
selfheal.max_acts_10min = 1000
selfheal.max_acts_hour = 1000
selfheal.max_acts_day = 1000
CONF

# Where the recovery is when the fault comes, and how it ends when its recoverer or the server does.
my @points = (
	# held in         recoverer ended   server went down   somebody else has set it
	[ 'approved',     undef,            'withdrawn',       'withdrawn' ],
	[ 'claimed',      'withdrawn',      'withdrawn',       'withdrawn' ],
	[ 'snapshot',     'withdrawn',      'withdrawn',       'withdrawn' ],
	[ 'executing',    'succeeded',      'rolled back',     'withdrawn' ],
	[ 'acted',        'succeeded',      'rolled back',     'left' ],
	[ 'executed',     'succeeded',      'rolled back',     'left' ],
	[ 'verifying',    'succeeded',      'rolled back',     'left' ],
	[ 'rolling back', 'rolled back',    'rolled back',     'left' ],
	[ 'ended',        undef,            'succeeded',       'left' ]);

my %faults = (
	'recoverer ended' => [ 'recoverer', sub { answer($node, 'SELECT pg_terminate_backend(' . recoverer() . ')') } ],
	'recoverer killed' => [ 'down', \&kill_recoverer ],
	'recoverer frozen' => [ 'nothing', \&freeze_recoverer ],
	'server killed' => [ 'down', sub { crash_node($node); $node->start } ],
	'immediate stop' => [ 'down', sub { $node->stop('immediate'); $node->start } ],
	'restart' => [ 'down', sub { stop_node($node); $node->start } ],
	'engine ended' => [ 'nothing', \&end_engine ],
	'stopped' => [ 'stop', sub { answer($node, "SELECT selfheal.stop('a test')") } ],
	'set by somebody' => [ 'other', \&set_by_somebody ],
	'extension dropped' => [ 'nothing', \&replace_extension ]);

my ($recovery, $before, $wrong, $other, $value);
my $number = 0;
my $pairs = 0;

foreach my $row (@points)
{
	foreach my $fault (sort keys %faults)
	{
		next unless $number++ % 4 == 0 || ($ENV{MATRIX} // '') eq 'full';
		next if $fault =~ /^recoverer/ && $row->[0] =~ /approved|ended/;
		$pairs++;
		interrupt($row, $fault);
	}
}
cmp_ok($pairs, '>=', 20, 'that many pairs were tested');
is( answer($node, <<'SQL'), '', 'no recovery made an illegal move');
SELECT string_agg(DISTINCT s.before || ' -> ' || s.stage, ', ')
FROM (
	SELECT stage, lag(stage, 1, 'nothing') OVER (PARTITION BY recovery ORDER BY step) AS before
	FROM selfheal.recovery_steps
) AS s
WHERE s.before <> 'nothing' AND (s.before, s.stage) NOT IN (
	('proposed', 'approved'), ('approved', 'claimed'), ('approved', 'withdrawn'), ('claimed', 'snapshot'),
	('claimed', 'withdrawn'), ('snapshot', 'executing'), ('snapshot', 'withdrawn'), ('executing', 'executed'),
	('executing', 'withdrawn'), ('executing', 'rolling back'), ('executed', 'verifying'), ('executed', 'rolling back'),
	('verifying', 'succeeded'), ('verifying', 'rolling back'), ('rolling back', 'rolled back'), ('rolling back', 'failed'))
SQL
is(answer($node, 'SELECT lost_records FROM selfheal.status'), 0, 'no record was lost');

stop_node($node);
done_testing();

sub interrupt
{
	my ($row, $fault) = @_;
	my ($point, $if_ended, $if_down, $if_other) = @$row;
	my ($kind, $bring_about) = @{ $faults{$fault} };
	my %expected = (
		recoverer => $if_ended,
		down => $if_down,
		other => $if_other,
		stop => $point =~ /approved|claimed|snapshot|executing/ ? 'withdrawn' : goes_on($point),
		nothing => goes_on($point));
	my $stage;

	bring_to($point);
	$other = undef;
	$bring_about->();
	wake() if $kind eq 'down';
	release($node);
	ok(poll_until($node, final()), "$point, $fault: it comes to an end");
	$stage = answer($node, newest());
	if ($expected{$kind} eq 'left')
	{
		isnt($stage, 'unknown', "$point, $fault: it is known how");
	}
	else
	{
		is($stage, $expected{$kind}, "$point, $fault: the right one") or show();
	}
	$value = defined $other ? $other : $stage eq 'succeeded' ? $before : $wrong;
	is(answer($node, 'SHOW random_page_cost'), $value, "$point, $fault: and the setting is what the record says") or show();
	answer($node, "SELECT selfheal.start('next')") if $kind eq 'stop';
}

# Nothing keeps it from its end.
sub goes_on
{
	my ($point) = @_;

	return $point eq 'rolling back' ? 'rolled back' : 'succeeded';
}

# A setting has just been changed, and what would put it back is at that point.
sub bring_to
{
	my ($point) = @_;
	my $begin = $point eq 'rolling back' ? 'acted' : $point eq 'ended' ? 'none' : $point;

	$before = answer($node, 'SHOW random_page_cost');
	$wrong = $before + 1;
	hold($node, $begin);
	configure($node, random_page_cost => $wrong);
	poll_until($node,
		"SELECT new_value FROM selfheal.setting_changes WHERE name = 'random_page_cost' ORDER BY at DESC LIMIT 1", $wrong)
	  or die 'the change was not seen';
	$recovery = answer($node, "SELECT recovery FROM selfheal.trigger('restore_setting', 'random_page_cost')");
	return reach($point eq 'ended' ? 'succeeded' : $point) unless $begin eq 'acted';
	reach('executing');
	poll_until($node, 'SHOW random_page_cost', $before) or die 'it does not act';
	return if $point eq 'acted';
	# in force only when the server comes back
	answer($node, "ALTER SYSTEM SET selfheal.hold_stage = 'rolling back'");
	$node->stop('immediate');
	$node->start;
	wake();
	reach('rolling back');
}

sub reach
{
	my ($point) = @_;

	poll_until($node, newest(), $point) or die "recovery $recovery does not get to $point";
}

sub newest
{
	return "SELECT stage FROM selfheal.recoveries WHERE id = $recovery ORDER BY proposed_at DESC LIMIT 1";
}

sub recoverer
{
	return answer($node, q{SELECT pid FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer'});
}

# Which takes every other process along.
sub kill_recoverer
{
	my $offset = log_offset($node);

	kill('KILL', recoverer());
	wait_for_log($node, qr/all server processes terminated; reinitializing/, $offset);
}

# For some heartbeats of the engine, as on a machine that has no time for it.
sub freeze_recoverer
{
	my $frozen = recoverer();
	my $beats = answer($node, 'SELECT heartbeats FROM selfheal.read_engine()');

	kill('STOP', $frozen);
	poll_until($node, "SELECT heartbeats > $beats + 10 FROM selfheal.read_engine()") or die 'the engine stands still';
	kill('CONT', $frozen);
}

sub end_engine
{
	my $engine = engine_pid($node);

	answer($node, "SELECT pg_terminate_backend($engine)");
	poll_until($node, "SELECT pid <> $engine AND heartbeats > 2 FROM selfheal.read_engine()") or die 'no new engine';
}

sub set_by_somebody
{
	$other = $wrong + 0.5;
	configure($node, random_page_cost => $other);
}

sub replace_extension
{
	answer($node, 'DROP EXTENSION selfheal CASCADE');
	answer($node, 'CREATE EXTENSION selfheal');
}

# Until the engine works: after several crashes in a row it is passive until it is told to go on.
sub wake
{
	poll_until($node, q{SELECT state IN ('on', 'passive') FROM selfheal.read_engine()})
	  or die 'the engine does not come back';
	return if answer($node, 'SELECT state FROM selfheal.read_engine()') eq 'on';
	answer($node, q{SELECT selfheal.start('a test crashes it')});
	poll_until($node, q{SELECT state = 'on' FROM selfheal.read_engine()}) or die 'the engine stays passive';
}

sub show
{
	diag(answer($node, "SELECT string_agg(stage || ': ' || message, E'\\n' ORDER BY step) FROM selfheal.recovery_steps WHERE recovery = $recovery"));
}

sub final
{
	return newest() =~ s/SELECT stage/SELECT finished_at IS NOT NULL/r;
}

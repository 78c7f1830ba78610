# Promise: a change that can be taken back comes to a truthful end wherever its recovery is interrupted and
# whatever interrupts it. The record and the setting agree: it succeeded and the value is the one of before, or it
# was withdrawn or rolled back and the value is what it was; nothing is done twice, and what somebody else has
# set meanwhile stays. Nine points by fourteen faults; MATRIX=full tests every pair of them, otherwise every fifth.
use strict;
use warnings;

use Fcntl ();
use FindBin;
use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

# Much of it, and nothing of it depends on the server's version.
oldest_server_only();

# What is wrong with the machine: nothing yet. See test/fixtures/faulty.c.
my $faulty = PostgreSQL::Test::Utils::tempdir_short() . '/faulty';
system_or_bail('cc', '-Wall', '-shared', '-fPIC', '-o', "$faulty.so", "$FindBin::RealBin/../fixtures/faulty.c", '-ldl');
faults(0);
$ENV{SELFHEAL_FAULTS} = $faulty;
$ENV{LD_PRELOAD} = "$faulty.so";

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
	'extension dropped' => [ 'nothing', \&replace_extension ],
	'clock forwards' => [ 'odd', sub { step_clock(3600) } ],
	'clock backwards' => [ 'odd', sub { step_clock(-3600) } ],
	'no space' => [ 'odd', sub { faults(0, 'auto.conf') } ],
	'no journal' => [ 'odd', sub { faults(0, 'selfheal.journal') } ]);

my ($recovery, $before, $wrong, $other, $value);
my $number = 0;
my $pairs = 0;
my $unwritten = 0;

foreach my $row (@points)
{
	foreach my $fault (sort keys %faults)
	{
		next unless $number++ % 5 == 4 || ($ENV{MATRIX} // '') eq 'full';
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
	('proposed', 'approved'), ('approved', 'claimed'), ('approved', 'withdrawn'), ('approved', 'expired'), ('claimed', 'snapshot'),
	('claimed', 'withdrawn'), ('snapshot', 'executing'), ('snapshot', 'withdrawn'), ('executing', 'executed'),
	('executing', 'withdrawn'), ('executing', 'rolling back'), ('executed', 'verifying'), ('executed', 'rolling back'),
	('verifying', 'succeeded'), ('verifying', 'rolling back'), ('rolling back', 'rolled back'), ('rolling back', 'failed'))
SQL
cmp_ok(answer($node, 'SELECT lost_records FROM selfheal.status'), '<=', $unwritten, 'no record was lost that could be written');

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
		odd => 'left',
		stop => $point =~ /approved|claimed|snapshot|executing/ ? 'withdrawn' : goes_on($point),
		nothing => goes_on($point));
	my $stage;

	bring_to($point);
	$other = undef;
	$bring_about->();
	wake() if $kind eq 'down' || $fault eq 'engine ended';
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
	$value = defined $other ? $other : $stage eq 'succeeded' || is_in_effect() ? $before : $wrong;
	is(answer($node, 'SHOW random_page_cost'), $value, "$point, $fault: and the setting is what the record says") or show();
	answer($node, "SELECT selfheal.start('next')") if $kind eq 'stop';
	$unwritten += answer($node, 'SELECT journal_write_failures FROM selfheal.read_engine()') if $fault eq 'no journal';
	step_clock(0) if $fault =~ /clock/;
	faults(0);
	take_back($fault) if $stage eq 'failed' && !defined $other;
}

# Nor must it stay so: when there is space again, whoever is told can take it back.
sub take_back
{
	my ($fault) = @_;

	answer($node, "SELECT rollback FROM selfheal.rollback(-$recovery)");
	ok(poll_until($node, "SELECT status FROM selfheal.rollbacks WHERE snapshot = -$recovery ORDER BY id LIMIT 1", 'success'),
		"$fault: and is taken back by hand");
	is(answer($node, 'SHOW random_page_cost'), $wrong, "$fault: to what it was");
}

# What could not be put back is a failure, and says that it is so.
sub is_in_effect
{
	my ($stage, $state) =
	  split(/\|/, answer($node, "SELECT stage, change_state FROM selfheal.recoveries WHERE id = $recovery"));

	return $stage eq 'failed' && $state =~ /in effect|unknown/;
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
	# newest first, whatever the clock was
	poll_until($node,
		"SELECT new_value FROM selfheal.read_setting_changes() WITH ORDINALITY AS c WHERE name = 'random_page_cost' ORDER BY c.ordinality LIMIT 1",
		$wrong)
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

# Seconds that the clock is off; and files that a recoverer cannot write, by a part of their names.
sub faults
{
	my ($off, $full) = @_;

	sysopen(my $file, $faulty, Fcntl::O_WRONLY() | Fcntl::O_CREAT(), 0644) or die "no $faulty: $!";
	syswrite($file, pack('q a64 a64', $off, $full // '', 'selfheal recover')) == 136 or die "$faulty: $!";
	close($file);
}

# For everybody at once, and until the engine has seen it.
sub step_clock
{
	my ($off) = @_;
	my $offset = log_offset($node);

	faults($off);
	wait_for_log($node, qr/selfheal: the clock was stepped by/, $offset);
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

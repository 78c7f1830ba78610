# Promise: wherever a recovery is interrupted, and whatever interrupts it, it comes to a truthful end.
# When only the recoverer was ended, the act is finished or withdrawn. When the server went down,
# nothing is begun again: what may have happened is "unknown", what has not is "withdrawn", and
# nobody is signalled by the new server. Orders, limits and history survive.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

# As the header of src/recover/launch_pg.c says.
my @matrix = (
	# held in       recoverer ended   server went down
	[ 'claimed',    'withdrawn',      'withdrawn' ],
	[ 'snapshot',   'withdrawn',      'withdrawn' ],
	[ 'executing',  'succeeded',      'unknown' ],
	[ 'executed',   'succeeded',      'unknown' ],
	[ 'verifying',  'succeeded',      'unknown' ]);

my $node = heal_node('main', conf => <<'CONF');
selfheal.max_acts_10min = 100
selfheal.idle_blocker_patience = 1h
CONF
my %final;    # stage each recovery must have in the end
my ($recovery, $recoverer, $blocker, @waiters);
my $passive = 0;

hot_table($node);

foreach my $row (@matrix)
{
	my ($stage, $if_ended) = @$row;

	hold_one($stage);
	answer($node, "SELECT pg_terminate_backend($recoverer)");
	# Where it is begun again, another recoverer is held in the same stage.
	ok( poll_until($node, $if_ended eq 'withdrawn' ? final() : another_recoverer(), 't'),
		"$stage, recoverer ended: it is noticed");
	if ($stage eq 'executing')
	{
		# A new engine must not launch a third beside the second.
		my $engine = engine_pid($node);
		answer($node, "SELECT pg_terminate_backend($engine)");
		ok(poll_until($node, "SELECT pid <> $engine AND heartbeats > 2 FROM selfheal.read_engine()"), 'with a new engine, too');
		is(recoverers(), 1, 'one recoverer is at work');
	}
	release($node);
	is_final("$stage, recoverer ended", $if_ended);
	is($blocker->is_gone ? 'gone' : 'there', $if_ended eq 'withdrawn' ? 'there' : 'gone',
		"$stage, recoverer ended: the blocker is what the record says");
	$_->close foreach ($blocker, @waiters);
}

my $ended = signals();
is($ended, 3, 'three sessions were ended, each once');

foreach my $way ('recoverer killed', 'server killed')
{
	foreach my $row (@matrix)
	{
		my ($stage, undef, $if_down) = @$row;
		my $log_start = log_offset($node);

		hold_one($stage);
		stop_it() if $stage eq 'executing';
		if ($way eq 'recoverer killed')
		{
			kill('KILL', $recoverer);
			wait_for_log($node, qr/all server processes terminated; reinitializing/, $log_start);
		}
		else
		{
			crash_node($node);
			$node->start;
		}
		# It is held no longer: what it would do now, it does.
		wake();
		release($node);
		is_final("$stage, $way", $if_down);
		is(answer($node, "SELECT count(*) FROM selfheal.read_engine() WHERE state = 'stopped'"),
			$stage eq 'executing' ? 1 : 0, "$stage, $way: a stop order is kept");
		answer($node, "SELECT selfheal.start('next')");
		is(signals($log_start), $if_down eq 'unknown' && $stage ne 'executing' ? 1 : 0,
			"$stage, $way: nobody is signalled by the new server");
		$_->close foreach ($blocker, @waiters);
	}
}

cmp_ok($passive, '>', 0, 'after several crashes in a row it waited for a human');

# Everything is on record, in the tables, as it ended

foreach my $id (sort { $a <=> $b } keys %final)
{
	ok(poll_until($node, "SELECT stage FROM selfheal.recovery WHERE id = $id", $final{$id}),
		"recovery $id is in the tables as $final{$id}");
}
is( answer($node, <<'SQL'), '', 'no recovery made two steps of the same number, or an illegal move');
SELECT string_agg(DISTINCT s.before || ' -> ' || s.stage, ', ')
FROM (
	SELECT stage, lag(stage, 1, 'nothing') OVER (PARTITION BY recovery ORDER BY step) AS before
	FROM selfheal.recovery_steps
) AS s
WHERE (s.before, s.stage) NOT IN (
	('nothing', 'proposed'), ('proposed', 'approved'), ('approved', 'claimed'), ('claimed', 'snapshot'),
	('snapshot', 'executing'), ('executing', 'executed'), ('executed', 'verifying'), ('verifying', 'succeeded'),
	('claimed', 'withdrawn'), ('snapshot', 'withdrawn'), ('executing', 'unknown'), ('executed', 'unknown'),
	('verifying', 'unknown'))
SQL
is(answer($node, 'SELECT count(*) FROM selfheal.recovery_steps'),
	answer($node, 'SELECT count(*) FROM (SELECT DISTINCT recovery, step FROM selfheal.recovery_steps) AS s'),
	'and none is on record twice');
is(answer($node, 'SELECT lost_records FROM selfheal.status'), 0, 'no record was lost');

# And the limits count what was done before all those crashes

configure($node, 'selfheal.max_acts_10min' => 9, 'selfheal.autonomy' => 'full', 'selfheal.idle_blocker_patience' => '100ms');
($blocker, @waiters) = pile_up($node, 1);
ok(poll_until($node, "SELECT asked_because LIKE '%(cap_reached)%' FROM selfheal.proposals"),
	'the nine acts of before count');

stop_node($node);
done_testing();

# An order by hand, waiting in a stage.
sub hold_one
{
	my ($stage) = @_;

	hold($node, $stage);
	($blocker, @waiters) = pile_up($node, 1);
	$recovery = answer($node,
		"SELECT recovery FROM selfheal.trigger('terminate_blocker', '" . $blocker->pid . "', 'held in $stage')");
	poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", $stage)
	  or die "recovery $recovery is not held";
	$recoverer = answer($node, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer'");
}

sub final
{
	return "SELECT finished_at IS NOT NULL FROM selfheal.recoveries WHERE id = $recovery";
}

sub another_recoverer
{
	return "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer' AND pid <> $recoverer";
}

sub recoverers
{
	return answer($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer'");
}

sub is_final
{
	my ($name, $stage) = @_;

	ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $recovery", $stage),
		"$name: it is $stage");
	$final{$recovery} = $stage;
}

# Until the engine works: after three crashes within a minute each it is passive, and says so.
sub wake
{
	poll_until($node, "SELECT state IN ('on', 'stopped', 'passive') FROM selfheal.read_engine()")
	  or die 'the engine does not come back';
	return unless answer($node, 'SELECT state FROM selfheal.read_engine()') eq 'passive';
	$passive++;
	answer($node, "SELECT selfheal.start('a test crashes it')");
	poll_until($node, "SELECT state IN ('on', 'stopped') FROM selfheal.read_engine()")
	  or die 'the engine stays passive';
}

# A start first, so that the crash to come is the first in a row and does not make it passive.
sub stop_it
{
	answer($node, "SELECT selfheal.stop('to be started')");
	answer($node, "SELECT selfheal.start('count anew')");
	answer($node, "SELECT selfheal.stop('before the crash')");
}

sub signals
{
	return () = slurp_file($node->logfile, $_[0] // 0) =~ /terminating connection due to administrator command/g;
}

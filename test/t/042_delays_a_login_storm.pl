# Promise: when logins from one place fail by the dozen, logins from there are made to wait, and nobody else's. It is
# seen within seconds, named, left alone where it has to be, and over when few are answered; afterwards it ends by itself.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use SelfHeal;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Nearly two minutes, and nothing of it depends on the server's version: what does is in 016 and 031.
oldest_server_only();

my $node = heal_node('storm', conf => <<'CONF');
selfheal.autonomy = observe
selfheal.failure_patience = 'login_storm=1s'
selfheal.monitoring_interval = 5
max_connections = 60
CONF
answer($node, "CREATE ROLE secret LOGIN PASSWORD 'right'; CREATE ROLE shop LOGIN; CREATE ROLE helper LOGIN IN ROLE selfheal_operator");
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
unlink($node->data_dir . '/pg_hba.conf');
PostgreSQL::Test::Utils::append_to_file($node->data_dir . '/pg_hba.conf', "local all secret scram-sha-256\n" . $hba);
$node->reload;

my %patient = (patience => 90);
my @guessers;

# By hand

configure($node, 'selfheal.autonomy' => 'approve');
is( answer($node, "SELECT targets, statements, verdict FROM selfheal.trigger('delay_logins', 'role:secret', dry_run => true)"),
	"role secret|selfheal.delay_logins(role => 'secret', delay => '2400 ms', overflow => 'refuse', duration => '300 s')|would be done",
	'a dry run shows what would be done');
like(answer($node, "SELECT statements FROM selfheal.trigger('delay_logins', 'address:10.0.0.0/8', dry_run => true)"),
	qr/address => '10\.0\.0\.0\/8', delay/, 'a network');
foreach my $bad (
	[ 'application:x', qr/logins of "application:x" cannot be delayed.*Of a login only its role and address are known/s ],
	[ 'database:postgres', qr/logins of "database:postgres" cannot be delayed/ ],
	[ 'query:7', qr/logins of "query:7" cannot be delayed/ ],
	[ 'role:helper', qr/this must not be done/ ])
{
	my (undef, undef, $error) = $node->psql('postgres', "SELECT selfheal.trigger('delay_logins', '$bad->[0]')");

	like($error, $bad->[1], "$bad->[0] is refused");
}

# In observe and when protected nothing is done.

configure($node, 'selfheal.autonomy' => 'observe', 'selfheal.protected_sessions' => 'role:secret');
guess(12);
ok(poll_until($node, storm('confirmed_at IS NOT NULL'), 't', %patient), 'a storm is seen');
like(answer($node, q{SELECT evidence FROM selfheal.failures WHERE type = 'login_storm' ORDER BY id LIMIT 1}),
	qr/^role secret from address \[local\]: \d+ logins fail in a second; protected: it matches selfheal\.protected_sessions$/,
	'with where it comes from');
ok(poll_until($node, storm("verdict LIKE 'nothing is done: selfheal.autonomy is observe%'"), 't', %patient),
	'in observe nothing is done');
configure($node, 'selfheal.autonomy' => 'full');
ok(poll_until($node, storm("verdict LIKE 'nothing is done: %protected_session%'"), 't', %patient),
	'nor to whom it must not be done');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'there is no throttle');

# Proposed, approved, done.

configure($node, 'selfheal.autonomy' => 'approve', 'selfheal.protected_sessions' => '');
ok(poll_until($node, "SELECT count(*) = 1 FROM selfheal.proposals WHERE failure_type = 'login_storm' AND target_role = 'secret'",
		't', %patient), 'in approve it is proposed, by name');
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'and not done');

# Failed logins are taken in with each sample: between two that are far apart a storm must not seem over.
my $storm = answer($node, storm('closed_at IS NULL', 'id'));
configure($node, 'selfheal.sample_interval' => '6s');
my $samples = answer($node, 'SELECT heartbeats FROM selfheal.read_overhead()');
ok(poll_until($node, "SELECT heartbeats >= $samples + 3 FROM selfheal.read_overhead()"), 'two samples, six seconds apart');
is(answer($node, storm('closed_at IS NULL', 'id')), $storm, 'the storm is still there');
configure($node, 'selfheal.sample_interval' => '1s');
answer($node, q{SELECT selfheal.approve(id, 'do it') FROM selfheal.proposals WHERE failure_type = 'login_storm'});
ok(poll_until($node, "SELECT count(*) = 1 FROM selfheal.recoveries WHERE remedy = 'delay_logins' AND stage = 'succeeded'",
		't', %patient), 'then it is done, and helps');
my $recovery = answer($node, q{SELECT id FROM selfheal.recoveries WHERE remedy = 'delay_logins' AND stage = 'succeeded'});
is(answer($node, 'SELECT scope, kind, overflow, recovery FROM selfheal.throttles'),
	"role secret from address [local]|login delay|refuse|$recovery", 'where they come from they wait');
like(answer($node, "SELECT message FROM selfheal.recoveries WHERE id = $recovery"),
	qr/^healed: fewer logins fail there; throttle \d+ is in force until /, 'as its record says');
my ($out, $error) = run_command([ 'psql', '-XAtqw', '-d', $node->connstr('postgres') . ' user=shop', '-c', 'SELECT 1' ]);
is($out, '1', 'others log in');
is(answer($node, "SELECT count(*) FROM selfheal.throttles WHERE scope LIKE '%shop%'"), 0, 'as nothing concerns them');
ok(poll_until($node, storm('closed_at IS NULL', 'count(*) = 0'), 't', %patient), 'the failure is over');

# A restart lifts it. They are still there: it is done again, for longer.

$node->restart;
is(answer($node, 'SELECT count(*) FROM selfheal.throttles'), 0, 'a restart lifts it');
configure($node, 'selfheal.autonomy' => 'full');
ok(poll_until($node, "SELECT until - since = interval '10 min' FROM selfheal.throttles", 't', %patient),
	'and when the storm goes on it is done by itself, twice as long');
ok(poll_until($node, "SELECT count(*) = 2 FROM selfheal.recoveries WHERE remedy = 'delay_logins' AND stage = 'succeeded'",
		't', %patient), 'and helps again');
end_guessers();
ok(poll_until($node, storm('closed_at IS NULL', 'count(*) = 0'), 't', %patient), 'when they stop it is over');
answer($node, 'SELECT selfheal.unthrottle(id) FROM selfheal.throttles');
ok(poll_until($node, 'SELECT count(*) = 0 FROM selfheal.throttles'), 'and the throttle can be lifted by hand');

stop_node($node);
done_testing();

sub storm
{
	my ($condition, $what) = @_;

	$what //= 'count(*) > 0';
	return "SELECT $what FROM selfheal.failures WHERE type = 'login_storm' AND $condition";
}

# So many that guess passwords, each one after the other.
sub guess
{
	my ($count) = @_;

	foreach (1 .. $count)
	{
		my $child = fork();
		die "no process: $!" unless defined $child;
		if ($child != 0)
		{
			push @guessers, $child;
			next;
		}
		$ENV{PGPASSWORD} = 'wrong';
		open(STDOUT, '>', '/dev/null');
		open(STDERR, '>', '/dev/null');
		exec('sh', '-c', 'while :; do psql -XAtqw -d "$1" -c "SELECT 1"; done', 'sh', $node->connstr('postgres') . ' user=secret');
	}
}

sub end_guessers
{
	kill('TERM', @guessers);
	waitpid($_, 0) foreach @guessers;
	@guessers = ();
}

END
{
	local $?;
	end_guessers();
}

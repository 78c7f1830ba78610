# Promise: logins that a rule fits take longer by what it says, right passwords and wrong ones
# alike, and nobody else's do. A storm of them cannot eat the connection slots by waiting.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use SelfHeal;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use IPC::Run;

my $node = heal_node('login_delay', conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.autonomy = observe
max_connections = 40
CONF
answer($node, <<'SQL');
CREATE ROLE app LOGIN;
CREATE ROLE other LOGIN;
CREATE ROLE secret LOGIN PASSWORD 'right';
CREATE ROLE helper LOGIN IN ROLE selfheal_operator;
CREATE ROLE locked NOLOGIN;
SQL
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
PostgreSQL::Test::Utils::append_to_file($node->data_dir . '/pg_hba.conf.new',
	"local all secret scram-sha-256\n" . $hba);
rename($node->data_dir . '/pg_hba.conf.new', $node->data_dir . '/pg_hba.conf');
$node->reload;

my $most = 4;    # a tenth of the slots

sub delay_logins
{
	my ($arguments) = @_;

	return answer($node, "SELECT selfheal.delay_logins($arguments)");
}

sub lift_all
{
	answer($node, 'SELECT selfheal.unthrottle(id) FROM selfheal.throttles');
}

sub figure
{
	my ($column) = @_;

	return answer($node, "SELECT $column FROM selfheal.throttles");
}

# Seconds that a login takes, and what was answered.
sub login
{
	my ($user, $more) = @_;
	my $begun = time;
	my ($out, $err) = run_command([ 'psql', '-XAtq', '-w', '-d',
			$node->connstr('postgres') . " user=$user " . ($more // ''), '-c', 'SELECT 1' ]);

	return (time - $begun, $out . $err);
}

sub storm
{
	my ($count) = @_;

	return map {
		my ($out, $err) = ('', '');
		my $harness = IPC::Run::start(
			[ 'psql', '-XAtq', '-d', $node->connstr('postgres') . ' user=app', '-c', 'SELECT 1' ],
			'<', \undef, '>', \$out, '2>', \$err);
		{ harness => $harness, out => \$out, err => \$err };
	} 1 .. $count;
}

# Delayed, and who is not.

delay_logins("role => 'app', delay => '700 ms', reason => 'too many'");
my ($took, $answer) = login('app');
is($answer, '1', 'a delayed login succeeds');
cmp_ok($took, '>', 0.69, 'and takes as long as it should');
is(figure('delayed'), 1, 'it is counted');
is(figure("longest_wait >= interval '0.69 s'"), 't', 'with its wait');
foreach my $user ('other', 'helper', 'postgres')
{
	($took, $answer) = login($user);
	is($answer, '1', "$user logs in");
}
is(figure('delayed'), 1, 'without a delay');
(undef, undef, my $error) = $node->psql('postgres', "SELECT selfheal.delay_logins(role => 'helper')");
like($error, qr/role "helper" is never throttled/, 'who responds cannot be chosen');
lift_all();

delay_logins("role => 'secret', delay => '700 ms'");
$ENV{PGPASSWORD} = 'wrong';
($took, $answer) = login('secret');
like($answer, qr/password authentication failed/, 'a wrong password fails');
cmp_ok($took, '>', 0.69, 'and is delayed as well');
$ENV{PGPASSWORD} = 'right';
($took, $answer) = login('secret', "application_name='pg_dump'");
is($answer, '1', 'a right one passes');
cmp_ok($took, '>', 0.69, 'whatever it calls itself');
delete $ENV{PGPASSWORD};
($took, $answer) = login('secret');
is(figure('delayed'), 2, 'a client that leaves to ask for a password is not');
lift_all();

delay_logins("address => '[local]', delay => '700 ms'");
($took, $answer) = login('app');
is(figure('delayed'), 1, 'by address');
($took, $answer) = login('nobody_at_all');
like($answer, qr/does not exist/, 'a role that does not exist is told so');
lift_all();
delay_logins("address => '10.0.0.0/8', delay => '700 ms'");
login('app');
is(figure('delayed'), 0, 'from another address there is no delay');
lift_all();

# Lifted while somebody waits.

delay_logins("role => 'app', delay => '10 s'");
my $begun = time;
my ($login) = storm(1);
ok(poll_until($node, 'SELECT waiting = 1 FROM selfheal.throttles'), 'it waits');
lift_all();
$login->{harness}->finish;
is(${ $login->{out} }, "1\n", 'lifting the rule lets it in');
cmp_ok(time - $begun, '<', 9, 'at once');

# A storm: four wait, the others are gone at once, and there are slots for everybody else.

delay_logins("role => 'app', delay => '3 s'");
$begun = time;
my @logins = storm(60);
ok(poll_until($node, "SELECT waiting = $most FROM selfheal.throttles"), 'a tenth of the slots is spent on waiting');
($took, $answer) = login('other');
is($answer, '1', 'others still come in');
$_->{harness}->finish foreach @logins;
my $in = grep { ${ $_->{out} } eq "1\n" } @logins;
my $refused = grep { ${ $_->{err} } =~ /FATAL:  too many logins are waiting under selfheal's throttle \d+/ } @logins;
is($in + $refused, 60, 'each was let in or told why not');
cmp_ok($in, '>=', $most, 'who found a place to wait was let in');
cmp_ok($in, '<', 60, 'and not all did');
is(figure('refused'), $refused, 'who was refused is counted');
is(figure('waiting'), 0, 'and nobody is left behind');
lift_all();

delay_logins("role => 'app', delay => '2 s', overflow => 'let through'");
@logins = storm(15);
$_->{harness}->finish foreach @logins;
is(scalar(grep { ${ $_->{out} } eq "1\n" } @logins), 15, 'or all are let in');
cmp_ok(figure('let_through'), '>', 0, 'those beyond without waiting');
lift_all();

# Never longer than half of what the server allows for a login.

configure($node, 'authentication_timeout' => '2s');
delay_logins("role => 'app', delay => '10 s'");
($took, $answer) = login('app');
is($answer, '1', 'a login is not made to time out');
cmp_ok($took, '<', 9, 'by too long a delay');

stop_node($node);
done_testing();

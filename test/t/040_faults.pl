# Promise: real faults under load are healed by themselves and the users get on, as judged from outside,
# and nothing is done while a server is only busy. A short form of "make faults"; see test/faults/README.md.
use strict;
use warnings;

use Cwd qw(getcwd);
use File::Basename qw(dirname);
use File::Temp qw(tempdir);
use Test::More;

my @faults = qw(ddl_queue idle_blocker prepared_blocker);
my $programs = dirname(grep { -x $_ } map { "$_/postgres" } split(/:/, $ENV{PATH}));
my $sockets = tempdir('faults-XXXXXX', DIR => '/tmp', CLEANUP => 1);
my $kept = "$ENV{TESTDATADIR}/faults.out";

mkdir $ENV{TESTDATADIR};
{
	local $ENV{FAULTS_BIN} = $programs;
	local $ENV{TMPDIR} = $sockets;
	my @command = ('test/faults/run', 'inside', '@(' . join('|', @faults, 'healthy') . ')', 'full', '0.5', 'short');

	is(system("@{[ map { quotemeta } @command ]} >$kept 2>&1"), 0, 'the campaign comes out right')
	  or diag(slurp($kept));
}

my @rows = map { [ split /\t/ ] } grep { /\S/ } split(/\n/, slurp('build/faults/rows'));

is_deeply([ map { $_->[0] } @rows ], \@faults, 'every fault was brought about');
foreach my $row (@rows)
{
	is("$row->[12], $row->[13]", 'healed, right', "$row->[0] is healed and users get on");
	cmp_ok($row->[7], '<=', 8, 'within eight seconds of the end of patience');
}
my $healthy = slurp('build/faults/healthy.txt');
like($healthy, qr/; 0 acts, /, 'nothing is done on a busy day');
unlike($healthy, qr/WRONG/, 'on which everything was done that makes it one') or diag($healthy);

done_testing();

sub slurp
{
	my ($path) = @_;

	open(my $file, '<', $path) or return '';
	local $/;
	return <$file> // '';
}

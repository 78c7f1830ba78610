# Promise: a test that fails once beside others has a second try, without what its servers left behind, and is named; one
# that fails twice, one whose server fell over, and many at once have failed.
use strict;
use warnings;

use File::Path qw(make_path);
use File::Temp;
use Test::More;

my $scratch = File::Temp->newdir;
my $logs = "$scratch/logs";
mkdir $logs or die "could not make $logs: $!";

write_test('steady', 'print "ok 1\n1..1\n";');
write_test($_, "print -e '$scratch/$_.tried' ? \"ok 1\\n\" : \"not ok 1\\n\", \"1..1\\n\"; open my \$file, '>', '$scratch/$_.tried';")
  foreach qw(shaky restless nervous);
write_test('broken', 'print "not ok 1\n1..1\n";');
# as a test whose server of before is there still
write_test('untidy', "print -e '$scratch/data/t_untidy_main' ? \"not ok 1\\n\" : \"ok 1\\n\", \"1..1\\n\";");

is_run([qw(steady shaky)], 2, 0, ['2 0 0 some', "unsteady some $scratch/shaky.t"], 'one that passes the second time is named');
is_run([qw(steady shaky)], 0, 1, ['1 1 0 some'], 'nobody has a second try who was not given one');
is_run([qw(shaky broken)], 2, 1, ['1 1 0 some', "unsteady some $scratch/shaky.t"], 'one that fails twice has failed');
is_run([qw(shaky restless nervous)], 2, 1, ['0 3 0 some'], 'too many at once have failed');

make_path("$scratch/data/t_untidy_main/pgdata", "$scratch/data/t_steady_main");
is_run([qw(steady untidy)], 0, 1, ['1 1 0 some'], 'a test stops where a server of its name is');
is_run([qw(steady untidy)], 2, 0, ['2 0 0 some', "unsteady some $scratch/untidy.t"], 'which is gone before the second try');
ok(-e "$scratch/data/t_steady_main", 'and no server of another test');

write_log('shaky', "LOG:  server process (PID 1) was terminated by signal 11: Segmentation fault\n");
is_run(['shaky'], 2, 1, ['0 1 0 some'], 'one whose server fell over has failed');
write_log('shaky', "LOG:  server process (PID 1) was terminated by signal 9: Killed\n");
is_run(['shaky'], 2, 0, ['1 0 0 some', "unsteady some $scratch/shaky.t"], 'one that kills its server has a second try');

done_testing();

sub write_test
{
	my ($name, $program) = @_;

	write_file("$scratch/$name.t", $program);
	return;
}

sub write_log
{
	my ($name, $text) = @_;

	write_file("$logs/${name}_main.log", $text);
	return;
}

sub write_file
{
	my ($path, $text) = @_;

	open(my $file, '>', $path) or die "could not open $path: $!";
	print $file $text;
	close($file) or die "could not write $path: $!";
	return;
}

# Runs those tests as a suite, as if for the first time, and compares its exit code and what it counted.
sub is_run
{
	my ($names, $second_try, $code, $counted, $promise) = @_;
	my @files = map { "$scratch/$_.t" } @$names;

	unlink(glob("$scratch/*.tried $scratch/counts"));
	local $ENV{SELFHEAL_COUNTS} = "$scratch/counts";
	local $ENV{TESTDATADIR} = "$scratch/data";
	my $output = qx(tools/tap --suite some --exec perl --second-try $second_try --logs $logs @files 2>&1);

	is($? >> 8, $code, "$promise: exit code") or diag($output);
	open(my $counts, '<', "$scratch/counts") or die "nothing was counted: $!";
	chomp(my @lines = <$counts>);
	is_deeply(\@lines, $counted, "$promise: counts");
	return;
}

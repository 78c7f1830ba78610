# Every SQL example in the documents runs, and the reference is what the catalog says.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../perl";

use SelfHeal;
use PostgreSQL::Test::Utils;
use Test::More;

my $top = "$FindBin::RealBin/../..";
my $node = heal_node('docs');

poll_until($node, 'SELECT count(value) > 0 FROM selfheal.metrics')
  or die 'the engine does not sample';
answer($node, 'CREATE ROLE app');    # examples speak of it

my $examples = 0;
foreach my $file (glob("$top/*.md $top/docs/*.md $top/src/*.md $top/bench/*.md"))
{
	my $text = slurp_file($file);

	while ($text =~ /^```sql\n(.*?)^```$/msg)
	{
		my $sql = $1;
		my ($code, undef, $error) = $node->psql('postgres', $sql, on_error_die => 0);
		my ($first) = $sql =~ /^(?!--)(.+)$/m;

		$examples++;
		is($error, '', ($file =~ s/.*\/\.\.\/\.\.\///r) . ": $first");
	}
}
cmp_ok($examples, '>', 5, 'there are examples to run');

SKIP:
{
	skip 'the reference shows the defaults of one server version', 1
	  unless $node->safe_psql('postgres', "SELECT current_setting('server_version_num')::int / 10000") == 15;
	my $reference = slurp_file("$top/docs/reference.md");
	my ($text, $error);

	IPC::Run::run(
		[ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-v', 'ON_ERROR_STOP=1',
			'-f', "$top/tools/reference.sql" ],
		'>', \$text, '2>', \$error);
	is($text . $error, $reference, 'docs/reference.md is what make reference writes');
}

stop_node($node);
done_testing();

# Promise: selfheal.disk says what the file systems of the data directory, the WAL and each tablespace
# have left; one that cannot be asked is unknown and hinders nobody.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', conf => "selfheal.sample_interval = 100ms\n");
my $place = PostgreSQL::Test::Utils::tempdir();

ok(poll_until($node, 'SELECT count(*) = 2 FROM selfheal.disk'), 'data directory and WAL are looked at soon after the start');
my (undef, $size, undef, $free) = split(' ', (split("\n", `df -P -B1 '@{[$node->data_dir]}'`))[1]);
my ($shown_size, $shown_free, $share) = split(/\|/, answer($node, "SELECT size_bytes, free_bytes, used_share FROM selfheal.disk WHERE place = 'data directory'"));
cmp_ok(abs($shown_free - $free), '<', 0.02 * $size, 'free is what df says');
cmp_ok($shown_size, '<=', $size, 'the size is no more than what df says');
cmp_ok(abs($share - (1 - $shown_free / $shown_size)), '<', 1e-9, 'the share fits both');
is( answer($node, 'SELECT count(*) FROM selfheal.disk WHERE growth_bytes_per_hour IS NOT NULL OR time_to_full IS NOT NULL OR full_at IS NOT NULL'),
	0, 'after a moment nothing is foreseen');

# Another look comes with the next engine

answer($node, "CREATE TABLESPACE aside LOCATION '$place'");
look_again();
ok(poll_until($node, "SELECT free_bytes > 0 FROM selfheal.disk WHERE place = 'tablespace aside'"), 'a tablespace is looked at');
my ($link) = glob($node->data_dir . '/pg_tblspc/*');
my $target = readlink($link);
unlink($link) or die $!;
symlink('/nowhere', $link) or die $!;
look_again();
ok( poll_until($node, "SELECT size_bytes IS NULL AND free_bytes IS NULL AND used_share IS NULL AND time_to_full IS NULL FROM selfheal.disk WHERE place = 'tablespace aside'"),
	'one that has gone is unknown, not empty');
is(answer($node, "SELECT free_bytes > 0 FROM selfheal.disk WHERE place = 'data directory'"), 't', 'the others are known');
unlink($link);
symlink($target, $link) or die $!;
answer($node, 'DROP TABLESPACE aside');
look_again();
ok(poll_until($node, 'SELECT count(*) = 2 FROM selfheal.disk'), 'one that was dropped is forgotten');

# More than there is room for

$node->append_conf('postgresql.conf', 'allow_in_place_tablespaces = on');
$node->reload;
$node->safe_psql('postgres', join('', map { "CREATE TABLESPACE s$_ LOCATION '';\n" } 1 .. 32));
look_again();
ok( poll_until($node, "SELECT count(*) FILTER (WHERE place LIKE 'tablespace s%' AND free_bytes > 0), max(place) FILTER (WHERE place LIKE '%more%') FROM selfheal.disk",
		'30|2 more tablespaces, not looked at'),
	'what is not looked at is not passed over in silence');
is(answer($node, 'SELECT state FROM selfheal.status'), 'on', 'selfheal is well');

stop_node($node);
done_testing();

sub look_again
{
	$node->restart;
	return poll_until($node, 'SELECT max(looked_at) > pg_postmaster_start_time() FROM selfheal.disk');
}

# Promise: a setting that changes - in a file, with ALTER SYSTEM, for a database or a role, by a reload
# or over a restart - is told with its value before and after, once; a secret is never told, and
# what is known only in part is never offered to be put back.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', streaming => 1, conf => <<'CONF');
selfheal.sample_interval = 100ms
selfheal.cpu_budget = 1
work_mem = 4MB
CONF
my $file = $node->data_dir . '/selfheal.settings';

ok(poll_until($node, "SELECT count(*) > 3 FROM selfheal.samples('load', '1 hour')"), 'the engine samples');
is(changes(), 0, 'what is found at first is no change');

# The server's own

configure($node, work_mem => '64MB');
ok(told("name = 'work_mem'", 'server|||work_mem|4MB|64MB|f|f'), 'ALTER SYSTEM is told, old and new');
like(
	answer($node, "SELECT source_file || ':' || source_line FROM selfheal.setting_changes WHERE name = 'work_mem'"),
	qr{/postgresql\.auto\.conf:\d+$},
	'and where it stands');
is(answer($node, "SELECT can_be_undone || ' ' || at_start || ' ' || (at > now() - interval '1 minute') FROM selfheal.setting_changes"),
	'true false true', 'it could be put back');
is(answer($node, "SELECT message FROM selfheal.events WHERE kind = 'setting_changed' AND subject = 'work_mem'"),
	"server: from '4MB' to '64MB'", 'it is an event too');
$node->reload;
configure($node, log_min_duration_statement => '5s');
ok(told("name = 'log_min_duration_statement'", 'server|||log_min_duration_statement|-1|5s|t|f'), 'another one');
is(changes(), 2, 'a reload without a change adds nothing');
reset_setting('work_mem');
ok(told("name = 'work_mem' AND new_value = '4MB'", 'server|||work_mem|64MB|4MB|f|f'), 'back to what the file says');
reset_setting('log_min_duration_statement');
ok( told("name = 'log_min_duration_statement' AND new_is_default",
		'server|||log_min_duration_statement|5s|-1|f|t'),
	'back to the default');
configure($node, search_path => 'a "b", c');
ok(told("name = 'search_path'", q{server|||search_path|"$user", public|"a ""b"", c"|t|f}), 'odd characters in a value');
configure($node, track_activity_query_size => '2048');
configure($node, application_name => '');
is(answer($node, "SELECT count(*) FROM selfheal.setting_changes WHERE name = 'track_activity_query_size'"),
	0, 'what waits for a restart is not in force yet');

# Secrets

configure($node, primary_conninfo => 'password=sesame', krb_caseins_users => 'on');
$node->append_conf('postgresql.conf', "app.Password = 'sesame'\n");
$node->reload;
ok(told("name = 'app.Password'", 'server|||app.Password||********|f|f'), 'a secret is told');
adjust("app.Password = 'sesame'", "app.Password = 'sesame2'");
$node->reload;
ok(poll_until($node, "SELECT count(*) = 2 FROM selfheal.setting_changes WHERE name = 'app.Password'"), 'and that it changed');
is( answer($node, <<'SQL'), '******** ******** f, none ******** t', 'with asterisks, and is not offered to be put back');
SELECT string_agg(DISTINCT concat_ws(' ', coalesce(old_value, 'none'), new_value, can_be_undone), ', ')
FROM selfheal.setting_changes WHERE name IN ('app.Password', 'primary_conninfo', 'krb_caseins_users')
SQL
configure($node, dynamic_library_path => '$libdir:/sesame');
ok( told("name = 'dynamic_library_path'", 'server|||dynamic_library_path|********|********|t|f'),
	'nor what the server shows to its administrators only');

# Databases and roles

$node->safe_psql('postgres', <<'SQL');
CREATE DATABASE shop;
CREATE ROLE clerk LOGIN;
ALTER DATABASE shop SET statement_timeout = '5s';
ALTER ROLE clerk SET search_path = a, b;
ALTER ROLE clerk IN DATABASE shop SET work_mem = '1GB';
ALTER ROLE clerk SET app.token = 'sesame';
SQL
ok(told("role = 'clerk' AND level = 'role in database'", 'role in database|shop|clerk|work_mem||1GB|f|f'), 'a role in a database');
ok(told("level = 'database'", 'database|shop||statement_timeout||5s|f|f'), 'a database');
ok(told("level = 'role' AND name = 'search_path'", 'role||clerk|search_path||a, b|f|f'), 'a role');
ok(told("level = 'role' AND name = 'app.token'", 'role||clerk|app.token||********|f|f'), 'its secret');
$node->safe_psql('postgres', "ALTER ROLE clerk SET search_path = c; ALTER DATABASE shop RESET ALL");
ok(told("level = 'role' AND name = 'search_path' AND new_value = 'c'", 'role||clerk|search_path|a, b|c|f|f'), 'a role changed');
ok(told("level = 'database' AND new_value IS NULL", 'database|shop||statement_timeout|5s||f|f'), 'a database reset');

# One that is not committed has changed nothing; one that commits late is seen then
my $slow = session($node);
$slow->query("BEGIN; ALTER ROLE clerk SET lock_timeout = '1s'");
$node->safe_psql('postgres', "ALTER ROLE clerk IN DATABASE shop SET lock_timeout = '2s'");
ok(told("name = 'lock_timeout' AND level = 'role in database'", 'role in database|shop|clerk|lock_timeout||2s|f|f'), 'one beside it');
is(answer($node, "SELECT count(*) FROM selfheal.setting_changes WHERE level = 'role' AND name = 'lock_timeout'"), 0, 'not yet committed');
$slow->query('COMMIT');
ok(told("name = 'lock_timeout' AND level = 'role'", 'role||clerk|lock_timeout||1s|f|f'), 'committed');
$slow->close;
$node->safe_psql('postgres', 'VACUUM FULL pg_db_role_setting');
$node->safe_psql('postgres', "ALTER ROLE clerk SET lock_timeout = '3s'");
ok(told("name = 'lock_timeout' AND new_value = '3s'", 'role||clerk|lock_timeout|1s|3s|f|f'), 'after the catalog was rewritten');

# Hostile: long, odd, many
my $before = changes();
my $long = 'Z' . join('', map { chr(97 + int(rand(26))) } 1 .. 8191);
$node->append_conf('postgresql.conf', "app.long = '$long'\napp.odd_\xc3\xa4 = 'two\\nlines'\n");
$node->reload;
ok(poll_until($node, "SELECT truncated AND NOT old_is_default AND length(new_value) = 511 FROM selfheal.setting_changes WHERE name = 'app.long'"),
	'8 kB are cut and marked');
ok(poll_until($node, "SELECT new_value = E'two\\nlines' FROM selfheal.setting_changes WHERE name LIKE 'app.odd_%'"), 'an odd name');
my $longer = substr($long, 0, -1) . '#';
adjust("app.long = '$long'", "app.long = '$longer'");
$node->reload;
ok(poll_until($node, "SELECT count(*) = 2 FROM selfheal.setting_changes WHERE name = 'app.long'"), 'a change at its very end is seen');
adjust("app.long = '$longer'", "app.long = 'short'");
$node->reload;
ok( poll_until($node, "SELECT truncated AND NOT can_be_undone AND old_value LIKE 'Z%' FROM selfheal.setting_changes WHERE name = 'app.long' AND new_value = 'short'"),
	'what was cut is never put back');
$node->safe_psql('postgres', "ALTER ROLE clerk SET app.long = '$long'");
ok(poll_until($node, "SELECT new_value = '********' AND NOT can_be_undone FROM selfheal.setting_changes WHERE level = 'role' AND name IS NULL"),
	'a role with more than fits its row: known to have changed');
is(answer($node, "SELECT count(*) FROM selfheal.setting_changes WHERE level = 'role' AND new_value IS NULL"), 0, 'and nothing of it is taken for gone');
$node->safe_psql('postgres', 'ALTER ROLE clerk RESET app.long');
$node->append_conf('postgresql.conf', join('', map { sprintf("many.s%03d = 'v%d'\n", $_, $_) } 1 .. 300));
$node->reload;
ok(poll_until($node, "SELECT count(*) = 256 FROM selfheal.setting_changes WHERE name LIKE 'many.%' AND old_value IS NULL"), '300 at once');
ok(poll_until($node, "SELECT count(*) = 17 FROM selfheal.events WHERE kind = 'setting_changed' AND (subject LIKE 'many.%' OR message LIKE 'and 284 more%')"),
	'do not flood the events');
unlike(answer($node, "SELECT string_agg(message, '') FROM selfheal.events"), qr/sesame/, 'no secret in the events');

# More than there is room for: told, and nothing is mistaken for gone
$node->safe_psql('postgres', <<'SQL');
DO $$ BEGIN FOR i IN 1..300 LOOP
	EXECUTE format('CREATE ROLE r%s; ALTER ROLE r%1$s SET app.v = %L', i, repeat('x', 400));
END LOOP; END $$;
SQL
ok(poll_until($node, "SELECT NOT met FROM selfheal.diagnose() WHERE condition = 'settings watched'"), 'more than there is room for is told');
$node->safe_psql('postgres', 'DO $$ BEGIN FOR i IN 1..300 LOOP EXECUTE format($f$DROP ROLE r%s$f$, i); END LOOP; END $$');
ok(poll_until($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'settings watched'"), 'until there is room again');
configure($node, work_mem => '5MB');
ok(told("name = 'work_mem' AND new_value = '5MB'", 'server|||work_mem|4MB|5MB|f|f'), 'the server is not concerned');
reset_setting('work_mem');
ok(told("name = 'work_mem' AND new_value = '4MB'", 'server|||work_mem|5MB|4MB|f|f'), 'and back again');

# Restart, with an edited file

my $newest = answer($node, 'SELECT max(at) FROM selfheal.setting_changes');
stop_node($node);
ok(-e $file, 'a clean stop saves');
unlike(slurp_file($file), qr/sesame/, 'no secret in the file');
is((stat($file))[2] & 0777, 0600, 'only the server may read it');
adjust('work_mem = 4MB', "work_mem = 8MB\nwal_keep_size = 32MB");
$node->start;
ok(told("name = 'work_mem' AND at_start", 'server|||work_mem|4MB|8MB|f|f'), 'a change by restart is seen');
ok(told("name = 'track_activity_query_size' AND at_start", 'server|||track_activity_query_size|1kB|2kB|t|f'), 'and what waited for it');
ok(poll_until($node, "SELECT count(*) = 1 FROM selfheal.setting_changes WHERE name = 'wal_keep_size' AND at_start AND new_value = '32MB' AND source_file LIKE '%/postgresql.conf'"),
	'and one more with its file');
cmp_ok(answer($node, "SELECT count(*) FROM selfheal.setting_changes WHERE at <= '$newest'"), '>', 200, 'what was told before is still there');
my $count = answer($node, "SELECT count(*) FROM selfheal.setting_changes WHERE at_start");
$node->restart;
ok(poll_until($node, "SELECT max(at) > pg_postmaster_start_time() FROM selfheal.samples('load', '1 hour')"), 'after another restart');
configure($node, work_mem => '9MB');
ok(told("name = 'work_mem' AND new_value = '9MB'", 'server|||work_mem|8MB|9MB|f|f'), 'a change after it');
is(answer($node, "SELECT count(*) FROM selfheal.setting_changes WHERE at_start"), $count, 'the restart itself changed nothing');

# A crash: from the last save on nothing is lost, and nothing is told twice; that samples are saved
# more often than that does not put it off
configure($node, 'selfheal.ring_save_interval' => '1');
wait_until(sub { -e "$file" && slurp_file($file) =~ /ring_save_interval.*1s/s }, 'the keeper saves') or fail('the keeper saves');
crash_node($node);
$node->start;
ok(poll_until($node, "SELECT max(at) > pg_postmaster_start_time() FROM selfheal.samples('load', '1 hour')"), 'after a crash');
is(answer($node, "SELECT count(*) FROM selfheal.setting_changes WHERE name = 'work_mem' AND new_value = '9MB'"), 1, 'told once');

# Damaged: costs what was known, never the start
foreach my $damage (
	[ qr/damaged/, 'torn', sub { truncate($file, 5000) or die $! } ],
	[ qr/another format/, 'of somebody else', sub { open(my $f, '>', $file) or die $!; print $f 'x' x 100_000; close($f) } ],
	[ qr/another data directory/, 'a copy', sub { rename($file, "$file.old") or die $!; open(my $f, '>', $file) or die $!; print $f slurp_file("$file.old"); close($f); unlink("$file.old") } ])
{
	my ($why, $name, $do) = @$damage;

	stop_node($node);
	$do->();
	my $offset = log_offset($node);
	$node->start;
	ok(wait_for_log($node, qr/earlier settings were not read back: .*$why/, $offset), "a file $name is not believed");
	ok(poll_until($node, "SELECT count(*) = 0 FROM selfheal.setting_changes"), 'and tells no change');
}

# Rights

$node->safe_psql('postgres', 'CREATE ROLE dev LOGIN; GRANT selfheal_developer TO dev');
configure($node, work_mem => '10MB');
ok(told("name = 'work_mem'", 'server|||work_mem|9MB|10MB|f|f'), 'one more');
is($node->safe_psql('postgres', 'SELECT old_value, source_file FROM selfheal.setting_changes', extra_params => [ '-U', 'dev' ]),
	'9MB|', 'a developer sees it, but not the path');

# A standby has its own, and sees what its primary sets for roles

reset_setting('primary_conninfo');    # else the standby would have it
$node->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'backup', has_streaming => 1);
$standby->start;
ok(poll_until($standby, "SELECT count(*) > 3 FROM selfheal.samples('load', '1 hour')"), 'a standby samples');
is(answer($standby, 'SELECT count(*) FROM selfheal.setting_changes'), 0, 'and begins anew');
$node->safe_psql('postgres', "ALTER ROLE clerk SET lock_timeout = '7s'");
ok(poll_until($standby, "SELECT concat_ws(' ', level, role, old_value, new_value) FROM selfheal.setting_changes", 'role clerk 3s 7s'),
	'a role set in its primary');
stop_node($standby);
stop_node($node);
done_testing();

sub changes
{
	return answer($node, 'SELECT count(*) FROM selfheal.setting_changes');
}

# Whether the newest change of that condition is like this.
sub told
{
	my ($condition, $expected) = @_;

	return poll_until($node, <<"SQL", $expected);
SELECT concat_ws('|', level, coalesce(database, ''), coalesce(role, ''), name, coalesce(old_value, ''), coalesce(new_value, ''),
	old_is_default, new_is_default)
FROM selfheal.setting_changes WHERE $condition ORDER BY at DESC LIMIT 1
SQL
}

sub reset_setting
{
	my ($name) = @_;

	$node->safe_psql('postgres', "ALTER SYSTEM RESET $name");
	$node->reload;
}

sub adjust
{
	my ($from, $to) = @_;
	my $path = $node->data_dir . '/postgresql.conf';
	my $text = slurp_file($path);

	$text =~ s/^\Q$from\E/$to/m or die "no $from";
	open(my $conf, '>', $path) or die $!;
	print $conf $text;
	close($conf);
}

# Promise: what selfheal costs is shown, and when it costs more than selfheal.cpu_budget it samples less
# often and says so, until that fits or the budget is raised.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', conf => "selfheal.sample_interval = 100ms\n");

# Shown

ok(poll_until($node, 'SELECT samples_taken > 20 FROM selfheal.overhead'), 'samples are counted');
is( answer($node, 'SELECT sample_interval, sampling_every, slowdown, over_budget FROM selfheal.overhead'),
	'00:00:00.1|00:00:00.1|1|f', 'within the budget nothing is slowed');
is( answer($node, <<'SQL'), 't|t|t|t', 'what it costs is known');
SELECT heartbeat_p50_us BETWEEN 1 AND heartbeat_p95_us AND heartbeat_p95_us <= heartbeat_max_us,
	cpu_share > 0 AND cpu_share < 1,
	shared_memory_bytes BETWEEN 1000000 AND 100000000,
	memory_bytes > 0 AND journal_records > 0
FROM selfheal.overhead
SQL
my $stages = answer($node, "SELECT string_agg(stage, ', ') FROM selfheal.overhead_stages");
like($stages, qr/^looking, sampling, .*whole heartbeat$/, 'stage by stage, in order');
is(answer($node, 'SELECT count(*) FROM selfheal.overhead_stages WHERE NOT (p50_us <= p95_us AND p95_us <= max_us)'), 0,
	'percentiles are in order');
is( answer($node, <<'SQL'), 't', 'the parts are no more than the whole');
SELECT sum(p50_us) FILTER (WHERE stage <> 'whole heartbeat') <= 1.5 * max(p50_us) FILTER (WHERE stage = 'whole heartbeat')
FROM selfheal.overhead_stages
SQL

# Missed: the engine stands still, as on a machine that has no time for it

my $engine = engine_pid($node);
my $missed = answer($node, 'SELECT samples_missed FROM selfheal.overhead');
my $taken = answer($node, 'SELECT samples_taken FROM selfheal.overhead');
kill('STOP', $engine);
answer($node, 'SELECT pg_sleep(1)');
kill('CONT', $engine);
ok(poll_until($node, "SELECT samples_taken > $taken + 3 FROM selfheal.overhead"), 'the engine goes on');
cmp_ok(answer($node, 'SELECT samples_missed FROM selfheal.overhead'), '>=', $missed + 7, 'samples missed are counted');

# Exceeded

my $offset = log_offset($node);
configure($node, 'selfheal.sample_interval' => '10ms', 'selfheal.cpu_budget' => '0.0001');
ok(poll_until($node, 'SELECT slowdown FROM selfheal.overhead', 16), 'a budget that is exceeded lowers the cadence');
is(answer($node, 'SELECT sampling_every FROM selfheal.overhead'), '00:00:00.16', 'to a sixteenth at the least');
like(answer($node, 'SELECT why FROM selfheal.status'), qr/samples are 16 times rarer than asked for, to keep selfheal.cpu_budget/, 'status says so');
is(answer($node, 'SELECT state FROM selfheal.status'), 'on', 'and that it is well otherwise');
like(answer($node, "SELECT detail FROM selfheal.diagnose() WHERE condition = 'cpu budget' AND NOT met"),
	qr/every 160 ms, selfheal.sample_interval is 10 ms, /, 'so does diagnose()');
is( answer($node, "SELECT string_agg(substring(message FROM 'every [0-9]+ ms instead of 10 ms'), ', ' ORDER BY at) FROM selfheal.events WHERE kind = 'cadence_lowered'"),
	join(', ', map { "every ${_}0 ms instead of 10 ms" } 2, 4, 8, 16), 'every step is an event');
like(slurp_file($node->logfile, $offset), qr/LOG:  selfheal: sampling every 160 ms instead of 10 ms, as more often would exceed selfheal.cpu_budget/,
	'the log has it, too');
answer($node, 'SELECT pg_sleep(1.6)');
cmp_ok(answer($node, "SELECT count(*) FROM selfheal.samples('load', '1.6 s')"), '<=', 11, 'samples really are rarer');
is(answer($node, "SELECT count(*) FROM selfheal.health WHERE reason LIKE 'nobody has looked%' OR reason LIKE '%too old%'"), 0, 'and not taken for too old');

# Fits again

configure($node, 'selfheal.cpu_budget' => '0.5');
ok(poll_until($node, 'SELECT slowdown FROM selfheal.overhead', 1), 'with a greater budget it goes back at once');
is(answer($node, 'SELECT why, hint FROM selfheal.status'), 'watching|', 'and has nothing more to say');
is(answer($node, "SELECT met FROM selfheal.diagnose() WHERE condition = 'cpu budget'"), 't', 'nor has diagnose()');
like(slurp_file($node->logfile, $offset), qr/LOG:  selfheal: sampling every 10 ms again/, 'the log says that it went back');

stop_node($node);
done_testing();

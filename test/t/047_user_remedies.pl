# Promise: a remedy of a user heals like any other and has no more rights than its owner. Whatever its
# function does - err, hang, lie, drop itself, try to become somebody else, take the server down - is found out, told
# truthfully, undone where it can be and harms nobody else; and what is run is what was added and approved.
use strict;
use warnings;

use Test::More;

use PostgreSQL::Test::Utils;
use SelfHeal;

my $node = heal_node('main', conf => <<'CONF');
selfheal.autonomy = full
selfheal.failure_patience = 'lock_pileup_advisory=500ms'
selfheal.cooldown = 0
selfheal.breaker_failures = 100
selfheal.max_acts_10min = 1000
selfheal.max_acts_hour = 1000
selfheal.max_acts_day = 1000
CONF
answer($node, <<'SQL');
CREATE ROLE app LOGIN;
CREATE ROLE other;
CREATE SCHEMA app AUTHORIZATION app;
GRANT USAGE, CREATE ON SCHEMA app TO other;
SET ROLE app;
CREATE TABLE app.log (n serial, recovery bigint, what text, failure text, target jsonb);
CREATE TABLE app.parent (id integer PRIMARY KEY);
CREATE TABLE app.child (id integer REFERENCES app.parent DEFERRABLE INITIALLY DEFERRED);
-- Some are made by what they do: app.NAME runs BODY.
CREATE PROCEDURE app.make(name text, body text, type text DEFAULT 'text') LANGUAGE plpgsql AS $make$
BEGIN
	EXECUTE format('CREATE OR REPLACE FUNCTION app.%I(r bigint, f text, t jsonb) RETURNS %s LANGUAGE plpgsql AS %L',
		name, type, format('BEGIN %s END', body));
END $make$;
CALL app.make('ends', $$INSERT INTO app.log (recovery, what, failure, target) VALUES (r, current_user || ' ' || current_setting('search_path'), f, t);
	PERFORM pg_terminate_backend((t->>'pid')::integer); RETURN 'ended ' || (t->>'pid');$$);
CALL app.make('lies', $$INSERT INTO app.log (recovery, what) VALUES (r, 'lied'); RETURN 'all is well again';$$);
CALL app.make('takes_back', $$INSERT INTO app.log (recovery, what) VALUES (r, 'taken back');$$, 'void');
CALL app.make('says_yes', 'RETURN true;', 'boolean');
CALL app.make('says_no', 'RETURN false;', 'boolean');
CALL app.make('writes_though', 'INSERT INTO app.log (recovery) VALUES (r); RETURN true;', 'boolean');
CALL app.make('quiet', 'RETURN NULL;');
CALL app.make('errs', $$INSERT INTO app.log (recovery, what) VALUES (r, 'half'); RAISE EXCEPTION 'the queue is locked';$$);
CALL app.make('sleeps', 'PERFORM pg_sleep(1000);');
CALL app.make('loops', 'LOOP BEGIN LOOP END LOOP; EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP;');
CALL app.make('waits', 'LOCK TABLE app.log IN ACCESS EXCLUSIVE MODE; RETURN NULL;');
CALL app.make('drops_itself', 'DROP FUNCTION app.drops_itself(bigint, text, jsonb); RETURN NULL;');
CALL app.make('replaces_itself', $$CALL app.make('replaces_itself', 'RETURN 1;'); RETURN NULL;$$);
CALL app.make('becomes', 'RESET ROLE; RETURN NULL;');
CALL app.make('defers', 'INSERT INTO app.child VALUES (7); RETURN NULL;');
CALL app.make('orders', $$PERFORM * FROM selfheal.trigger('monitor', '1'); RETURN NULL;$$);
CALL app.make('holds', $$PERFORM pg_advisory_lock(4711); PERFORM set_config('lock_timeout', '0', false); RETURN 'holds';$$);
CALL app.make('crashes', 'PERFORM pg_sleep(1000);');
CALL app.make('naps', 'PERFORM pg_sleep(1000);', 'void');
SQL

# Added

refused('of_superuser', 'CREATE FUNCTION app.of_superuser(bigint, text, jsonb) RETURNS text LANGUAGE sql AS $$ SELECT 1::text $$',
	qr/it runs as its owner, \S+, a superuser/);
refused('of_signaller',
	'GRANT pg_signal_backend TO other; SET ROLE other; CREATE FUNCTION app.of_signaller(bigint, text, jsonb) RETURNS text LANGUAGE sql AS $$ SELECT 1::text $$; RESET ROLE',
	qr/owner, other, which may end the sessions of others/);
answer($node, 'REVOKE pg_signal_backend FROM other; GRANT selfheal_operator TO other');
refused('of_signaller', '', qr/owner, other, which may give selfheal orders/);
answer($node, 'REVOKE selfheal_operator FROM other');

add('ends', undo => 'takes_back', verify => 'says_yes', treats => 'lock_pileup_advisory');
is(answer($node, "SELECT ladder FROM selfheal.failure_types WHERE type = 'lock_pileup_advisory'"),
	'terminate_blocker, then ends', 'it is the last rung of the ladder');
is( answer($node, "SELECT treats, risk, reversible, acts_as, undo FROM selfheal.remedies WHERE remedy = 'ends'"),
	'lock_pileup_advisory|low|t|app|app.takes_back(bigint, text, jsonb)', 'and among the remedies');
ok( poll_until(
		$node, "SELECT actor, subject FROM selfheal.audit_log WHERE action = 'remedy_added'", answer($node, 'SELECT current_user') . '|ends'),
	'who added it is on record');
is( answer($node, q{SELECT statements, undo, verdict FROM selfheal.trigger('ends', 'the queue', dry_run => true)}),
	q{SELECT app.ends(0, '', '{"kind": "server", "name": "the queue"}') as app, restricted, for 1500 ms at most}
	  . q{|SELECT app.takes_back(0, '', '{"kind": "server", "name": "the queue"}') as app, restricted|would be done},
	'a dry run says what would be called, as whom, for how long, and how it is taken back');
is(answer($node, 'SELECT count(*) FROM app.log'), 0, 'and does nothing');

# Heals, instead of the one that is switched off

answer($node, "SELECT selfheal.set_component_policy('all', 'off', remedy => 'terminate_blocker')");
my ($holder, $waiter) = advisory_pile_up();
ok(poll_until($node, newest(), 'lock_pileup_advisory ends succeeded'), 'it heals');
is($waiter->result . $waiter->error, '', 'who waited goes on');
$waiter->close;
is( answer($node, "SELECT what, failure, target->>'kind', (target->>'pid')::integer = " . $holder->pid . ", target->>'role' FROM app.log"),
	'app pg_catalog, pg_temp|lock_pileup_advisory|session|t|app',
	'it ran as its owner, with a search path that is pinned, and was told what it is about');
like(step_of('executed'), qr/^its function says: ended \d+$/, 'what it said is on record');
is(answer($node, "SELECT autonomous FROM selfheal.recoveries ORDER BY id DESC LIMIT 1"), 't', 'nobody was asked: it can be taken back');

# Lies

remove('ends');
is(answer($node, 'SELECT remedy, strategy FROM selfheal.recoveries WHERE id = ' . last_id()), 'ends|clear', 'removed it stays on record');
add('lies', undo => 'takes_back', treats => 'lock_pileup_advisory');
($holder, $waiter) = advisory_pile_up();
ok(poll_until($node, newest(), 'lock_pileup_advisory lies rolled back'), 'one that does not help is found out and taken back');
is(step_of('executed'), 'its function says: all is well again', 'whatever it says');
is(answer($node, "SELECT string_agg(what, ', ' ORDER BY n) FROM app.log WHERE recovery = " . last_id()), 'lied, taken back', 'in this order');
ok(poll_until($node, "SELECT count(*) FROM selfheal.escalations WHERE failure = (SELECT failure FROM selfheal.recoveries ORDER BY id DESC LIMIT 1)", 1),
	'and as no rung is left, a human is told');
end_pile_up();
remove('lies');

add('quiet', undo => 'takes_back', verify => 'says_no');
is(outcome('quiet'), 'rolled back', 'what its verify function denies has not worked');
like(message(), qr/it did not help and was undone/, 'and is told so');
remove('quiet');
add('quiet', verify => 'writes_though');
is(outcome('quiet'), 'failed', 'a verify function that writes');
like(message(), qr/verify function failed: cannot execute INSERT in a read-only transaction/, 'cannot');
remove('quiet');
add('quiet');
is(outcome('quiet'), 'succeeded', 'without a failure and a verify function it is only done');
like(message(), qr/^it was done; there is no failure that could say whether it helped/, 'and nothing else is claimed');

# Asks

($holder, $waiter) = advisory_pile_up();
add('ends', treats => 'lock_pileup_advisory');
ok(poll_until($node, newest(), 'lock_pileup_advisory ends proposed'), 'one that cannot be taken back asks');
like(answer($node, 'SELECT rails FROM selfheal.recoveries ORDER BY id DESC LIMIT 1'), qr/\(irreversible\)/, 'for that reason');
answer($node, "SET ROLE app; CALL app.make('ends', 'RETURN ''something else'';')");
answer($node, 'SELECT selfheal.approve(' . last_id() . ", 'looks good')");
ok(poll_until($node, newest(), 'lock_pileup_advisory ends withdrawn'), 'a function that was replaced since is not run');
is( message(),
	'nothing was done: a function of the remedy is not the one that was added: it was replaced or has another owner',
	'and is told so');
is(answer($node, "SELECT state, problem IS NOT NULL FROM selfheal.user_remedies WHERE name = 'ends'"), 'refused|t', 'the view says so, too');
ok(poll_until($node, 'SELECT status FROM selfheal.failures ORDER BY id DESC LIMIT 1', 'needs a human'), 'the ladder is at its end');
end_pile_up();
remove('ends');

answer($node, "SET ROLE app; CALL app.make('ends', 'PERFORM pg_terminate_backend((t->>''pid'')::integer); RETURN NULL;')");
add('ends', treats => 'lock_pileup_advisory');
($holder, $waiter) = advisory_pile_up();
ok(poll_until($node, newest(), 'lock_pileup_advisory ends proposed'), 'added again it is proposed');
my $proposal = last_id();
remove('ends');
add('ends', treats => 'lock_pileup_advisory', function => 'quiet');
unlike(scalar(($node->psql('postgres', "SELECT selfheal.approve($proposal)"))[2]), qr/./, 'it can be approved');
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $proposal", 'withdrawn'), 'but another of the same name is not run');
end_pile_up();
remove('ends');

configure($node, 'selfheal.granted_remedies' => 'user.ends');
add('ends', treats => 'lock_pileup_advisory');
($holder, $waiter) = advisory_pile_up();
ok(poll_until($node, newest(), 'lock_pileup_advisory ends succeeded'), 'granted by name it does not ask');
$waiter->result;
$waiter->close;
remove('ends');

# Misbehaves

my %complaint = (
	errs => qr/nothing is left of it: the queue is locked$/,
	sleeps => qr/it did not end within 1500 ms: canceling statement due to statement timeout/,
	drops_itself => qr/when it had run, there is no function app.drops_itself/,
	replaces_itself => qr/when it had run, a function of the remedy is not the one that was added/,
	becomes => qr/cannot set parameter "role" within security-restricted operation/,
	defers => qr/cannot fire deferred trigger within security-restricted operation/,
	orders => qr/permission denied for schema selfheal/);
my $rows = answer($node, 'SELECT count(*) FROM app.log');
foreach my $name (sort keys %complaint)
{
	add($name);
	is(outcome($name), 'failed', "one that $name has failed");
	like(message(), $complaint{$name}, 'and the reason is told');
	is(answer($node, 'SELECT count(*) FROM selfheal.snapshots WHERE id = -' . last_id()), 0, 'it is not listed among what was changed');
	remove($name);
}
is(answer($node, 'SELECT count(*) FROM app.log') . answer($node, 'SELECT count(*) FROM app.child'), "${rows}0", 'nothing of theirs is left');
is(answer($node, q{SELECT count(*) FROM pg_proc WHERE proname = 'drops_itself'}), 1, 'not even what dropped itself');

my $blocker = idle_in_transaction($node, 'SELECT count(*) FROM app.log');
add('waits');
is(outcome('waits'), 'failed', 'one that waits for a lock gives up');
like(message(), qr/canceling statement due to lock timeout/, 'after a second');
$blocker->close;

hold($node, 'verifying');
add('holds');
order('holds');
ok(poll_until($node, 'SELECT stage FROM selfheal.recoveries ORDER BY id DESC LIMIT 1', 'verifying'), 'one that locks for its session');
is(answer($node, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"), 0, 'holds nothing afterwards');
release($node);

add('loops', undo => 'takes_back');
is(outcome('loops'), 'rolled back', 'one that catches its cancellation is ended with its process, and taken back');
like(step_of('executed'), qr/was ended, and it is not run again$/, 'it is run once');

# Takes the server down

add('crashes');
order('crashes');
ok( poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer' AND wait_event = 'PgSleep'", 1),
	'one runs');
my $crashed = last_id();
my $started = answer($node, 'SELECT pg_postmaster_start_time()');
kill 'KILL', answer($node, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer'");
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $crashed", 'unknown'), 'and the server crashes: its outcome is unknown');
ok(poll_until($node, "SELECT autonomy, set_by FROM selfheal.component_policies WHERE remedy = 'crashes'", 'observe|selfheal'), 'it is switched off');
ok(poll_until($node, "SELECT state FROM selfheal.user_remedies WHERE name = 'crashes'", 'ready'), 'though it is known again after the crash');
like(scalar(($node->psql('postgres', "SELECT * FROM selfheal.trigger('crashes')"))[2]),
	qr/the policy of the component or the remedy is observe/, 'it is not run again, whoever asks');
is(answer($node, "SELECT count(*) FROM selfheal.escalations WHERE recovery = $crashed"), 1, 'a human is told');
answer($node, "SELECT selfheal.reset_component_policy('all', 'crashes', 'mended')");
is(answer($node, "SELECT verdict FROM selfheal.trigger('crashes', dry_run => true)"), 'would be done', 'until somebody takes that back');

# So does what takes it back

foreach my $by ('itself', 'undo_own_act')
{
	my $name = $by eq 'itself' ? 'bad_undo' : 'bad_undo_too';

	answer($node, "SELECT selfheal.stop('count starts anew')");
	answer($node, "SELECT selfheal.start('with this one')");
	add($name, function => 'quiet', undo => 'naps', verify => $by eq 'itself' ? 'says_no' : 'says_yes');
	order($name);
	if ($by eq 'undo_own_act')
	{
		my $act = last_id();

		ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $act", 'succeeded'), 'an act that stays');
		answer($node, "SELECT * FROM selfheal.trigger('undo_own_act', '$act')");
	}
	ok( poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer' AND wait_event = 'PgSleep'", 1),
		"an undo function runs, by $by");
	my $undoing = last_id();
	kill 'KILL', answer($node, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'selfheal recoverer'");
	ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $undoing", 'unknown'), 'and the server crashes: it is not run again');
	ok(poll_until($node, "SELECT autonomy, set_by FROM selfheal.component_policies WHERE remedy = '$name'", 'observe|selfheal'), 'it is switched off');
	is(answer($node, "SELECT count(*) FROM selfheal.escalations WHERE recovery = $undoing"), 1, 'a human is told');
}

# Is taken back also after a crash

add('hangs', undo => 'takes_back', function => 'crashes');
order('hangs');
ok(poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'", 1), 'another runs');
$crashed = last_id();
crash_node($node);
$node->start;
ok(poll_until($node, "SELECT stage FROM selfheal.recoveries WHERE id = $crashed", 'rolled back'), 'and is taken back after a power cut');
is(answer($node, "SELECT what FROM app.log WHERE recovery = $crashed"), 'taken back', 'by its own function');

# Lasts

like(scalar(run_dump()), qr/^hangs\t\d+\tapp\tcrashes\tapp\ttakes_back\t/m, 'a dump has it');
answer($node, 'ALTER FUNCTION app.crashes(bigint, text, jsonb) OWNER TO other');
like(answer($node, "SELECT problem FROM selfheal.user_remedies WHERE name = 'hangs'"), qr/undo function belongs to another role/, 'another owner is seen');
answer($node, 'DROP EXTENSION selfheal');
ok( poll_until($node, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'selfheal engine'", 1),
	'and without the extension nothing goes wrong');

$node->stop;
done_testing();

# app.NAME, unless function says otherwise, as remedy NAME.
sub add
{
	my ($name, %option) = @_;
	my $treats = $option{treats} // '';
	my $function = $option{function} // $name;
	my $undo = $option{undo} ? "'app.$option{undo}'" : 'NULL';
	my $verify = $option{verify} ? "'app.$option{verify}'" : 'NULL';

	answer($node,
		"SELECT selfheal.add_remedy('$name', 'app.$function', '{$treats}', risk => 'low', undo_function => $undo, verify_function => $verify, time_limit => '1.5 s', verify_within => '1 s')"
	);
	return;
}

sub remove
{
	my ($name) = @_;

	answer($node, "SELECT selfheal.remove_remedy('$name')");
	return;
}

sub refused
{
	my ($name, $before, $reason) = @_;
	my (undef, undef, $error) = $node->psql('postgres', "$before; SELECT selfheal.add_remedy('$name', 'app.$name', '{}')");

	like($error, $reason, "$name is refused");
	return;
}

# Somebody waits for a lock that an idle session has forgotten.
sub advisory_pile_up
{
	my $forgetful = session($node, application => 'forgetful', user => 'app');

	$forgetful->query('SELECT pg_advisory_lock(7)');
	return ($forgetful, waiters($node, 1, 'SELECT pg_advisory_lock(7)', user => 'app'));
}

sub end_pile_up
{
	$waiter->close;
	$holder->close;
	ok( poll_until($node, "SELECT count(*) FROM selfheal.failures WHERE status <> 'closed'", 0),
		'the failure is over');
	return;
}

sub order
{
	my ($name) = @_;

	answer($node, "SELECT * FROM selfheal.trigger('$name')");
	return;
}

# Of a remedy asked for by name: the stage in which it ended.
sub outcome
{
	my ($name) = @_;

	order($name);
	poll_until($node, 'SELECT finished_at IS NOT NULL FROM selfheal.recoveries ORDER BY id DESC LIMIT 1');
	return answer($node, 'SELECT stage FROM selfheal.recoveries ORDER BY id DESC LIMIT 1');
}

sub last_id
{
	return answer($node, 'SELECT max(id) FROM selfheal.recoveries');
}

sub message
{
	return answer($node, 'SELECT message FROM selfheal.recoveries ORDER BY id DESC LIMIT 1');
}

sub step_of
{
	my ($stage) = @_;

	poll_until($node, 'SELECT count(*) FROM selfheal.recovery_steps WHERE recovery = ' . last_id() . " AND stage = '$stage'", 1);
	return answer($node, 'SELECT message FROM selfheal.recovery_steps WHERE recovery = ' . last_id() . " AND stage = '$stage'");
}

sub newest
{
	return
	  "SELECT failure_type || ' ' || remedy || ' ' || stage FROM selfheal.recoveries WHERE remedy <> 'monitor' ORDER BY id DESC LIMIT 1";
}

sub run_dump
{
	my ($output) = run_command([ 'pg_dump', '-a', '-t', 'selfheal.user_remedy', '-d', $node->connstr('postgres') ]);

	return $output;
}

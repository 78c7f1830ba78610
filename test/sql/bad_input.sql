-- Bad input: each gets one error that says what is wrong and what to do, and changes nothing.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
\t on
\a
SELECT max(sequence) AS newest FROM selfheal.events \gset

-- NULL
SELECT play.answer('SELECT selfheal.approve(NULL)');
SELECT play.answer('SELECT selfheal.reject(NULL, ''why'')');
SELECT play.answer('SELECT selfheal.explain(NULL)');
SELECT play.answer('SELECT selfheal.trigger(NULL)');
SELECT play.answer('SELECT selfheal.trigger(''cancel_blocker'', NULL)');
SELECT play.answer('SELECT selfheal.trigger(''monitor'', NULL)');
SELECT play.answer('SELECT selfheal.reset_breaker(NULL)');
SELECT play.answer('SELECT selfheal.acknowledge(NULL)');
SELECT play.answer('SELECT selfheal.stop(NULL)');
SELECT play.answer('SELECT selfheal.stop('''')');
SELECT play.answer('SELECT selfheal.start(NULL)');
SELECT play.answer('SELECT selfheal.pause(NULL)');
SELECT play.answer('SELECT selfheal.pause(''1 hour'', ''locks'', NULL)');
SELECT play.answer('SELECT selfheal.samples(NULL)');
SELECT count(*) > 0 FROM selfheal.read_events(NULL);
SELECT count(*) >= 0 FROM selfheal.read_steps(NULL);

-- Unknown
SELECT play.answer('SELECT selfheal.approve(9223372036854775807)');
SELECT play.answer('SELECT selfheal.approve(-1)');
SELECT play.answer('SELECT selfheal.reject(0)');
SELECT play.answer('SELECT selfheal.acknowledge(0)');
SELECT play.answer('SELECT selfheal.acknowledge(-9223372036854775808, ''why'')');
SELECT play.answer('SELECT selfheal.explain(0)');
SELECT play.answer('SELECT selfheal.trigger(''reboot_the_universe'')');
SELECT play.answer('SELECT selfheal.trigger('''')');
SELECT play.answer('SELECT selfheal.reset_breaker(''Monitor'')');
SELECT play.answer('SELECT selfheal.pause(''1 hour'', ''lock'')');
SELECT play.answer('SELECT selfheal.pause(''1 hour'', '''')');
SELECT play.answer(format('SELECT selfheal.pause(''1 hour'', %L)', repeat('locks', 100)));
SELECT play.answer('SELECT selfheal.resume(''moon'')');
SELECT play.answer('SELECT selfheal.samples(''moon_phase'')');
SELECT selfheal.resume('locks');

-- Out of range
SELECT play.answer('SELECT selfheal.pause(''0'')');
SELECT play.answer('SELECT selfheal.pause(''999 milliseconds'')');
SELECT play.answer('SELECT selfheal.pause(''-1 hour'')');
SELECT play.answer('SELECT selfheal.pause(''367 days'')');
SELECT play.answer('SELECT selfheal.pause(''170000000 years'')');
SELECT play.answer('SELECT selfheal.pause(''-170000000 years'')');
SELECT count(*) FROM selfheal.read_events(9223372036854775807);
SELECT count(*) > 0 FROM selfheal.read_events(-9223372036854775808);

-- Targets that are none
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', %L)', target))
FROM unnest(ARRAY['', ' ', ',', 'me', '12 monkeys', '0', '-1', '99999999999999999999', '2147483647', '2147483648',
	'1e3', '0x10', E'12\t', '1;2', '1,,me']) AS target;
SELECT play.answer(format('SELECT selfheal.trigger(''monitor'', %L)', target))
FROM unnest(ARRAY['', 'me', '1 monkey', '0', '-1', '99999999999999999999']) AS target;
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_idle_sessions'', %L)',
	(SELECT string_agg(pg_backend_pid()::text, ',') FROM generate_series(1, 17))));
SELECT play.answer('SELECT selfheal.trigger(''terminate_idle_sessions'')');

SELECT play.answer(format('SELECT selfheal.trigger(''undo_own_act'', %L)', target))
FROM unnest(ARRAY[NULL, '', '1 monkey', '-1', '99999999999999999999', '9223372036854775807']) AS target;

-- Sessions that are nobody's to end: this one (a superuser's), the engine, a checkpointer, a responder's
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', ''%s'')', pg_backend_pid()));
SELECT play.answer(format('SELECT selfheal.trigger(''cancel_blocker'', ''%s'')', engine_pid)) FROM selfheal.status;
SELECT play.answer(format('SELECT selfheal.trigger(''cancel_blocker'', ''%s'')', pid))
FROM pg_stat_activity WHERE backend_type = 'checkpointer';
SELECT play.connect('operator', 'regress_operator');
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', ''%s'')', play.pid('operator')));
-- two where one may be ended
SELECT play.connect('one', 'regress_app'), play.connect('two', 'regress_app');
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', ''%s,%s'')', play.pid('one'), play.pid('two')));
-- one that is gone
SELECT play.pid('two') AS gone \gset
SELECT play.close('two');
SELECT play.becomes_true(format('NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)', :gone));
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', ''%s'')', :gone));

-- None of these left anything behind.
SELECT actor, kind, subject, message FROM selfheal.events
WHERE sequence > :newest AND kind !~ '^(anomaly|failure|engine|baseline|setting_changed|health|prediction|cadence)';
SELECT * FROM selfheal.pauses;
SELECT count(*) FROM selfheal.proposals;

-- What does not wait any more
SELECT play.pile_up();
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.proposals)');
SELECT max(id) AS rejected FROM selfheal.proposals \gset
-- one transaction decides once
BEGIN;
SELECT play.redacted(selfheal.approve(:rejected, 'yes'));
SELECT play.answer('SELECT selfheal.reject((SELECT max(id) FROM selfheal.proposals), ''no'')');
ROLLBACK;
SELECT play.redacted(selfheal.reject(:rejected, 'let it be'));
SELECT play.answer(format('SELECT selfheal.approve(%s, ''oh well'')', :rejected));
SELECT play.answer(format('SELECT selfheal.reject(%s, ''again'')', :rejected));
SELECT play.clear();

-- What has expired
SELECT play.setting('selfheal.proposal_expiry', '1s');
SELECT play.pile_up();
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.recoveries WHERE stage = ''expired'')');
SELECT play.answer(format('SELECT selfheal.approve(%s, ''too late'')', (SELECT min(id) FROM selfheal.recoveries WHERE stage = 'expired')));
SELECT play.answer(format('SELECT selfheal.reject(%s, ''too late'')', (SELECT min(id) FROM selfheal.recoveries WHERE stage = 'expired')));
SELECT play.setting('selfheal.proposal_expiry', NULL);
SELECT play.clear();

-- A transaction that gives an order cannot be prepared.
BEGIN;
SELECT selfheal.reset_breaker('cancel_blocker', 'a test');
PREPARE TRANSACTION 'order';
SELECT count(*) FROM pg_prepared_xacts;
\i :sessions_end

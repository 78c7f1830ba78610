-- Remedies ordered by hand: what is shown before, what is done, and what is left alone.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
CREATE FUNCTION play.tried(remedy text, target text, dry_run boolean DEFAULT false) RETURNS TABLE (item text, value text)
	LANGUAGE sql
AS $$
	SELECT i.item, play.redacted(i.value)
	FROM selfheal.trigger(remedy, target, 'a test', dry_run) AS t
	CROSS JOIN LATERAL (VALUES
		(1, 'recovery', t.recovery::text), (2, 'remedy', t.remedy_used), (3, 'targets', t.targets),
		(4, 'statements', t.statements), (5, 'locks', t.locks), (6, 'undo', t.undo), (7, 'expects', t.expects),
		(8, 'verdict', t.verdict)) AS i (place, item, value)
	ORDER BY i.place
$$;
\pset format unaligned
\t on
SELECT coalesce(max(id), 0) AS before FROM selfheal.recoveries \gset

-- A dry run shows the whole plan and does nothing.
SELECT play.connect('one', 'regress_app');
SELECT play.ask('one', 'BEGIN');
SELECT * FROM play.tried('terminate_blocker', play.pid('one')::text, true);
SELECT statements = format('SELECT pg_catalog.pg_terminate_backend(%s)', play.pid('one'))
FROM selfheal.trigger('terminate_blocker', play.pid('one')::text, dry_run => true);
SELECT * FROM play.tried('cancel_blocker', play.pid('one')::text, true);
SELECT play.connect('two', 'regress_app'), play.connect('three', 'regress_app');
SELECT * FROM play.tried('terminate_idle_sessions', format('%s, %s', play.pid('two'), play.pid('three')), true);
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_idle_sessions'', ''%s, %s'', dry_run => true)', play.pid('two'), play.pid('one')));
-- what would be refused is shown with the reason, where doing it is an error
SELECT * FROM play.tried('terminate_blocker', pg_backend_pid()::text, true);
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_idle_sessions'', ''%s,%1$s'', dry_run => true)', play.pid('one')));
SELECT count(*) FROM selfheal.recoveries WHERE requested_by = current_user AND id > :before;
SELECT play.ask('one', 'SELECT ''alive''');

-- Rolled back, it never happens.
BEGIN;
SELECT verdict FROM selfheal.trigger('terminate_blocker', play.pid('one')::text, 'not meant');
ROLLBACK;
SELECT play.ask('one', 'SELECT ''alive''');
SELECT count(*) FROM selfheal.recoveries WHERE requested_by = current_user AND id > :before;

-- Committed, it does. The session that was ended is told so, and the other one lives.
SELECT * FROM play.tried('terminate_blocker', play.pid('one')::text);
SELECT play.becomes_true('(SELECT bool_and(finished_at IS NOT NULL) FROM selfheal.recoveries WHERE requested_by = current_user AND id > ' || :before || ')');
SELECT stage, autonomous, attempt, requested_by = current_user, decided_by = current_user, decision_reason,
	play.redacted(targets), play.redacted(message), acted_at IS NOT NULL
FROM selfheal.recoveries WHERE requested_by = current_user AND id > :before;
SELECT play.ask('one', 'SELECT ''alive''') LIKE '%terminating connection due to administrator command%';
SELECT play.ask('two', 'SELECT ''alive''');

-- A reason too long for its place is cut between characters.
SELECT play.connect('wordy', 'regress_app');
SELECT verdict FROM selfheal.trigger('terminate_blocker', play.pid('wordy')::text, repeat('ё', 300));
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.recoveries WHERE decision_reason LIKE ''ёёё%'' AND finished_at IS NOT NULL)');
SELECT regexp_replace(s.message, 'ё+', 'ё...')
FROM selfheal.recovery_steps AS s
JOIN selfheal.recoveries AS r ON r.id = s.recovery
WHERE r.decision_reason LIKE 'ёёё%' AND s.stage IN ('proposed', 'approved')
ORDER BY s.step;

-- A pile-up: the failure it is for is found, and its own condition is what is verified.
SELECT play.pile_up();
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.failures WHERE closed_at IS NULL)');
SELECT verdict FROM selfheal.trigger('terminate_blocker', (SELECT culprit_pid FROM selfheal.failures WHERE closed_at IS NULL)::text, 'enough');
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.recoveries WHERE decision_reason = ''enough'' AND finished_at IS NOT NULL)');
SELECT failure_type, component, stage, waiters_before, waiters_after, play.redacted(message)
FROM selfheal.recoveries WHERE decision_reason = 'enough';
-- the waiter got what it waited for
SELECT * FROM dblink_get_result('waiter') AS r (command text);
SELECT * FROM dblink_get_result('waiter') AS r (command text);
SELECT play.clear();

-- Nothing is done while stopped, paused or observing, whoever asks.
SELECT selfheal.stop('a test');
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', ''%s'')', play.pid('two')));
SELECT value FROM play.tried('terminate_blocker', play.pid('two')::text, true) WHERE item = 'verdict';
SELECT selfheal.start('a test');
SELECT selfheal.pause('1 hour', 'sessions') IS NOT NULL;
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', ''%s'')', play.pid('two')));
SELECT selfheal.resume('sessions');
SELECT play.setting('selfheal.autonomy', 'observe');
SELECT play.answer(format('SELECT selfheal.trigger(''terminate_blocker'', ''%s'')', play.pid('two')));
SELECT play.setting('selfheal.autonomy', NULL);

-- Four eyes: who asked for it cannot be who approves.
SELECT play.setting('selfheal.four_eyes', 'on');
SELECT verdict FROM selfheal.trigger('terminate_blocker', play.pid('two')::text, 'looked at by two');
SELECT stage FROM selfheal.recoveries WHERE evidence LIKE '%looked at by two';
SELECT play.answer(format('SELECT selfheal.approve(%s)', id)) FROM selfheal.proposals WHERE evidence LIKE '%looked at by two';
SELECT play.connect('operator', 'regress_operator');
SELECT play.ask('operator', format('SELECT selfheal.approve(%s, ''so do I'')', id)) FROM selfheal.proposals WHERE evidence LIKE '%looked at by two';
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.recoveries WHERE evidence LIKE ''%looked at by two'' AND finished_at IS NOT NULL)');
SELECT stage, decided_by, decision_reason FROM selfheal.recoveries WHERE evidence LIKE '%looked at by two';
SELECT play.setting('selfheal.four_eyes', NULL);
\i :sessions_end

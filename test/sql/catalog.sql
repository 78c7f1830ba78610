-- The catalogues: which failures are known, and what can be done about them.
\x on
SELECT * FROM selfheal.failure_types ORDER BY type;
SELECT * FROM selfheal.remedies ORDER BY remedy;
\x off

-- Every rung of a ladder is a remedy, and every remedy that acts is on a ladder, but for the one that takes back
-- an act of our own, which comes before every ladder.
SELECT t.type, rung
FROM selfheal.failure_types AS t
CROSS JOIN LATERAL string_to_table(t.ladder, ', then ') AS rung
WHERE rung NOT IN (SELECT remedy FROM selfheal.remedies WHERE max_targets > 0);
SELECT remedy
FROM selfheal.remedies AS r
WHERE r.max_targets > 0
	AND NOT EXISTS (SELECT FROM selfheal.failure_types AS t WHERE r.remedy = ANY (string_to_array(t.ladder, ', then ')));

-- Patience is a setting.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
SELECT play.setting('selfheal.idle_blocker_patience', '1500ms');
SELECT patience FROM selfheal.failure_types WHERE type = 'lock_pileup_idle';
\i :sessions_end

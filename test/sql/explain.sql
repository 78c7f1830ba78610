-- A recovery in words.
\getenv here PG_ABS_SRCDIR
\set sessions :here /fixtures/sessions.sql
\set sessions_end :here /fixtures/sessions_end.sql
\i :sessions
CREATE FUNCTION play.explained(recovery bigint) RETURNS text
	LANGUAGE sql
	RETURN play.redacted(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(selfheal.explain(recovery),
		'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \w+', 'WHEN', 'g'), '\d\d:\d\d:\d\d\.\d+', 'WHEN', 'g'),
		'N milliseconds|\d+ milliseconds', 'N ms', 'g'),
		'(seen on the way: [^\n]*proven: lock pile-up behind an idle transaction)[^\n]*', '\1'), '(less probable): [^\n]*', '\1'), '\nMay bring: [^\n]*', ''));
-- a younger transaction would be one more thing to ask about
SELECT play.setting('selfheal.idle_blocker_patience', '1500ms') \g /dev/null
\pset format unaligned
\t on
SELECT play.answer('SELECT selfheal.explain(NULL)');
SELECT play.answer('SELECT selfheal.explain(9223372036854775807)');

-- One that waits, then is rejected
SELECT play.pile_up();
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.proposals)');
SELECT max(id) AS waiting FROM selfheal.proposals \gset
SELECT play.explained(:waiting);
SELECT play.redacted(selfheal.reject(:waiting, 'it is a batch job')) \g /dev/null
SELECT play.explained(:waiting);
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.failures WHERE status = ''needs a human'')');
SELECT type, status, verdict FROM selfheal.failures WHERE closed_at IS NULL;
SELECT need_human, open_failures FROM selfheal.status;
SELECT play.clear();
SELECT play.redacted(verdict) FROM selfheal.failures ORDER BY id DESC LIMIT 1;

-- One that is approved and heals
SELECT play.pile_up();
SELECT play.becomes_true('EXISTS (SELECT FROM selfheal.proposals)');
SELECT max(id) AS approved FROM selfheal.proposals \gset
SELECT play.redacted(selfheal.approve(:approved, 'it has been long enough')) \g /dev/null
SELECT play.becomes_true(format('(SELECT finished_at IS NOT NULL FROM selfheal.recoveries WHERE id = %s)', :approved));
SELECT play.clear();
SELECT play.explained(:approved);
SELECT play.redacted(verdict) FROM selfheal.failures ORDER BY id DESC LIMIT 1;
-- the same for those who may only look
SET ROLE selfheal_auditor;
SELECT length(selfheal.explain(:approved)) > 100;
RESET ROLE;
-- each step and its audit entry, once
SELECT step, stage FROM selfheal.recovery_steps WHERE recovery = :approved ORDER BY step;
SELECT action, actor = current_user AS by_me FROM selfheal.audit_log WHERE subject = 'recovery ' || :approved ORDER BY sequence;
\i :sessions_end

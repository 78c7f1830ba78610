-- Stop and start, pause and resume: when they take effect, and that a rollback undoes only what it may.
CREATE FUNCTION becomes(wanted text) RETURNS text
	LANGUAGE plpgsql
AS $$
DECLARE
	seen text;
BEGIN
	FOR i IN 1..3000 LOOP
		SELECT state INTO seen FROM selfheal.status;
		EXIT WHEN seen = wanted;
		PERFORM pg_sleep(0.02);
	END LOOP;
	RETURN seen;
END
$$;
SELECT becomes('on');

-- Nothing to start
SELECT selfheal.start('nothing to do');

-- A stop holds at once, and whatever becomes of the transaction.
BEGIN;
SELECT selfheal.stop('first');
SELECT state FROM selfheal.status;
ROLLBACK;
SELECT state, substring(why FROM 'said so at .*: (.*)') AS reason, hint FROM selfheal.status;
BEGIN;
SAVEPOINT a;
SELECT selfheal.stop('second');
ROLLBACK TO a;
COMMIT;
SELECT state, substring(why FROM 'said so at .*: (.*)') AS reason FROM selfheal.status;

-- A start waits for its commit.
BEGIN;
SELECT selfheal.start('not meant');
SELECT state FROM selfheal.status;
ROLLBACK;
SELECT state FROM selfheal.status;
BEGIN;
SAVEPOINT a;
SELECT selfheal.start('not meant either');
ROLLBACK TO a;
COMMIT;
SELECT state FROM selfheal.status;
BEGIN;
SAVEPOINT a;
SAVEPOINT b;
SELECT selfheal.start('meant');
RELEASE b;
RELEASE a;
SELECT state FROM selfheal.status;
COMMIT;
SELECT becomes('on');

-- Stopped again by the one who has just asked to start: stop wins.
SELECT selfheal.stop('third');
BEGIN;
SELECT selfheal.start('on second thoughts');
SELECT selfheal.stop('on third thoughts');
COMMIT;
SELECT state, substring(why FROM 'said so at .*: (.*)') AS reason FROM selfheal.status;
SELECT selfheal.start('done');
SELECT becomes('on');

-- A pause holds at once as well, covers what it names, and ends by itself.
BEGIN;
SELECT selfheal.pause('1 hour', 'locks', 'deployment') BETWEEN clock_timestamp() + interval '59 minutes' AND clock_timestamp() + interval '61 minutes' AS in_an_hour;
ROLLBACK;
SELECT scope, paused_by = current_user AS by_me, reason FROM selfheal.pauses;
SELECT state, substring(why FROM '^\w+') AS scope, substring(why FROM ' by .*: (.*)') AS reason, hint FROM selfheal.status;
SELECT selfheal.pause('1 month') > clock_timestamp() + interval '29 days' AS in_a_month;
SELECT scope, reason FROM selfheal.pauses ORDER BY scope;
-- another of the same scope replaces it
SELECT selfheal.pause('2 hours', 'locks', 'longer') IS NOT NULL AS paused;
SELECT scope, reason, until > clock_timestamp() + interval '110 minutes' AS longer FROM selfheal.pauses WHERE scope = 'locks';

-- Resume waits for its commit and ends the scope it names.
BEGIN;
SELECT selfheal.resume('locks');
SELECT scope FROM selfheal.pauses ORDER BY scope;
ROLLBACK;
SELECT scope FROM selfheal.pauses ORDER BY scope;
SELECT selfheal.resume('locks');
SELECT scope FROM selfheal.pauses ORDER BY scope;
SELECT selfheal.resume();
SELECT scope FROM selfheal.pauses ORDER BY scope;
SELECT selfheal.resume();
SELECT becomes('on');
-- the shortest pause
SELECT selfheal.pause('1 second', 'sessions') IS NOT NULL AS paused;
SELECT becomes('on');
SELECT count(*) FROM selfheal.pauses;

-- A reason longer than there is room is cut between characters.
SELECT selfheal.pause('1 hour', 'all', repeat('ё', 300)) IS NOT NULL AS paused;
SELECT reason = repeat('ё', length(reason)) AS whole, length(reason) BETWEEN 100 AND 150 AS long_enough FROM selfheal.pauses;
SELECT selfheal.resume();

-- All of it is on record, in the order in which it happened.
SELECT action, subject, left(regexp_replace(message, '^until \S+ \S+: ', 'until WHEN: '), 30) AS message FROM selfheal.audit_log
WHERE action IN ('stopped', 'started', 'paused', 'resumed')
	AND sequence > (SELECT max(sequence) FROM selfheal.audit_log WHERE message = 'first') - 1
ORDER BY sequence;
SELECT count(*) AS by_others FROM selfheal.audit_log
WHERE action IN ('stopped', 'started', 'paused', 'resumed') AND actor <> current_user;
DROP FUNCTION becomes(text);

-- Minutes and hours of samples: what is made of what, what is shown, what is forgotten.
-- History is written by hand, under a layout of its own, so that every figure is known; in one transaction, so that the
-- scribe makes nothing of it meanwhile.
\set ON_ERROR_ROLLBACK on
BEGIN;
INSERT INTO selfheal.metric_layout VALUES
	(1000, ARRAY['a_metric_that_went', 'load', 'sessions', 'cpu_used']),
	(1001, ARRAY['load', 'cpu_used', 'a_metric_that_came']);

-- A minute ahead, so that nothing changes when the hour does while this runs.
SELECT date_trunc('hour', now() + interval '1 minute', 'UTC') AS hour \gset

-- Five hours ago: every minute, one metric missing in half of them, one always, two layouts.
INSERT INTO selfheal.metric_minute
SELECT :'hour'::timestamptz - interval '5 hours' + n * interval '1 minute', 1000,
	ARRAY[7, n, 1e9 + n, CASE WHEN n % 2 = 0 THEN n END],
	ARRAY[7, n - 1, 1e9, CASE WHEN n % 2 = 0 THEN 0 END],
	ARRAY[7, n + 1, 2e9, CASE WHEN n % 2 = 0 THEN n + 100 END],
	ARRAY[60, CASE WHEN n < 30 THEN 60 ELSE 30 END, 60, CASE WHEN n % 2 = 0 THEN 10 ELSE 0 END]
FROM generate_series(0, 29) AS n;
INSERT INTO selfheal.metric_minute
SELECT :'hour'::timestamptz - interval '5 hours' + n * interval '1 minute', 1001,
	ARRAY[n, CASE WHEN n % 2 = 0 THEN n END, 3],
	ARRAY[n - 1, CASE WHEN n % 2 = 0 THEN 0 END, 3],
	ARRAY[n + 1, CASE WHEN n % 2 = 0 THEN n + 100 END, 3],
	ARRAY[30, CASE WHEN n % 2 = 0 THEN 10 ELSE 0 END, 1]
FROM generate_series(30, 59) AS n;
-- Four hours ago nothing, three hours ago a single minute.
INSERT INTO selfheal.metric_minute
VALUES (:'hour'::timestamptz - interval '3 hours', 1001, '{5,NULL,NULL}', '{5,NULL,NULL}', '{5,NULL,NULL}', '{1,0,0}');

-- What was behind comes bit by bit: no hour is made of half its minutes.
SAVEPOINT behind;
DELETE FROM selfheal.metric_minute WHERE at >= :'hour'::timestamptz - interval '3 hours';
INSERT INTO selfheal.metric_minute
SELECT :'hour'::timestamptz - interval '2 hours' + n * interval '1 minute', 1001, '{5,NULL,NULL}', '{5,NULL,NULL}', '{5,NULL,NULL}', '{1,0,0}'
FROM generate_series(0, 29) AS n;
SELECT selfheal.keep_hours(100) AS those_that_are_over;
INSERT INTO selfheal.metric_minute
SELECT :'hour'::timestamptz - interval '2 hours' + n * interval '1 minute', 1001, '{5,NULL,NULL}', '{5,NULL,NULL}', '{5,NULL,NULL}', '{1,0,0}'
FROM generate_series(30, 60) AS n;
SELECT selfheal.keep_hours(100) AS one_more;
SELECT h.samples FROM selfheal.metric_hours AS h WHERE h.metric = 'load' AND h.at = :'hour'::timestamptz - interval '2 hours';
ROLLBACK TO behind;

INSERT INTO selfheal.metric_minute
VALUES (:'hour'::timestamptz, 1001, '{5,NULL,NULL}', '{5,NULL,NULL}', '{5,NULL,NULL}', '{1,0,0}');

SELECT selfheal.keep_hours(1) AS bounded;
SELECT selfheal.keep_hours(100) AS the_rest;
SELECT selfheal.keep_hours(100) AS nothing_twice;

-- What the hours must be, worked out from the rows.
SELECT h.metric, h.average, h.minimum, h.maximum, h.samples
FROM selfheal.metric_hours AS h
WHERE h.at = :'hour'::timestamptz - interval '5 hours'
ORDER BY h.metric COLLATE "C";
SELECT sum(n * CASE WHEN n < 30 THEN 60 ELSE 30 END)::float8 / (30 * 60 + 30 * 30) AS load_average,
	avg(n) FILTER (WHERE n % 2 = 0) AS cpu_used_average
FROM generate_series(0, 59) AS n;
SELECT h.metric, h.average, h.samples
FROM selfheal.metric_hours AS h
WHERE h.at = :'hour'::timestamptz - interval '3 hours'
ORDER BY h.metric COLLATE "C";
SELECT count(*) AS empty_hours FROM selfheal.metric_hour WHERE at = :'hour'::timestamptz - interval '4 hours';

-- What is shown: the finest there is, nothing twice, oldest first, the old call unchanged.
CREATE VIEW shown AS
	SELECT * FROM selfheal.samples('load', '1 day');
SELECT resolution, count(*), min(at) = :'hour'::timestamptz - interval '5 hours' AS from_the_start, sum(samples)
FROM shown WHERE at < :'hour'::timestamptz - interval '2 hours' GROUP BY resolution;
-- Minutes forgotten, their hours remain.
SELECT selfheal.forget_samples(4 * 3600, 86400, 10) AS bounded;
SELECT min(at) = :'hour'::timestamptz - interval '5 hours' + interval '10 minutes' AS oldest_first FROM selfheal.metric_minute;
SELECT selfheal.forget_samples(4 * 3600, 86400, 1000) AS the_rest;
SELECT resolution, count(*), sum(samples) FROM shown WHERE at < :'hour'::timestamptz - interval '2 hours' GROUP BY resolution ORDER BY resolution;
SELECT count(*) > 0 AS samples, bool_and(resolution IS NULL OR resolution = '1 minute') AS fine
FROM shown WHERE at > :'hour'::timestamptz - interval '2 hours';
SELECT bool_and(at > previous) AS in_order
FROM (SELECT at, lag(at, 1, '-infinity') OVER () AS previous FROM shown) AS s;
SELECT count(*) AS too_old FROM selfheal.samples('load', '2 hours') WHERE at < now() - interval '2 hours';
SELECT s.at > now() - interval '1 minute' AS at_and_value FROM selfheal.samples('load') AS s (at, value) ORDER BY s.at DESC LIMIT 1;
SELECT count(*) AS no_such_time FROM selfheal.samples('load', '0');
SELECT count(*) AS no_time_at_all FROM selfheal.samples('load', NULL);

-- A whole hour goes at once, so that no hour is shown half.
SELECT selfheal.forget_samples(2 * 3600, 86400, 1000) AS forgotten;
SELECT count(*) AS hours_left FROM selfheal.metric_hour WHERE at < :'hour'::timestamptz - interval '2 hours';
UPDATE selfheal.metric_hour SET at = at - interval '100 days' WHERE at < :'hour'::timestamptz - interval '2 hours';
SELECT selfheal.forget_samples(86400, 90 * 86400, 1) AS hours_bounded;
SELECT selfheal.forget_samples(86400, 90 * 86400, 1000) AS hours;

-- History of a clock that was ahead is not shown as if it were now, and stops nothing.
INSERT INTO selfheal.metric_hour
VALUES (:'hour'::timestamptz + interval '20 years', 1001, '{5,NULL,NULL}', '{5,NULL,NULL}', '{5,NULL,NULL}', '{1,0,0}');
SELECT count(*) AS of_the_future FROM selfheal.samples('load', '1 day') WHERE at > clock_timestamp();
INSERT INTO selfheal.metric_minute
VALUES (:'hour'::timestamptz - interval '3 hours', 1001, '{5,NULL,NULL}', '{5,NULL,NULL}', '{5,NULL,NULL}', '{1,0,0}');
SELECT selfheal.keep_hours(100) AS goes_on;

CREATE TEMPORARY TABLE by_hand AS SELECT id FROM selfheal.metric_layout WHERE metrics && '{a_metric_that_went,a_metric_that_came}';
SELECT count(*) AS layouts FROM by_hand;
DELETE FROM selfheal.metric_hour WHERE layout IN (TABLE by_hand);
DELETE FROM selfheal.metric_minute WHERE layout IN (TABLE by_hand);
DELETE FROM selfheal.metric_layout WHERE id IN (TABLE by_hand);
DROP TABLE by_hand;
DROP VIEW shown;
COMMIT;

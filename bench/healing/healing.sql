-- What bench/healing/run works with: a row to fight for, who waited for it, and the figures as a view.
CREATE EXTENSION selfheal;
CREATE ROLE app LOGIN;
CREATE SCHEMA bench;

CREATE TABLE bench.hot (
	id integer PRIMARY KEY,
	n integer NOT NULL
);
INSERT INTO bench.hot VALUES (1, 0);

-- One pile-up. The healer is selfheal or the watchdog.
CREATE TABLE bench.round (
	id serial PRIMARY KEY,
	healer text NOT NULL,
	waiters integer NOT NULL,
	pid integer,
	blocked_at timestamptz
);

-- One session that waited in it, by its own clock.
CREATE TABLE bench.wait (
	round integer NOT NULL,
	began_at timestamptz NOT NULL,
	ended_at timestamptz NOT NULL
);

CREATE PROCEDURE bench.wait(round integer)
	LANGUAGE plpgsql
	AS $$
DECLARE
	began timestamptz := clock_timestamp();
BEGIN
	UPDATE bench.hot SET n = n + 1 WHERE id = 1;
	INSERT INTO bench.wait VALUES (round, began, clock_timestamp());
END
$$;

-- As selfheal shortens it; the watchdog is given the same.
CREATE FUNCTION bench.patience(waiters integer) RETURNS interval
	LANGUAGE sql
	RETURN current_setting('selfheal.idle_blocker_patience')::interval * 5 / (4 + waiters);

-- The alternative to selfheal's healing: called once a second.
CREATE FUNCTION bench.watchdog(patience interval) RETURNS SETOF boolean
	LANGUAGE sql
	AS $$
	SELECT pg_terminate_backend(b.pid)
	FROM pg_stat_activity AS b
	CROSS JOIN LATERAL (
		SELECT min(l.waitstart) AS since
		FROM pg_locks AS l
		WHERE NOT l.granted AND b.pid = ANY (pg_blocking_pids(l.pid))
	) AS w
	WHERE b.state LIKE 'idle in transaction%'
		AND clock_timestamp() - greatest(b.state_change, w.since) > patience
		AND w.since IS NOT NULL
$$;

GRANT USAGE ON SCHEMA bench TO app;
GRANT SELECT, UPDATE ON bench.hot TO app;
GRANT INSERT ON bench.wait TO app;

-- Of each pile-up: milliseconds, all ends counted from the same two moments.
CREATE VIEW bench.healing AS
	SELECT
		r.id,
		r.healer,
		r.waiters,
		extract(epoch FROM w.over_at - r.blocked_at) * 1000 AS fault_to_over,
		extract(epoch FROM w.over_at - w.due) * 1000 AS due_to_over,
		extract(epoch FROM c.finished_at - r.blocked_at) * 1000 AS fault_to_verified,
		extract(epoch FROM c.finished_at - w.due) * 1000 AS due_to_verified,
		extract(epoch FROM f.confirmed_at - c.failure_due) * 1000 AS due_to_confirmed,
		extract(epoch FROM c.approved_at - f.confirmed_at) * 1000 AS confirmed_to_decided,
		extract(epoch FROM c.acted_at - c.approved_at) * 1000 AS decided_to_acted,
		CASE r.healer WHEN 'selfheal' THEN c.stage = 'succeeded' AND c.autonomous ELSE w.over_at IS NOT NULL END AS healed
	FROM bench.round AS r
	CROSS JOIN LATERAL (
		SELECT
			max(v.ended_at) AS over_at,
			greatest(r.blocked_at, min(v.began_at)) + bench.patience(r.waiters) AS due
		FROM bench.wait AS v
		WHERE v.round = r.id
	) AS w
	LEFT JOIN selfheal.recoveries AS c
		ON r.healer = 'selfheal' AND c.target_pid = r.pid AND c.proposed_at > r.blocked_at
	LEFT JOIN selfheal.failures AS f ON f.id = c.failure AND f.journal = c.journal;

CREATE VIEW bench.figure AS
	WITH selfheal AS (
		SELECT h.* FROM bench.healing AS h WHERE h.healer = 'selfheal'
	), watchdog AS (
		SELECT h.* FROM bench.healing AS h WHERE h.healer = 'watchdog'
	), series AS (
		SELECT
			s.waiters,
			count(*) AS rounds,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY s.fault_to_verified) AS fault_to_verified,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY s.fault_to_over) AS fault_to_over,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY s.due_to_verified) AS due_to_verified,
			max(s.due_to_verified) AS due_to_verified_worst,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY s.due_to_over) AS due_to_over,
			max(s.due_to_over) AS due_to_over_worst
		FROM selfheal AS s
		GROUP BY s.waiters
	), other AS (
		SELECT
			s.waiters,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY s.fault_to_over) AS fault_to_over,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY s.due_to_over) AS due_to_over,
			max(s.due_to_over) AS due_to_over_worst
		FROM watchdog AS s
		GROUP BY s.waiters
	)
	SELECT v.place, s.waiters, format(v.figure, s.rounds, CASE s.waiters WHEN 1 THEN '1 waiter' ELSE s.waiters || ' waiters' END) AS figure,
		v.unit, v.value::numeric AS selfheal, v.goal::numeric AS goal, v.alternative::numeric AS alternative
	FROM series AS s
	JOIN other AS o ON o.waiters = s.waiters
	CROSS JOIN LATERAL (VALUES
		(10, 'end of patience to pile-up over, median of %s, %s', 'ms', s.due_to_over, NULL, o.due_to_over),
		(11, 'end of patience to pile-up over, worst of %s, %s', 'ms', s.due_to_over_worst, NULL, o.due_to_over_worst),
		(12, 'end of patience to verified, median of %s, %s', 'ms', s.due_to_verified, 2000, NULL),
		(13, 'end of patience to verified, worst of %s, %s', 'ms', s.due_to_verified_worst, 4000, NULL),
		(14, 'fault to pile-up over, median of %s, %s', 'ms', s.fault_to_over, NULL, o.fault_to_over),
		(15, 'fault to verified, median of %s, %s', 'ms', s.fault_to_verified, 8000, NULL)
	) AS v (place, figure, unit, value, goal, alternative)
	UNION ALL
	SELECT v.place, 0, format(v.figure, s.rounds), 'ms', v.value::numeric, v.goal, NULL
	FROM (
		SELECT
			count(*) AS rounds,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY h.due_to_confirmed) AS due_to_confirmed,
			max(h.due_to_confirmed) AS due_to_confirmed_worst,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY h.confirmed_to_decided) AS decided,
			max(h.confirmed_to_decided) AS decided_worst,
			percentile_cont(0.5) WITHIN GROUP (ORDER BY h.decided_to_acted) AS acted
		FROM selfheal AS h
	) AS s
	CROSS JOIN LATERAL (VALUES
		(20, 'end of patience to confirmed, median of %s', s.due_to_confirmed, NULL),
		(21, 'end of patience to confirmed, worst of %s', s.due_to_confirmed_worst, NULL),
		(22, 'deciding (confirmed to decided), median of %s', s.decided, 50),
		(23, 'deciding (confirmed to decided), worst of %s', s.decided_worst, 50),
		(24, 'decided to acted, median of %s', s.acted, NULL)
	) AS v (place, figure, value, goal);

-- What tools/demo works with: the application's tables and roles, and its questions as views.

CREATE ROLE app LOGIN;
CREATE ROLE alice LOGIN IN ROLE selfheal_operator;

-- The application: account 1 is the hot row.
CREATE TABLE account (
	id integer PRIMARY KEY,
	balance bigint NOT NULL DEFAULT 0
);
CREATE TABLE booking (
	account integer NOT NULL,
	amount integer NOT NULL,
	at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO account SELECT generate_series(1, 10000);
GRANT SELECT, UPDATE ON account TO app;
GRANT INSERT ON booking TO app;
VACUUM ANALYZE account;

-- The demo's own notes.
CREATE SCHEMA demo;
CREATE TABLE demo.fault (
	number integer PRIMARY KEY,
	autonomy text NOT NULL,
	calm_from timestamptz NOT NULL DEFAULT clock_timestamp(),
	pid integer,
	injected_at timestamptz,
	calm_until timestamptz
);

-- As pgbench --log --rate writes it.
CREATE TABLE demo.transaction (
	client integer,
	number integer,
	latency_us bigint,
	script integer,
	completed_s bigint,
	completed_us bigint,
	lag_us bigint
);

CREATE VIEW demo.recovery AS
	SELECT f.number, f.autonomy, f.pid, f.injected_at, x.seen_at, x.confirmed_at, r.*
	FROM demo.fault AS f
	JOIN selfheal.failures AS x ON x.culprit_pid = f.pid AND x.seen_at > f.injected_at
	JOIN selfheal.recoveries AS r ON r.failure = x.id AND r.journal = x.journal;

-- Each row is told once, by its key.
CREATE VIEW demo.news AS
	WITH fault AS (
		SELECT f.* FROM demo.fault AS f WHERE f.injected_at IS NOT NULL ORDER BY f.number DESC LIMIT 1
	), failure AS (
		SELECT x.*
		FROM fault AS f
		JOIN selfheal.failures AS x ON x.culprit_pid = f.pid AND x.seen_at > f.injected_at
	), news AS (
		SELECT
			format('culprit %s', x.id) AS key,
			x.seen_at AS at,
			0 AS place,
			'failures' AS source,
			format('the root blocker is session %s: role %s, database %s, application %s', x.culprit_pid,
				x.culprit_role, x.culprit_database, x.culprit_application) AS text
		FROM failure AS x
		UNION ALL
		SELECT
			format('failure %s %s %s', x.id, x.status, CASE x.status WHEN 'watching' THEN x.waiters END),
			coalesce(x.confirmed_at, clock_timestamp()),
			1,
			'failures',
			format('%s: %s', x.status, x.evidence)
		FROM failure AS x
		WHERE x.status <> 'closed'
		UNION ALL
		SELECT
			format('proposal %s', p.id),
			p.proposed_at,
			2,
			'proposals',
			format('%s, %s: %s; risk %s; asks because %s', p.id, p.remedy, p.does, p.risk, p.asked_because)
		FROM failure AS x
		JOIN selfheal.proposals AS p ON p.failure = x.id
		UNION ALL
		SELECT
			format('step %s %s', s.recovery, s.step),
			s.at,
			10 + s.step,
			'recovery',
			format('%s: %s', s.stage, s.message)
		FROM failure AS x
		JOIN selfheal.recoveries AS r ON r.failure = x.id AND r.journal = x.journal
		JOIN selfheal.recovery_steps AS s ON s.recovery = r.id AND s.journal = r.journal
		WHERE s.stage <> 'proposed'
		UNION ALL
		SELECT format('closed %s', x.id), x.closed_at, 100, 'failures', format('closed: %s', x.verdict)
		FROM failure AS x
		WHERE x.status = 'closed'
	)
	SELECT n.key, round(extract(epoch FROM n.at - f.injected_at), 1) AS seconds, n.source, n.text, n.at, n.place
	FROM news AS n, fault AS f;

CREATE VIEW demo.timeline AS
	SELECT
		s.step AS "seconds after the fault",
		max(s.at) FILTER (WHERE r.number = 1) AS "asking first",
		max(s.at) FILTER (WHERE r.number = 2) AS "by itself"
	FROM demo.recovery AS r
	CROSS JOIN LATERAL (VALUES
		(1, 'seen', r.seen_at, NULL),
		(2, 'end of patience', r.failure_due, NULL),
		(3, 'confirmed', r.confirmed_at, NULL),
		(4, 'decided', r.proposed_at, NULL),
		(5, 'approved', r.approved_at, r.decided_by),
		(6, 'acted', r.acted_at, NULL),
		(7, 'verified', r.finished_at, NULL)
	) AS t (place, step, at, by)
	CROSS JOIN LATERAL (
		SELECT t.step, round(extract(epoch FROM t.at - r.injected_at), 2) || coalesce(' by ' || t.by, '') AS at
	) AS s
	GROUP BY t.place, s.step
	ORDER BY t.place;

-- Latency counts from when a transaction was to begin, so that one that had to queue behind a stuck
-- one counts as slow, too; and it belongs to the phase in which it was to begin.
CREATE VIEW demo.load AS
	WITH phase AS (
		SELECT r.number, p.place, p.phase, p.begins, p.ends
		FROM demo.recovery AS r
		JOIN demo.fault AS f ON f.number = r.number
		CROSS JOIN LATERAL (VALUES
			(1, 'before', f.calm_from, f.injected_at),
			(2, 'during', f.injected_at, r.acted_at),
			(3, 'catching up', r.acted_at, r.acted_at + interval '2 seconds'),
			(4, 'after', r.acted_at + interval '2 seconds', f.calm_until)
		) AS p (place, phase, begins, ends)
	), done AS (
		SELECT c.completed_at, c.completed_at - t.latency_us * interval '1 microsecond' AS planned_at, t.latency_us
		FROM demo.transaction AS t
		CROSS JOIN LATERAL (
			SELECT to_timestamp(t.completed_s) + t.completed_us * interval '1 microsecond' AS completed_at
		) AS c
	)
	SELECT
		p.number,
		p.phase,
		round(extract(epoch FROM p.ends - p.begins), 1) AS seconds,
		round(count(*) FILTER (WHERE d.completed_at >= p.begins AND d.completed_at < p.ends)
			/ extract(epoch FROM p.ends - p.begins)) AS throughput,
		round((percentile_cont(0.95) WITHIN GROUP (ORDER BY d.latency_us)
			FILTER (WHERE d.planned_at >= p.begins AND d.planned_at < p.ends) / 1000)::numeric, 1) AS p95_ms
	FROM phase AS p
	CROSS JOIN done AS d
	GROUP BY p.number, p.place, p.phase, p.begins, p.ends
	ORDER BY p.number, p.place;

-- Whether it was all true.
CREATE VIEW demo.verdict AS
	SELECT c.number, c.place, c.claim, coalesce(c.met, false) AS met
	FROM (
		SELECT f.number, 1 AS place, 'the recovery succeeded' AS claim, r.stage = 'succeeded' AS met
		FROM demo.fault AS f
		LEFT JOIN demo.recovery AS r ON r.number = f.number
		UNION ALL
		SELECT f.number, 2, 'the session that was ended is the one that held the row',
			r.target_pid = f.pid AND NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.pid = f.pid)
		FROM demo.fault AS f
		LEFT JOIN demo.recovery AS r ON r.number = f.number
		UNION ALL
		SELECT f.number, 3, 'decided by whom it should be',
			CASE f.autonomy
				WHEN 'approve' THEN r.decided_by = 'alice' AND NOT r.autonomous
				ELSE r.decided_by = 'selfheal' AND r.autonomous
			END
		FROM demo.fault AS f
		LEFT JOIN demo.recovery AS r ON r.number = f.number
		UNION ALL
		SELECT f.number, 4, 'the throughput came back to more than half',
			(SELECT l.throughput FROM demo.load AS l WHERE l.number = f.number AND l.phase = 'after')
				> (SELECT l.throughput FROM demo.load AS l WHERE l.number = f.number AND l.phase = 'before') / 2
		FROM demo.fault AS f
	) AS c;

GRANT USAGE ON SCHEMA demo TO alice;
GRANT SELECT ON ALL TABLES IN SCHEMA demo TO alice;

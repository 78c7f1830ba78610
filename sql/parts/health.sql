CREATE VIEW selfheal.health AS
	WITH metrics AS MATERIALIZED (
		SELECT DISTINCT m.component, m.sampled_at
		FROM selfheal.read_metrics() AS m
	), troubles AS MATERIALIZED (
		SELECT
			f.component,
			CASE
				WHEN f.severity IN ('high', 'critical') AND f.confirmed_at IS NOT NULL THEN 'failed'
				ELSE 'degraded'
			END AS status,
			f.since,
			f.closed_at,
			f.evidence AS reason
		FROM selfheal.failures AS f
		WHERE f.closed_at IS NULL OR f.closed_at > clock_timestamp() - interval '1 day'
		UNION ALL
		SELECT
			a.component,
			'degraded',
			a.opened_at,
			a.closed_at,
			a.description
		FROM selfheal.read_anomalies() AS a
		WHERE a.severity <> 'low'
	), components AS (
		SELECT
			c.component,
			(SELECT max(m.sampled_at) FROM metrics AS m) AS checked_at,
			count(*) FILTER (WHERE t.status = 'failed' AND t.closed_at IS NULL) > 0 AS failed,
			count(*) FILTER (WHERE t.status = 'degraded' AND t.closed_at IS NULL) > 0 AS degraded,
			string_agg(t.reason, '; ' ORDER BY t.status DESC, t.since)
				FILTER (WHERE t.closed_at IS NULL) AS reason,
			min(t.since) FILTER (WHERE t.closed_at IS NULL) AS since,
			max(t.closed_at) AS recovered_at
		FROM (SELECT component FROM metrics UNION SELECT component FROM troubles) AS c
		LEFT JOIN troubles AS t ON t.component = c.component
		GROUP BY c.component
	)
	SELECT
		c.component,
		CASE
			WHEN c.checked_at IS NULL OR u.stale THEN 'unknown'
			WHEN c.failed THEN 'failed'
			WHEN c.degraded THEN 'degraded'
			ELSE 'healthy'
		END AS status,
		CASE
			WHEN c.checked_at IS NULL THEN 'no sample has been taken yet'
			WHEN u.stale THEN 'the newest sample is too old to tell'
			WHEN c.failed OR c.degraded THEN c.reason
			ELSE 'nothing is wrong'
		END AS reason,
		CASE
			WHEN c.checked_at IS NULL OR u.stale THEN c.checked_at
			WHEN c.failed OR c.degraded THEN c.since
			ELSE c.recovered_at
		END AS since,
		c.checked_at
	FROM components AS c
	CROSS JOIN LATERAL (
		SELECT clock_timestamp() - c.checked_at
			> greatest(5 * (SELECT o.sampling_every FROM selfheal.read_overhead() AS o), interval '10 seconds')
	) AS u (stale);

COMMENT ON VIEW selfheal.health IS 'Each part of the server and the machine: whether it is well, and why not.';
COMMENT ON COLUMN selfheal.health.component IS 'Part of the server or the machine.';
COMMENT ON COLUMN selfheal.health.status IS 'failed: a confirmed failure of high severity is open; degraded: another failure or an anomaly above low is; healthy: neither; unknown: nobody has looked lately.';
COMMENT ON COLUMN selfheal.health.reason IS 'What the status rests on.';
COMMENT ON COLUMN selfheal.health.since IS 'When this status began; NULL when it has been well for a day, or as long as is known.';
COMMENT ON COLUMN selfheal.health.checked_at IS 'When the newest samples were taken.';

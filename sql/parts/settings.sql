CREATE VIEW selfheal.settings AS
	SELECT
		s.name,
		s.setting || coalesce(' ' || s.unit, '') AS value,
		s.unit,
		CASE
			WHEN s.source <> 'default' THEN 'explicit'
			WHEN f.setting IS NOT NULL THEN f.filled_by || ' ' || current_setting(f.setting)
			ELSE 'default'
		END AS source,
		s.context = 'postmaster' AS restart_needed,
		s.pending_restart,
		s.min_val::numeric AS minimum,
		s.max_val::numeric AS maximum,
		s.enumvals AS choices,
		s.short_desc AS meaning
	FROM pg_settings s
	LEFT JOIN (VALUES
		('selfheal.monitoring_interval', 'preset', 'selfheal.preset'),
		('selfheal.health_check_interval', 'preset', 'selfheal.preset'),
		('selfheal.anomaly_threshold', 'preset', 'selfheal.preset'),
		('selfheal.recovery_policy', 'preset', 'selfheal.preset'),
		('selfheal.max_retries', 'recovery policy', 'selfheal.recovery_policy'),
		('selfheal.retry_delay', 'recovery policy', 'selfheal.recovery_policy'),
		('selfheal.recovery_timeout', 'recovery policy', 'selfheal.recovery_policy')
	) AS f (name, filled_by, setting) ON f.name = s.name
	WHERE s.name LIKE 'selfheal.%';

COMMENT ON VIEW selfheal.settings IS 'Every setting: the value in use, where it comes from and what it means.';
COMMENT ON COLUMN selfheal.settings.name IS 'What to write in postgresql.conf or after ALTER SYSTEM SET.';
COMMENT ON COLUMN selfheal.settings.value IS 'The value in use, with its unit.';
COMMENT ON COLUMN selfheal.settings.unit IS 'Unit of a number written without one; NULL for what has none.';
COMMENT ON COLUMN selfheal.settings.source IS '"explicit" when somebody set it, "preset ..." or "recovery policy ..." when that fills it in, else "default".';
COMMENT ON COLUMN selfheal.settings.restart_needed IS 'Whether a change needs a restart; a reload does for the others.';
COMMENT ON COLUMN selfheal.settings.pending_restart IS 'Whether it was changed and waits for that restart.';
COMMENT ON COLUMN selfheal.settings.minimum IS 'Least value allowed, in its unit; NULL for what is not a number.';
COMMENT ON COLUMN selfheal.settings.maximum IS 'Greatest value allowed, in its unit; NULL for what is not a number.';
COMMENT ON COLUMN selfheal.settings.choices IS 'The words allowed; NULL for what is not a choice of words.';
COMMENT ON COLUMN selfheal.settings.meaning IS 'What it does.';

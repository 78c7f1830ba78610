-- Settings: what the view tells, what a preset fills in, and what is refused.
SELECT name, value, source, minimum, maximum, choices
FROM selfheal.settings
ORDER BY name COLLATE "C";

SELECT name, unit, restart_needed, pending_restart
FROM selfheal.settings
WHERE restart_needed OR pending_restart;

-- One sentence each.
SELECT name, meaning FROM selfheal.settings WHERE meaning !~ '^[A-Z].*\.$';

-- A new session after a reload has the new values: the postmaster reads the file first.
\set filled 'SELECT name, value, source FROM selfheal.settings WHERE name ~ ''(monitoring|anomaly|policy|retr|timeout|health)'' ORDER BY name COLLATE "C"'

ALTER SYSTEM SET selfheal.preset = 'aggressive';
SELECT pg_reload_conf();
\c
:filled;

ALTER SYSTEM SET selfheal.preset = 'conservative';
SELECT pg_reload_conf();
\c
:filled;

-- What was set wins, also over a preset chosen later, and also when it equals the default.
ALTER SYSTEM SET selfheal.monitoring_interval = 10;
ALTER SYSTEM SET selfheal.anomaly_threshold = 4.25;
ALTER SYSTEM SET selfheal.recovery_policy = 'aggressive';
ALTER SYSTEM SET selfheal.max_retries = 0;
SELECT pg_reload_conf();
\c
:filled;
SHOW selfheal.anomaly_threshold;
SHOW selfheal.recovery_policy;
SHOW selfheal.retry_delay;

-- What is taken back falls to the preset, not to the built-in default.
ALTER SYSTEM RESET selfheal.monitoring_interval;
ALTER SYSTEM RESET selfheal.anomaly_threshold;
ALTER SYSTEM RESET selfheal.recovery_policy;
ALTER SYSTEM RESET selfheal.max_retries;
SELECT pg_reload_conf();
\c
:filled;

ALTER SYSTEM RESET selfheal.preset;
SELECT pg_reload_conf();
\c
:filled;

-- A list of patterns may be written as one text or as several.
ALTER SYSTEM SET selfheal.protected_sessions = 'role:boss', 'application:nightly*';
SELECT pg_reload_conf();
\c
SELECT value, source FROM selfheal.settings WHERE name = 'selfheal.protected_sessions';
ALTER SYSTEM RESET selfheal.protected_sessions;
SELECT pg_reload_conf();
\c

-- Refused: the words of these messages differ between versions.
\set VERBOSITY sqlstate
ALTER SYSTEM SET selfheal.monitoring_interval = 0;
ALTER SYSTEM SET selfheal.monitoring_interval = '2h';
ALTER SYSTEM SET selfheal.sample_interval = '9ms';
ALTER SYSTEM SET selfheal.sample_interval = 'soon';
ALTER SYSTEM SET selfheal.health_check_interval = '499ms';
ALTER SYSTEM SET selfheal.health_check_interval = '2h';
ALTER SYSTEM SET selfheal.health_check_timeout = 0;
ALTER SYSTEM SET selfheal.health_check_timeout = '61s';
ALTER SYSTEM SET selfheal.anomaly_threshold = 'NaN';
ALTER SYSTEM SET selfheal.min_confidence = 1.01;
ALTER SYSTEM SET selfheal.preset = 'bold';
ALTER SYSTEM SET selfheal.autonomy = '';
ALTER SYSTEM SET selfheal.protected_sessions = 'planet:mars';
SET selfheal.enabled = off;
SET selfheal.autonomy = 'full';
ALTER ROLE CURRENT_USER SET selfheal.autonomy = 'full';
SET selfheal.no_such_setting = 1;
\set VERBOSITY default

SELECT name, value FROM selfheal.settings WHERE source = 'explicit' AND name <> 'selfheal.database';

-- The answer as soon as it is the one that is waited for; after a while whatever it is.
CREATE FUNCTION becomes(query text, wanted text) RETURNS text
	LANGUAGE plpgsql
AS $$
DECLARE
	answer text;
BEGIN
	FOR i IN 1..6000 LOOP
		EXECUTE query INTO answer;
		EXIT WHEN answer = wanted;
		PERFORM pg_sleep(0.01);
	END LOOP;
	RETURN answer;
END
$$;

-- What can run out is watched from the first samples on; too little is known to foresee anything.
SELECT becomes($$SELECT string_agg(DISTINCT resource, ' ' ORDER BY resource) FROM selfheal.resources
	WHERE resource NOT IN ('inodes', 'sequence', 'slot_wal')$$, 'connection_slots disk freezing memory multixact_ids transaction_ids') AS watched;
SELECT count(*) AS out_of_range FROM selfheal.resources
WHERE used_share IS NULL OR used_share NOT BETWEEN 0 AND 1.01 OR capacity <= 0 OR looked_at > clock_timestamp();
SELECT resource, subject, component, unit, horizon, rule, evidence, predicted,
	time_left IS NULL AND used_up_at IS NULL AND earliest IS NULL AND latest IS NULL AND probability IS NULL AS nothing_foreseen
FROM selfheal.resources
WHERE resource IN ('connection_slots', 'transaction_ids') OR (resource = 'disk' AND subject = 'data directory')
ORDER BY resource;

-- Ids run out where the server assigns no more.
SELECT capacity FROM selfheal.resources WHERE resource = 'transaction_ids';
SELECT capacity = current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
		- coalesce(current_setting('reserved_connections', true)::int, 0) AS ordinary_connections
FROM selfheal.resources WHERE resource = 'connection_slots';

-- A slot is watched as soon as it keeps WAL, and gone some minutes after it is.
SELECT FROM pg_create_physical_replication_slot('predicted', true);
SELECT becomes($$SELECT subject FROM selfheal.resources WHERE resource = 'slot_wal' AND capacity > used$$, 'predicted') AS watched;
SELECT pg_drop_replication_slot('predicted');

SELECT count(*) FROM selfheal.predictions WHERE method = 'forecast';
SELECT resource, predictions, came_true, averted, passed, gone, missed, right_share, mean_lead, since <= clock_timestamp() AS counted
FROM selfheal.prediction_stats WHERE resource NOT IN ('cascade', 'indicator') ORDER BY resource;
SELECT count(*), min(probability_from), max(probability_to), sum(said), sum(came), max(mean_said), max(came_share)
FROM selfheal.prediction_calibration;

-- Watching costs a stage of the heartbeat, which is shown as every other.
SELECT count(*) FROM selfheal.overhead_stages WHERE stage = 'predicting';
DROP FUNCTION becomes(text, text);

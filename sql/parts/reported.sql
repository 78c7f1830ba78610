CREATE FUNCTION selfheal.detect(as_category text, metrics jsonb)
	RETURNS TABLE (
		metric text,
		category text,
		severity text,
		score double precision,
		method text,
		description text,
		confidence double precision,
		value double precision,
		z_score double precision,
		baseline_mean double precision,
		baseline_deviation double precision
	)
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_detect';

COMMENT ON FUNCTION selfheal.detect(text, jsonb) IS 'Judges metrics of your own, given as {"name": number, ...}, and learns from them: what is normal for each name in this database and category, from 30 values on. One row for each that is unusual now: a z-score and the quartiles agree; none while it learns. severity and score (0 to 1) say how far out it is, confidence (0 to 1) how sure that is. At most 128 at once; 512 are remembered, in memory, until a restart. Works on a standby and in read-only transactions, and learns also in one that is rolled back.';

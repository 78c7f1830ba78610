CREATE FUNCTION selfheal.read_resources(
	OUT resource text,
	OUT subject text,
	OUT component text,
	OUT unit text,
	OUT used double precision,
	OUT capacity double precision,
	OUT used_share double precision,
	OUT used_up_at timestamptz,
	OUT earliest timestamptz,
	OUT latest timestamptz,
	OUT probability double precision,
	OUT horizon interval,
	OUT rule text,
	OUT evidence text,
	OUT predicted boolean,
	OUT looked_at timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 12
	AS 'MODULE_PATHNAME', 'selfheal_read_resources';

COMMENT ON FUNCTION selfheal.read_resources() IS 'What selfheal.resources shows, from shared memory.';

CREATE VIEW selfheal.resources AS
	SELECT
		r.resource,
		coalesce('tablespace ' || t.spcname, r.subject) AS subject,
		r.component,
		r.unit,
		r.used,
		r.capacity,
		r.used_share,
		r.used_up_at - clock_timestamp() AS time_left,
		r.used_up_at,
		r.earliest,
		r.latest,
		r.probability,
		r.horizon,
		r.rule,
		r.evidence,
		r.predicted,
		r.looked_at
	FROM selfheal.read_resources() AS r
	LEFT JOIN pg_tablespace AS t ON r.subject = 'tablespace ' || t.oid;

COMMENT ON VIEW selfheal.resources IS 'Everything that can run out and is watched: how much of it is used, and when it will be used up.';
COMMENT ON COLUMN selfheal.resources.resource IS 'What kind of thing it is: disk, inodes, connection_slots, transaction_ids, multixact_ids, freezing, sequence, slot_wal or memory.';
COMMENT ON COLUMN selfheal.resources.subject IS 'Which one, where there are several. Places on one file system are watched as one, by the name of the first.';
COMMENT ON COLUMN selfheal.resources.component IS 'The part of the cluster it belongs to.';
COMMENT ON COLUMN selfheal.resources.unit IS 'What used and capacity count.';
COMMENT ON COLUMN selfheal.resources.used IS 'How much is used.';
COMMENT ON COLUMN selfheal.resources.capacity IS 'How much there is.';
COMMENT ON COLUMN selfheal.resources.used_share IS 'Share in use; at 1 it is used up.';
COMMENT ON COLUMN selfheal.resources.time_left IS 'Time until then; NULL when no end is foreseen, or too little is known (less than 120 rows: two hours, or 30 for what is looked at slowly).';
COMMENT ON COLUMN selfheal.resources.used_up_at IS 'The moment that is.';
COMMENT ON COLUMN selfheal.resources.earliest IS 'One in ten is used up before this.';
COMMENT ON COLUMN selfheal.resources.latest IS 'One in ten is used up after this; NULL when it may be never.';
COMMENT ON COLUMN selfheal.resources.probability IS 'That it is used up within the horizon, between 0 and 1.';
COMMENT ON COLUMN selfheal.resources.horizon IS 'How far ahead is looked: 4 hours, or 60 for ids and sequences, which are looked at every 15 minutes only.';
COMMENT ON COLUMN selfheal.resources.rule IS 'Which rule spoke: trend, curve, season (the same hours before), peaks (of a saw-tooth), climb (larger than any usual one), used up, or none.';
COMMENT ON COLUMN selfheal.resources.evidence IS 'What it rests on, in words.';
COMMENT ON COLUMN selfheal.resources.predicted IS 'Whether a prediction stands; see selfheal.predictions.';
COMMENT ON COLUMN selfheal.resources.looked_at IS 'When this was looked at.';

CREATE FUNCTION selfheal.read_predictions(
	OUT id bigint,
	OUT resource text,
	OUT subject text,
	OUT component text,
	OUT unit text,
	OUT state text,
	OUT since timestamptz,
	OUT ended_at timestamptz,
	OUT used double precision,
	OUT capacity double precision,
	OUT used_share double precision,
	OUT used_up_at timestamptz,
	OUT earliest timestamptz,
	OUT latest timestamptz,
	OUT probability double precision,
	OUT used_up_at_first timestamptz,
	OUT probability_first double precision,
	OUT rule text,
	OUT evidence text,
	OUT method text,
	OUT effect text,
	OUT cause text,
	OUT failure bigint,
	OUT journal bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_predictions';

COMMENT ON FUNCTION selfheal.read_predictions() IS 'What selfheal.predictions shows, from shared memory.';

CREATE VIEW selfheal.predictions AS
	SELECT
		p.id,
		p.resource,
		coalesce('tablespace ' || t.spcname, p.subject) AS subject,
		p.component,
		p.unit,
		p.state,
		p.since,
		p.ended_at,
		p.used,
		p.capacity,
		p.used_share,
		p.used_up_at,
		p.earliest,
		p.latest,
		p.probability,
		p.used_up_at_first,
		p.probability_first,
		p.rule,
		p.evidence,
		p.method,
		p.effect,
		p.cause,
		p.failure,
		p.journal
	FROM selfheal.read_predictions() AS p
	LEFT JOIN pg_tablespace AS t ON p.subject = 'tablespace ' || t.oid
	ORDER BY p.ended_at DESC NULLS FIRST, p.used_up_at;

COMMENT ON VIEW selfheal.predictions IS 'What is held to be used up soon, and what will most probably follow from a failure or from a leading indicator: the predictions that stand, and the newest of those that have ended (128 of resources, 64 cascades, 32 of indicators), with what became of them.';
COMMENT ON COLUMN selfheal.predictions.id IS 'Number of the prediction.';
COMMENT ON COLUMN selfheal.predictions.resource IS 'What kind of thing will be used up; see selfheal.resources. NULL of a cascade or indicator.';
COMMENT ON COLUMN selfheal.predictions.subject IS 'Which one, where there are several; of a cascade or indicator what will be the matter.';
COMMENT ON COLUMN selfheal.predictions.component IS 'The part of the cluster it belongs to.';
COMMENT ON COLUMN selfheal.predictions.unit IS 'What used and capacity count.';
COMMENT ON COLUMN selfheal.predictions.state IS 'open: it stands. came true: it was used up. averted: room was made, or there is more of it now. passed: it was wrong, or not used up within two horizons. gone: what it is about is not there any more. Of a cascade or indicator: came true: it is seen; averted: the failure was over before, or the indicator has been gone for a tenth of the time; passed: it did not come, twice the time later; gone: the same, and a user has taken it out of the causal graph.';
COMMENT ON COLUMN selfheal.predictions.since IS 'When it was made: with the diagnosis of the failure; of an indicator, soon after it was seen; of a forecast, when the probability had been at least 0.7 for six blocks of ten rows (an hour, or 15 for what is looked at slowly), or 0.5 of an end that is near.';
COMMENT ON COLUMN selfheal.predictions.ended_at IS 'When it ended; NULL while it stands.';
COMMENT ON COLUMN selfheal.predictions.used IS 'How much is used, or was when it ended.';
COMMENT ON COLUMN selfheal.predictions.capacity IS 'How much there is, or was.';
COMMENT ON COLUMN selfheal.predictions.used_share IS 'Share in use, likewise.';
COMMENT ON COLUMN selfheal.predictions.used_up_at IS 'When it will be used up, as of the newest row; of a cascade or indicator, when it typically comes.';
COMMENT ON COLUMN selfheal.predictions.earliest IS 'One in ten is used up before this.';
COMMENT ON COLUMN selfheal.predictions.latest IS 'One in ten is used up after this; NULL when it may be never.';
COMMENT ON COLUMN selfheal.predictions.probability IS 'That it is used up within the horizon, between 0 and 1, as of the newest row; of a cascade, that the failure has this cause and it follows from that, as of the newest diagnosis; of an indicator, that the anomaly is one and it follows from that.';
COMMENT ON COLUMN selfheal.predictions.used_up_at_first IS 'When it was to be used up, as of the moment the prediction was made.';
COMMENT ON COLUMN selfheal.predictions.probability_first IS 'How likely that was then.';
COMMENT ON COLUMN selfheal.predictions.rule IS 'Which rule spoke; see selfheal.resources.';
COMMENT ON COLUMN selfheal.predictions.evidence IS 'What it rests on, in words.';
COMMENT ON COLUMN selfheal.predictions.method IS 'forecast: from how much is used. cascade: from the cause of a failure, by the causal graph. indicator: from what is seen before anything has failed, likewise, at least a minute ahead. For these two nothing is done.';
COMMENT ON COLUMN selfheal.predictions.effect IS 'Of a cascade or indicator: the node of the causal graph that will be active.';
COMMENT ON COLUMN selfheal.predictions.cause IS 'Of a cascade: the node where the failure began; of an indicator: the node that is seen.';
COMMENT ON COLUMN selfheal.predictions.failure IS 'Of a cascade: the failure, as in selfheal.failures.';
COMMENT ON COLUMN selfheal.predictions.journal IS 'Of a cascade: the journal of that failure.';

CREATE FUNCTION selfheal.read_prediction_stats(
	OUT resource text,
	OUT predictions bigint,
	OUT came_true bigint,
	OUT averted bigint,
	OUT passed bigint,
	OUT gone bigint,
	OUT missed bigint,
	OUT mean_lead interval,
	OUT since timestamptz
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 11
	AS 'MODULE_PATHNAME', 'selfheal_read_prediction_stats';

COMMENT ON FUNCTION selfheal.read_prediction_stats() IS 'What selfheal.prediction_stats shows, from shared memory.';

CREATE VIEW selfheal.prediction_stats AS
	SELECT
		s.resource,
		s.predictions,
		s.came_true,
		s.averted,
		s.passed,
		s.gone,
		s.missed,
		CASE
			WHEN s.resource = 'indicator' THEN s.came_true::double precision / nullif(s.came_true + s.passed, 0)
			ELSE (s.came_true + s.averted)::double precision / nullif(s.came_true + s.averted + s.passed, 0)
		END AS right_share,
		s.mean_lead,
		s.since
	FROM selfheal.read_prediction_stats() AS s;

COMMENT ON VIEW selfheal.prediction_stats IS 'What became of predictions, by kind of resource, and of cascades and indicators; judged when their time has come, kept over restarts.';
COMMENT ON COLUMN selfheal.prediction_stats.resource IS 'What kind of thing; see selfheal.resources. cascade: what follows from failures. indicator: what was told before anything had failed.';
COMMENT ON COLUMN selfheal.prediction_stats.predictions IS 'Predictions made.';
COMMENT ON COLUMN selfheal.prediction_stats.came_true IS 'Of them: promises kept, it was used up.';
COMMENT ON COLUMN selfheal.prediction_stats.averted IS 'Of them: room was made, or there was more of it, before it came to that. Whether it would have come is not known.';
COMMENT ON COLUMN selfheal.prediction_stats.passed IS 'Of them: false alarms.';
COMMENT ON COLUMN selfheal.prediction_stats.gone IS 'Of them: what they were about is not there any more.';
COMMENT ON COLUMN selfheal.prediction_stats.missed IS 'How often something was used up and no prediction had said so; not counted of cascades and indicators.';
COMMENT ON COLUMN selfheal.prediction_stats.right_share IS 'Share of those judged that came true or were averted; of indicators that came true, as most that are over would have come to nothing. NULL while there are none.';
COMMENT ON COLUMN selfheal.prediction_stats.mean_lead IS 'Time between prediction and end, of those that came true.';
COMMENT ON COLUMN selfheal.prediction_stats.since IS 'When the counting began.';

CREATE FUNCTION selfheal.read_calibration(
	OUT probability_from double precision,
	OUT probability_to double precision,
	OUT said bigint,
	OUT came bigint,
	OUT mean_said double precision,
	OUT came_share double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 10
	AS 'MODULE_PATHNAME', 'selfheal_read_calibration';

COMMENT ON FUNCTION selfheal.read_calibration() IS 'What selfheal.prediction_calibration shows, from shared memory.';

CREATE VIEW selfheal.prediction_calibration AS
	SELECT
		c.probability_from,
		c.probability_to,
		c.said,
		c.came,
		c.mean_said,
		c.came_share
	FROM selfheal.read_calibration() AS c;

COMMENT ON VIEW selfheal.prediction_calibration IS 'Whether probabilities mean what they say: of those in each tenth, how many came. One a horizon and resource counts, from 0.05 on.';
COMMENT ON COLUMN selfheal.prediction_calibration.probability_from IS 'The tenth begins here.';
COMMENT ON COLUMN selfheal.prediction_calibration.probability_to IS 'The tenth ends before this.';
COMMENT ON COLUMN selfheal.prediction_calibration.said IS 'Probabilities said in it and judged since.';
COMMENT ON COLUMN selfheal.prediction_calibration.came IS 'Of them: it was used up within the horizon.';
COMMENT ON COLUMN selfheal.prediction_calibration.mean_said IS 'Their mean.';
COMMENT ON COLUMN selfheal.prediction_calibration.came_share IS 'Share that came; near mean_said when the forecast is honest.';

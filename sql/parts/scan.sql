-- What the scanner saw in every database. It can be seen again, so it does not go with pg_dump; and
-- after a restore the OIDs would be others.
CREATE TABLE selfheal.scan_pass (
	database oid PRIMARY KEY,
	name text,
	tables_seen bigint NOT NULL,
	tables_total bigint NOT NULL,
	skipped bigint NOT NULL,
	rounds bigint NOT NULL,
	passes bigint NOT NULL,
	resumed_at oid NOT NULL,
	round_started_at timestamptz,
	round_ended_at timestamptz,
	passed_at timestamptz,
	duration_ms double precision,
	error text
);

COMMENT ON TABLE selfheal.scan_pass IS 'The newest pass through each database, as the scribe wrote it down; read selfheal.scan_coverage instead.';

-- What changes with every pass is in no index, and a page keeps room for it.
CREATE TABLE selfheal.scan_finding (
	database oid NOT NULL,
	kind text NOT NULL,
	object oid NOT NULL,
	attribute integer NOT NULL,
	relation oid NOT NULL,
	schema_name text,
	relation_name text,
	object_name text,
	value double precision NOT NULL,
	previous_value double precision,
	detail text,
	first_seen timestamptz NOT NULL,
	last_seen timestamptz NOT NULL,
	gone_at timestamptz,
	PRIMARY KEY (database, kind, object, attribute)
) WITH (fillfactor = 70);

CREATE INDEX scan_finding_relation ON selfheal.scan_finding (database, relation);

COMMENT ON TABLE selfheal.scan_finding IS 'What scans found, as the scribe wrote it down; read selfheal.scan_findings instead.';

CREATE TABLE selfheal.scan_column (
	database oid NOT NULL,
	relation oid NOT NULL,
	attribute integer NOT NULL,
	schema_name text,
	relation_name text,
	column_name text,
	rows double precision,
	null_fraction double precision,
	previous_null_fraction double precision,
	distinct_values double precision,
	previous_distinct_values double precision,
	duplicate_share double precision,
	previous_duplicate_share double precision,
	width double precision,
	previous_width double precision,
	low double precision,
	high double precision,
	range_drift double precision,
	analyzed_at timestamptz,
	seen_at timestamptz NOT NULL,
	PRIMARY KEY (database, relation, attribute)
) WITH (fillfactor = 70);

COMMENT ON TABLE selfheal.scan_column IS 'Columns as ANALYZE saw them last, as the scribe wrote them down; read selfheal.scan_columns instead, which keeps the values at either end of a range to itself.';

CREATE FUNCTION selfheal.read_scan_kinds(
	OUT kind text,
	OUT unit text,
	OUT category text,
	OUT minimum double precision,
	OUT meaning text
) RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20
	AS 'MODULE_PATHNAME', 'selfheal_read_scan_kinds';

COMMENT ON FUNCTION selfheal.read_scan_kinds() IS 'What a scan can find: kind, unit of its value, the value from which on it is told, and what it means.';

CREATE FUNCTION selfheal.read_scanner(
	OUT pid bigint,
	OUT database bigint,
	OUT records_waiting bigint,
	OUT records_written bigint,
	OUT records_dropped bigint,
	OUT last_error text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_read_scanner';

COMMENT ON FUNCTION selfheal.read_scanner() IS 'One row about the scanner: where it is now, and what became of the records it made since the server started.';

CREATE VIEW selfheal.scan_coverage AS
	SELECT
		coalesce(d.datname, p.name::name) AS database,
		CASE
			WHEN d.oid IS NULL THEN 'dropped'
			WHEN NOT d.datallowconn OR d.datconnlimit < -1 THEN 'skipped: it takes no connections'
			WHEN d.datistemplate THEN 'skipped: it is a template'
			WHEN p.passed_at IS NULL THEN 'not yet'
			WHEN p.error IS NOT NULL THEN 'failing'
			WHEN p.round_ended_at IS NULL THEN 'partly'
			ELSE 'complete'
		END AS state,
		p.tables_seen,
		p.tables_total,
		p.skipped,
		p.rounds,
		p.passes,
		p.resumed_at,
		p.round_started_at,
		p.round_ended_at,
		p.passed_at AS last_pass,
		p.duration_ms,
		p.error
	FROM pg_database AS d
	FULL JOIN selfheal.scan_pass AS p ON p.database = d.oid;

COMMENT ON VIEW selfheal.scan_coverage IS 'How far each database has been scanned, those that never are included.';
COMMENT ON COLUMN selfheal.scan_coverage.database IS 'Its name; of one that was dropped, the last one.';
COMMENT ON COLUMN selfheal.scan_coverage.state IS 'complete, partly (the budget ended the pass; the next goes on), failing, not yet, dropped, or skipped and why.';
COMMENT ON COLUMN selfheal.scan_coverage.tables_seen IS 'Tables looked at in this round, TOAST tables and catalogs included.';
COMMENT ON COLUMN selfheal.scan_coverage.tables_total IS 'Tables there were when the round began.';
COMMENT ON COLUMN selfheal.scan_coverage.skipped IS 'Relations stepped over in this round because looking at them failed.';
COMMENT ON COLUMN selfheal.scan_coverage.rounds IS 'Rounds through the whole database, since the server started.';
COMMENT ON COLUMN selfheal.scan_coverage.passes IS 'Passes, since the server started; a round takes as many as selfheal.scan_budget makes it.';
COMMENT ON COLUMN selfheal.scan_coverage.resumed_at IS 'OID of the relation after which the last pass began; 0 when it began a round.';
COMMENT ON COLUMN selfheal.scan_coverage.round_started_at IS 'When the round began.';
COMMENT ON COLUMN selfheal.scan_coverage.round_ended_at IS 'When it was complete; NULL while it is not.';
COMMENT ON COLUMN selfheal.scan_coverage.last_pass IS 'End of the last pass.';
COMMENT ON COLUMN selfheal.scan_coverage.duration_ms IS 'How long that took, including waiting for its findings to be written.';
COMMENT ON COLUMN selfheal.scan_coverage.error IS 'What went wrong in the last pass.';

CREATE VIEW selfheal.scan_findings AS
	SELECT
		coalesce(d.datname, p.name::name) AS database,
		f.kind,
		k.category,
		f.schema_name,
		f.relation_name,
		f.object_name,
		f.value,
		f.previous_value,
		k.unit,
		f.detail,
		k.meaning,
		f.first_seen,
		f.last_seen,
		f.gone_at
	FROM selfheal.scan_finding AS f
	LEFT JOIN pg_database AS d ON d.oid = f.database
	LEFT JOIN selfheal.scan_pass AS p ON p.database = f.database
	LEFT JOIN selfheal.read_scan_kinds() AS k ON k.kind = f.kind;

COMMENT ON VIEW selfheal.scan_findings IS 'What scans found in the catalogs and statistics of every database; what is gone stays for selfheal.history_retention.';
COMMENT ON COLUMN selfheal.scan_findings.database IS 'Database it was found in.';
COMMENT ON COLUMN selfheal.scan_findings.kind IS 'What was found; selfheal.read_scan_kinds() has all of them.';
COMMENT ON COLUMN selfheal.scan_findings.category IS 'performance, security, data_quality or resource.';
COMMENT ON COLUMN selfheal.scan_findings.schema_name IS 'Schema of the relation, as it is, not quoted.';
COMMENT ON COLUMN selfheal.scan_findings.relation_name IS 'The table or sequence, as it is, not quoted.';
COMMENT ON COLUMN selfheal.scan_findings.object_name IS 'Its index, constraint or column that it is about; NULL when it is about the whole.';
COMMENT ON COLUMN selfheal.scan_findings.value IS 'How bad it is, in the unit of its kind.';
COMMENT ON COLUMN selfheal.scan_findings.previous_value IS 'What the scan before said; NULL the first time.';
COMMENT ON COLUMN selfheal.scan_findings.unit IS 'Unit of the values.';
COMMENT ON COLUMN selfheal.scan_findings.detail IS 'The figures behind it, or what to do.';
COMMENT ON COLUMN selfheal.scan_findings.meaning IS 'What the value of this kind is.';
COMMENT ON COLUMN selfheal.scan_findings.first_seen IS 'Scan that found it first.';
COMMENT ON COLUMN selfheal.scan_findings.last_seen IS 'Scan that found it last.';
COMMENT ON COLUMN selfheal.scan_findings.gone_at IS 'Scan that did not find it any more; NULL while it holds.';

CREATE VIEW selfheal.scan_columns AS
	SELECT
		coalesce(d.datname, p.name::name) AS database,
		c.schema_name,
		c.relation_name,
		c.column_name,
		c.rows,
		c.null_fraction,
		c.previous_null_fraction,
		c.distinct_values,
		c.previous_distinct_values,
		c.duplicate_share,
		c.previous_duplicate_share,
		c.width,
		c.previous_width,
		c.range_drift,
		c.analyzed_at,
		c.seen_at
	FROM selfheal.scan_column AS c
	LEFT JOIN pg_database AS d ON d.oid = c.database
	LEFT JOIN selfheal.scan_pass AS p ON p.database = c.database;

COMMENT ON VIEW selfheal.scan_columns IS 'Data quality of the columns of tables with a thousand rows or more, as the last ANALYZE saw them and the one before. Values themselves are not shown.';
COMMENT ON COLUMN selfheal.scan_columns.database IS 'Database of the table.';
COMMENT ON COLUMN selfheal.scan_columns.schema_name IS 'Schema of the table, as it is, not quoted.';
COMMENT ON COLUMN selfheal.scan_columns.relation_name IS 'The table, as it is, not quoted.';
COMMENT ON COLUMN selfheal.scan_columns.column_name IS 'The column, as it is, not quoted.';
COMMENT ON COLUMN selfheal.scan_columns.rows IS 'Rows of the table, estimated.';
COMMENT ON COLUMN selfheal.scan_columns.null_fraction IS 'Share of the rows in which it is NULL.';
COMMENT ON COLUMN selfheal.scan_columns.previous_null_fraction IS 'The same by the ANALYZE before; NULL when that was not seen.';
COMMENT ON COLUMN selfheal.scan_columns.distinct_values IS 'Different values; negative: as a share of the rows; 0: not known.';
COMMENT ON COLUMN selfheal.scan_columns.previous_distinct_values IS 'The same by the ANALYZE before.';
COMMENT ON COLUMN selfheal.scan_columns.duplicate_share IS 'Share of the values that are not the only one of their kind; NULL when not known.';
COMMENT ON COLUMN selfheal.scan_columns.previous_duplicate_share IS 'The same by the ANALYZE before.';
COMMENT ON COLUMN selfheal.scan_columns.width IS 'Mean width in bytes.';
COMMENT ON COLUMN selfheal.scan_columns.previous_width IS 'The same by the ANALYZE before.';
COMMENT ON COLUMN selfheal.scan_columns.range_drift IS 'How far the values left the range of the ANALYZE before, in widths of that range; NULL for what is not a number or a time.';
COMMENT ON COLUMN selfheal.scan_columns.analyzed_at IS 'When that ANALYZE ran; NULL when the server does not know any more.';
COMMENT ON COLUMN selfheal.scan_columns.seen_at IS 'Scan that saw it last.';

-- Every column is seen once a day at least; one not seen for three, though its database was, is gone.
CREATE FUNCTION selfheal.forget_scans(horizon timestamptz) RETURNS void
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
BEGIN
	DELETE FROM selfheal.scan_column AS c
	USING selfheal.scan_pass AS p
	WHERE p.database = c.database
		AND (c.seen_at < p.passed_at - interval '3 days'
			OR NOT EXISTS (SELECT FROM pg_database AS d WHERE d.oid = c.database));
	UPDATE selfheal.scan_finding AS f
	SET gone_at = now()
	WHERE f.gone_at IS NULL
		AND (NOT EXISTS (SELECT FROM pg_database AS d WHERE d.oid = f.database)
			OR f.attribute > 0 AND NOT EXISTS (
				SELECT
				FROM selfheal.scan_column AS c
				WHERE c.database = f.database AND c.relation = f.relation AND c.attribute = f.attribute));
	DELETE FROM selfheal.scan_finding AS f WHERE f.gone_at < horizon;
	DELETE FROM selfheal.scan_pass AS p
	WHERE p.passed_at < horizon AND NOT EXISTS (SELECT FROM pg_database AS d WHERE d.oid = p.database);
END
$$;

COMMENT ON FUNCTION selfheal.forget_scans(timestamptz) IS 'Deletes what scans found in what is gone since before then; selfheal.forget() calls it.';

GRANT SELECT ON
	selfheal.scan_columns,
	selfheal.scan_coverage,
	selfheal.scan_findings
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;
GRANT EXECUTE ON FUNCTION
	selfheal.read_scan_kinds,
	selfheal.read_scanner
	TO selfheal_admin, selfheal_operator, selfheal_developer, selfheal_auditor;

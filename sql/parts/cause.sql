-- What users have changed of the causal graph. Rows are configuration, and go with pg_dump; what is shipped is in the
-- library, so that a newer one reaches whoever changed a few edges.
CREATE TABLE selfheal.causal_node_change (
	id text PRIMARY KEY CHECK (id ~ '^[a-z0-9_]{1,63}$'),
	removed boolean NOT NULL,
	name text,
	type text CHECK (type IN ('component', 'resource', 'dependency', 'configuration', 'user_action')),
	origin boolean,
	probability double precision CHECK (probability BETWEEN 0 AND 1),
	metric text,
	direction text CHECK (direction IN ('high', 'low')),
	changed_by text NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	CHECK (removed OR (name IS NOT NULL AND type IS NOT NULL AND origin IS NOT NULL AND probability IS NOT NULL))
);

CREATE TABLE selfheal.causal_edge_change (
	from_node text NOT NULL,
	to_node text NOT NULL,
	removed boolean NOT NULL,
	type text CHECK (type IN ('direct', 'contributing', 'correlation')),
	probability double precision CHECK (probability BETWEEN 0 AND 1),
	lag interval,
	observed_count bigint CHECK (observed_count >= 0),
	changed_by text NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (from_node, to_node),
	CHECK (removed OR (type IS NOT NULL AND probability IS NOT NULL AND lag IS NOT NULL AND observed_count IS NOT NULL))
);

COMMENT ON TABLE selfheal.causal_node_change IS 'What users have changed of the nodes of the causal graph; read selfheal.causal_graph_changes instead.';
COMMENT ON TABLE selfheal.causal_edge_change IS 'What users have changed of the edges of the causal graph; read selfheal.causal_graph_changes instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.causal_node_change FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.causal_edge_change FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();
CREATE TRIGGER tell_engine AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON selfheal.causal_node_change
	FOR EACH STATEMENT EXECUTE FUNCTION selfheal.user_metrics_changed();
CREATE TRIGGER tell_engine AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON selfheal.causal_edge_change
	FOR EACH STATEMENT EXECUTE FUNCTION selfheal.user_metrics_changed();

SELECT pg_extension_config_dump('selfheal.causal_node_change', '');
SELECT pg_extension_config_dump('selfheal.causal_edge_change', '');

-- Looking

CREATE FUNCTION selfheal.read_causal_nodes(
	OUT id text,
	OUT name text,
	OUT type text,
	OUT origin boolean,
	OUT probability double precision,
	OUT signals text
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 72
	AS 'MODULE_PATHNAME', 'selfheal_read_causal_nodes';

COMMENT ON FUNCTION selfheal.read_causal_nodes() IS 'What selfheal.causal_nodes shows: what is shipped, and what users have changed.';

CREATE FUNCTION selfheal.read_causal_edges(
	OUT from_node text,
	OUT to_node text,
	OUT type text,
	OUT probability double precision,
	OUT strength double precision,
	OUT lag interval,
	OUT observed_count bigint
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 160
	AS 'MODULE_PATHNAME', 'selfheal_read_causal_edges';

COMMENT ON FUNCTION selfheal.read_causal_edges() IS 'What selfheal.causal_edges shows: what is shipped, and what users have changed.';

CREATE VIEW selfheal.causal_nodes AS
	SELECT n.id, n.name, n.type, n.origin, n.probability, n.signals
	FROM selfheal.read_causal_nodes() AS n;

COMMENT ON VIEW selfheal.causal_nodes IS 'The nodes of the causal graph: what can be the matter with a database.';
COMMENT ON COLUMN selfheal.causal_nodes.id IS 'Name of the node in functions and paths.';
COMMENT ON COLUMN selfheal.causal_nodes.name IS 'The same for people.';
COMMENT ON COLUMN selfheal.causal_nodes.type IS 'component, resource, dependency, configuration or user_action.';
COMMENT ON COLUMN selfheal.causal_nodes.origin IS 'Whether trouble may begin here: only such a node is ever named as a root cause.';
COMMENT ON COLUMN selfheal.causal_nodes.probability IS 'That it becomes active by itself when something is the matter.';
COMMENT ON COLUMN selfheal.causal_nodes.signals IS 'By what it is seen: metrics away from what is usual for them, failures, findings of scans, predictions, events. NULL = by nothing.';

CREATE VIEW selfheal.causal_edges AS
	SELECT e.from_node, e.to_node, e.type, e.probability, e.strength, e.lag, e.observed_count
	FROM selfheal.read_causal_edges() AS e;

COMMENT ON VIEW selfheal.causal_edges IS 'The edges of the causal graph: what brings what about.';
COMMENT ON COLUMN selfheal.causal_edges.from_node IS 'The cause.';
COMMENT ON COLUMN selfheal.causal_edges.to_node IS 'Its effect.';
COMMENT ON COLUMN selfheal.causal_edges.type IS 'direct, contributing or correlation: weighs 1, 0.8 or 0.5.';
COMMENT ON COLUMN selfheal.causal_edges.probability IS 'That the cause brings the effect about, before that weight.';
COMMENT ON COLUMN selfheal.causal_edges.strength IS 'The probability times the weight of the type: what is computed with.';
COMMENT ON COLUMN selfheal.causal_edges.lag IS 'How long it typically takes.';
COMMENT ON COLUMN selfheal.causal_edges.observed_count IS 'How often it was seen to: as whoever changed the edge says, and as was learned from incidents.';

CREATE VIEW selfheal.causal_graph_changes AS
	SELECT n.id AS node, NULL AS to_node, n.removed, n.type, n.probability, n.changed_by, n.changed_at
	FROM selfheal.causal_node_change AS n
	UNION ALL
	SELECT e.from_node, e.to_node, e.removed, e.type, e.probability, e.changed_by, e.changed_at
	FROM selfheal.causal_edge_change AS e;

COMMENT ON VIEW selfheal.causal_graph_changes IS 'What users have changed of the causal graph that selfheal comes with.';
COMMENT ON COLUMN selfheal.causal_graph_changes.node IS 'The node, or where the edge begins.';
COMMENT ON COLUMN selfheal.causal_graph_changes.to_node IS 'Where the edge ends; NULL = it is about the node.';
COMMENT ON COLUMN selfheal.causal_graph_changes.removed IS 'Whether it was taken out, not put in or changed.';
COMMENT ON COLUMN selfheal.causal_graph_changes.type IS 'Type of the node or edge since.';
COMMENT ON COLUMN selfheal.causal_graph_changes.probability IS 'Its probability since.';
COMMENT ON COLUMN selfheal.causal_graph_changes.changed_by IS 'Who did.';
COMMENT ON COLUMN selfheal.causal_graph_changes.changed_at IS 'When.';

CREATE FUNCTION selfheal.read_causal_stats(
	OUT nodes integer,
	OUT edges integer,
	OUT changes_left_out integer,
	OUT problem text,
	OUT inferences bigint,
	OUT found bigint,
	OUT unsure bigint,
	OUT unknown bigint,
	OUT average_confidence double precision,
	OUT average_path_length double precision
) RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 1
	AS 'MODULE_PATHNAME', 'selfheal_read_causal_stats';

COMMENT ON FUNCTION selfheal.read_causal_stats() IS 'What selfheal.causal_stats shows.';

CREATE VIEW selfheal.causal_stats AS
	SELECT
		c.nodes,
		c.edges,
		c.changes_left_out,
		c.problem,
		c.inferences,
		c.found,
		c.unsure,
		c.unknown,
		c.average_confidence,
		c.average_path_length
	FROM selfheal.read_causal_stats() AS c;

COMMENT ON VIEW selfheal.causal_stats IS 'The causal graph in numbers, and how often causes were asked for since the server started.';
COMMENT ON COLUMN selfheal.causal_stats.nodes IS 'Nodes of the graph.';
COMMENT ON COLUMN selfheal.causal_stats.edges IS 'Edges of the graph.';
COMMENT ON COLUMN selfheal.causal_stats.changes_left_out IS 'Changes of users that do not fit: what they are about is gone, or they would close a cycle. The rest counts.';
COMMENT ON COLUMN selfheal.causal_stats.problem IS 'What is wrong with the first of these; NULL = there is none.';
COMMENT ON COLUMN selfheal.causal_stats.inferences IS 'How often a cause was asked for, by the engine or in SQL.';
COMMENT ON COLUMN selfheal.causal_stats.found IS 'How often one was found.';
COMMENT ON COLUMN selfheal.causal_stats.unsure IS 'How often one was likely, but less than min_confidence.';
COMMENT ON COLUMN selfheal.causal_stats.unknown IS 'How often nothing explained it.';
COMMENT ON COLUMN selfheal.causal_stats.average_confidence IS 'In causes that were found; NULL = none was.';
COMMENT ON COLUMN selfheal.causal_stats.average_path_length IS 'Edges from a cause that was found to its symptom; NULL = none was.';

-- Asking

CREATE FUNCTION selfheal.infer_root_cause(
	symptom text,
	min_confidence double precision DEFAULT 0.7,
	max_path_depth integer DEFAULT 5,
	min_edge_probability double precision DEFAULT 0.3,
	multi_hop boolean DEFAULT true,
	given jsonb DEFAULT NULL,
	observe boolean DEFAULT true,
	OUT rank integer,
	OUT cause text,
	OUT name text,
	OUT type text,
	OUT verdict text,
	OUT confidence double precision,
	OUT prior double precision,
	OUT together boolean,
	OUT path text[],
	OUT path_strength double precision,
	OUT path_lag interval,
	OUT evidence text
) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 5
	AS 'MODULE_PATHNAME', 'selfheal_infer_root_cause';

COMMENT ON FUNCTION selfheal.infer_root_cause(text, double precision, integer, double precision, boolean, jsonb, boolean) IS 'Where a symptom, a node of the causal graph taken to be active, comes from: the most probable causes, then how probable it is that nothing in the graph began it. verdict, in the first row: found, unsure (below min_confidence, but something was seen of it and its path is probable) or unknown. confidence is the probability that trouble began there, given all that is seen, computed exactly; together marks the most probable set of causes. The path is the explanation: of at most max_path_depth edges of at least min_edge_probability, or a single one without multi_hop; these limits take nothing out of the computation. given states nodes for certain, such as {"disk_full": true}; without observe nothing else counts, and the server is not looked at.';

CREATE FUNCTION selfheal.predict_cascade(
	cause text,
	given jsonb DEFAULT NULL,
	observe boolean DEFAULT true,
	OUT node text,
	OUT name text,
	OUT probability double precision,
	OUT after interval,
	OUT seen boolean
) RETURNS SETOF record
	LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 20
	AS 'MODULE_PATHNAME', 'selfheal_predict_cascade';

COMMENT ON FUNCTION selfheal.predict_cascade(text, jsonb, boolean) IS 'What follows when a node of the causal graph is active: all it leads to, the most probable first, with the typical time until then, and whether it is seen already. given and observe as in infer_root_cause().';

CREATE FUNCTION selfheal.causal_graph_dot(
	symptom text DEFAULT NULL,
	given jsonb DEFAULT NULL,
	observe boolean DEFAULT true
) RETURNS text
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_causal_graph_dot';

COMMENT ON FUNCTION selfheal.causal_graph_dot(text, jsonb, boolean) IS 'The causal graph as a picture for Graphviz: what may have brought a symptom about, with probabilities, what is seen, and the path that explains it drawn bold; without a symptom all of it.';

-- Changing

CREATE FUNCTION selfheal.add_causal_node(
	node text,
	name text DEFAULT NULL,
	type text DEFAULT 'component',
	probability double precision DEFAULT 0.01,
	origin boolean DEFAULT false,
	metric text DEFAULT NULL,
	direction text DEFAULT NULL
) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_add_causal_node';

COMMENT ON FUNCTION selfheal.add_causal_node(text, text, text, double precision, boolean, text, text) IS 'Adds a node to the causal graph: what can be the matter. probability: that it becomes active by itself when something is the matter. origin: trouble may begin here though it has causes; a node without causes always is one. metric and direction, high unless low is said: it is seen when that metric is away from what is usual for it; without, it is seen by nothing and only inferred.';

CREATE FUNCTION selfheal.update_causal_node(
	node text,
	name text DEFAULT NULL,
	type text DEFAULT NULL,
	probability double precision DEFAULT NULL,
	origin boolean DEFAULT NULL,
	metric text DEFAULT NULL,
	direction text DEFAULT NULL
) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_update_causal_node';

COMMENT ON FUNCTION selfheal.update_causal_node(text, text, text, double precision, boolean, text, text) IS 'Changes a node of the causal graph, also a shipped one; what is NULL stays as it is.';

CREATE FUNCTION selfheal.remove_causal_node(node text) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_remove_causal_node';

COMMENT ON FUNCTION selfheal.remove_causal_node(text) IS 'Takes a node out of the causal graph, with its edges.';

CREATE FUNCTION selfheal.add_causal_edge(
	from_node text,
	to_node text,
	probability double precision,
	type text DEFAULT 'direct',
	lag interval DEFAULT '10 seconds',
	observed_count bigint DEFAULT 0
) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_add_causal_edge';

COMMENT ON FUNCTION selfheal.add_causal_edge(text, text, double precision, text, interval, bigint) IS 'Adds an edge to the causal graph: from_node brings to_node about with this probability, times 1, 0.8 or 0.5 for a direct, contributing or correlation edge, typically after lag. An edge that would close a cycle is refused, and the cycle named.';

CREATE FUNCTION selfheal.update_causal_edge(
	from_node text,
	to_node text,
	probability double precision DEFAULT NULL,
	type text DEFAULT NULL,
	lag interval DEFAULT NULL,
	observed_count bigint DEFAULT NULL
) RETURNS void
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_update_causal_edge';

COMMENT ON FUNCTION selfheal.update_causal_edge(text, text, double precision, text, interval, bigint) IS 'Changes an edge of the causal graph, also a shipped one; what is NULL stays as it is.';

CREATE FUNCTION selfheal.remove_causal_edge(from_node text, to_node text) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_remove_causal_edge';

COMMENT ON FUNCTION selfheal.remove_causal_edge(text, text) IS 'Takes an edge out of the causal graph.';

CREATE FUNCTION selfheal.reset_causal_graph() RETURNS bigint
	LANGUAGE C VOLATILE PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'selfheal_reset_causal_graph';

COMMENT ON FUNCTION selfheal.reset_causal_graph() IS 'Takes back everything users have changed of the causal graph; returns how many changes that were.';

-- What came of it

CREATE TABLE selfheal.diagnosis (
	journal bigint NOT NULL,
	id bigint NOT NULL,
	at timestamptz NOT NULL,
	verdict text NOT NULL,
	symptom text,
	cause text,
	cause_name text,
	cause_type text,
	confidence double precision,
	path text,
	evidence text,
	others text,
	together text,
	unexplained double precision,
	by_graph double precision,
	recalled text,
	recalled_share double precision,
	PRIMARY KEY (journal, id)
);

COMMENT ON TABLE selfheal.diagnosis IS 'The last diagnosis of each failure, as the scribe wrote it down; read selfheal.diagnoses instead.';

CREATE TRIGGER skip_known BEFORE INSERT ON selfheal.diagnosis FOR EACH ROW EXECUTE FUNCTION selfheal.skip_known();

SELECT pg_extension_config_dump('selfheal.diagnosis', '');

CREATE FUNCTION selfheal.read_diagnoses(after bigint) RETURNS SETOF selfheal.diagnosis
	LANGUAGE C VOLATILE PARALLEL SAFE ROWS 20
	AS 'MODULE_PATHNAME', 'selfheal_read_diagnoses';

COMMENT ON FUNCTION selfheal.read_diagnoses(bigint) IS 'Diagnoses out of the journal after the given record.';

CREATE VIEW selfheal.diagnoses AS
	SELECT DISTINCT ON (d.journal, d.id)
		d.id AS failure,
		d.at,
		d.verdict,
		d.symptom,
		d.cause,
		d.cause_name,
		d.cause_type,
		d.confidence,
		d.path,
		d.evidence,
		d.others,
		d.together,
		d.unexplained,
		d.by_graph,
		d.recalled,
		d.recalled_share,
		d.journal
	FROM (
		SELECT t.* FROM selfheal.diagnosis AS t
		UNION ALL
		SELECT r.* FROM selfheal.read_diagnoses((SELECT m.record FROM selfheal.mirrored AS m)) AS r
	) AS d
	ORDER BY d.journal, d.id, d.at DESC;

COMMENT ON VIEW selfheal.diagnoses IS 'What each confirmed failure comes from, as it was seen last: looked at when it is confirmed, and again as long as it is open.';
COMMENT ON COLUMN selfheal.diagnoses.failure IS 'Number of the failure, as in selfheal.failures.';
COMMENT ON COLUMN selfheal.diagnoses.at IS 'When it was last told; a later look that said the same is not told again.';
COMMENT ON COLUMN selfheal.diagnoses.verdict IS 'found; unsure: the first cause is likely, but less than 0.7; something was seen of it, and its path is probable; unknown: nothing in the graph explains it; not computed: selfheal.events says why.';
COMMENT ON COLUMN selfheal.diagnoses.symptom IS 'The node of the causal graph that the failure shows; NULL = it was taken out.';
COMMENT ON COLUMN selfheal.diagnoses.cause IS 'The node where trouble most probably began.';
COMMENT ON COLUMN selfheal.diagnoses.cause_name IS 'The same for people.';
COMMENT ON COLUMN selfheal.diagnoses.cause_type IS 'component, resource, dependency, configuration or user_action.';
COMMENT ON COLUMN selfheal.diagnoses.confidence IS 'The probability of that, given all that was seen.';
COMMENT ON COLUMN selfheal.diagnoses.path IS 'How the one leads to the other; NULL = by no way worth telling.';
COMMENT ON COLUMN selfheal.diagnoses.evidence IS 'What was seen along that path.';
COMMENT ON COLUMN selfheal.diagnoses.others IS 'Other causes, with their probabilities.';
COMMENT ON COLUMN selfheal.diagnoses.together IS 'The most probable set of causes, up to three at once.';
COMMENT ON COLUMN selfheal.diagnoses.unexplained IS 'The probability that nothing in the graph began it.';
COMMENT ON COLUMN selfheal.diagnoses.by_graph IS 'The confidence by the causal graph alone, where earlier incidents gave a second opinion; NULL = none was like this one, or fewer than five of known cause are remembered.';
COMMENT ON COLUMN selfheal.diagnoses.recalled IS 'The cause that earlier incidents speak for most. It does not change the confidence in a cause that a proof names.';
COMMENT ON COLUMN selfheal.diagnoses.recalled_share IS 'How much of what had changed such incidents explain.';
COMMENT ON COLUMN selfheal.diagnoses.journal IS 'Which journal it was recorded in: on a standby, those of the primary come from its tables.';

-- As it was recorded: the names are those of today's graph, where it still has the nodes.
CREATE FUNCTION selfheal.causal_graph_dot(failure bigint) RETURNS text
	LANGUAGE plpgsql VOLATILE
	SET search_path = pg_catalog, pg_temp
	AS $$
DECLARE
	d record;
	path text[];
	others text[];
	nodes text[];
	lines text;
BEGIN
	IF failure IS NULL THEN
		RAISE EXCEPTION 'the failure must not be null' USING
			ERRCODE = 'null_value_not_allowed',
			HINT = 'selfheal.diagnoses lists those that have a diagnosis.';
	END IF;
	SELECT v.* INTO d FROM selfheal.diagnoses AS v WHERE v.failure = causal_graph_dot.failure ORDER BY v.at DESC LIMIT 1;
	IF NOT found THEN
		RAISE EXCEPTION 'there is no diagnosis of failure %', failure USING
			ERRCODE = 'undefined_object',
			DETAIL = 'A failure gets one when it is confirmed.',
			HINT = 'selfheal.diagnoses lists those that have one.';
	END IF;
	path := string_to_array(d.path, ' -> ');
	others := ARRAY(SELECT split_part(o, ' ', 1) FROM unnest(string_to_array(d.others, ', ')) AS o);
	nodes := ARRAY(SELECT DISTINCT n FROM unnest(path || others || d.cause || d.symptom) AS n WHERE n IS NOT NULL ORDER BY n);
	lines := format(E'digraph selfheal {\n\trankdir=LR;\n\tlabel="failure %s: %s%s";\n\tnode [shape=box, style="rounded,filled", fontname="sans"];\n',
		d.failure, d.verdict, '\nseen: ' || replace(replace(d.evidence, '\', '\\'), '"', '\"'));
	-- the darker the more probable; what lies between a cause and its symptom has no probability on record
	SELECT lines || coalesce(string_agg(format(E'\t"%s" [label="%s%s%s", fillcolor="0.08 %s 1.0"%s];\n', v.id, v.name,
		'\n' || round(100 * v.probability) || ' %', CASE WHEN v.id = d.symptom THEN '\nthe failure' END,
		to_char(0.8 * CASE WHEN v.id = d.symptom THEN 1 ELSE coalesce(v.probability, 0) END, 'FM0.00'),
		CASE WHEN v.id = ANY (path) THEN ', penwidth=3' END), '' ORDER BY v.id), '')
	INTO lines
	FROM (
		SELECT n.id, replace(replace(coalesce(c.name, n.id || ' (no longer in the graph)'), '\', '\\'), '"', '\"') AS name,
			CASE WHEN n.id = d.cause THEN d.confidence::numeric
				ELSE (SELECT split_part(o, ' ', 2)::numeric FROM unnest(string_to_array(d.others, ', ')) AS o WHERE split_part(o, ' ', 1) = n.id) END
				AS probability
		FROM unnest(nodes) AS n (id)
		LEFT JOIN selfheal.causal_nodes AS c ON c.id = n.id
	) AS v;
	-- the path that explains it, then what else the graph knows between these nodes, then causes that come another way
	SELECT lines || coalesce(string_agg(format(E'\t"%s" -> "%s" [%s];\n', v.from_node, v.to_node, v.style), '' ORDER BY v.kind, v.from_node, v.to_node), '')
	INTO lines
	FROM (
		SELECT 1 AS kind, path[i] AS from_node, path[i + 1] AS to_node, 'penwidth=3, color="firebrick"' AS style
		FROM generate_series(1, cardinality(path) - 1) AS i
		UNION ALL
		SELECT 2, e.from_node, e.to_node, 'style=dashed'
		FROM selfheal.causal_edges AS e
		WHERE e.from_node = ANY (nodes) AND e.to_node = ANY (nodes)
			AND NOT EXISTS (SELECT FROM generate_series(1, cardinality(path) - 1) AS i WHERE path[i] = e.from_node AND path[i + 1] = e.to_node)
		UNION ALL
		SELECT 3, o.id, d.symptom, 'style=dotted'
		FROM unnest(others) AS o (id)
		WHERE NOT EXISTS (SELECT FROM selfheal.causal_edges AS e WHERE e.from_node = o.id AND e.to_node = ANY (nodes))
	) AS v;
	RETURN lines || E'}\n';
END
$$;

COMMENT ON FUNCTION selfheal.causal_graph_dot(bigint) IS 'The last diagnosis of a failure as a picture for Graphviz: its causes with their probabilities, the path that explains it drawn bold, other edges between them dashed, and dotted what leads to the failure by nodes that are not drawn.';

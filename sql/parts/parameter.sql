-- Which settings selfheal may change. The list itself is in src/recover/parameter.c; grants.sql makes the
-- rights of the acting role of it.
CREATE FUNCTION selfheal.read_parameters(
	OUT parameter text,
	OUT places text,
	OUT minimum double precision,
	OUT maximum double precision,
	OUT choices text,
	OUT why text
) RETURNS SETOF record
	LANGUAGE C STABLE PARALLEL SAFE ROWS 80
	AS 'MODULE_PATHNAME', 'selfheal_read_parameters';

COMMENT ON FUNCTION selfheal.read_parameters() IS 'What selfheal.parameters is made of.';

CREATE VIEW selfheal.parameters AS
	SELECT p.parameter, p.places, p.minimum, p.maximum, s.unit, p.choices, p.why
	FROM selfheal.read_parameters() AS p
	LEFT JOIN pg_settings AS s ON s.name = p.parameter;

COMMENT ON VIEW selfheal.parameters IS 'The settings that selfheal may change, and within which bounds; it changes no other.';
COMMENT ON COLUMN selfheal.parameters.parameter IS 'Name of the setting, or of the storage option of a table.';
COMMENT ON COLUMN selfheal.parameters.places IS 'Where it may be changed: for the server, a database, a role, a table.';
COMMENT ON COLUMN selfheal.parameters.minimum IS 'Least value it is set to; NULL when it is set to words.';
COMMENT ON COLUMN selfheal.parameters.maximum IS 'Greatest value it is set to; NULL when it is set to words.';
COMMENT ON COLUMN selfheal.parameters.unit IS 'What minimum and maximum count, for the server; NULL for none, or when this server does not know the setting.';
COMMENT ON COLUMN selfheal.parameters.choices IS 'The words it is set to, with blanks between; NULL when it is a number.';
COMMENT ON COLUMN selfheal.parameters.why IS 'What may make it worth changing.';

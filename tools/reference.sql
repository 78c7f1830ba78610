-- Prints docs/reference.md; see tools/reference.
SET search_path = pg_catalog, pg_temp;

CREATE FUNCTION pg_temp.cell(content text) RETURNS text
	LANGUAGE sql IMMUTABLE
	RETURN coalesce(replace(replace(content, '|', '\|'), E'\n', ' '), '');

SELECT format(E'# Reference of selfheal %s\n\n'
	'Written by `make reference` from the catalog of a live server. Do not edit it: edit the comment or\n'
	'the description where the object is defined.\n', extversion)
FROM pg_extension
WHERE extname = 'selfheal';

\echo '## Settings'
\echo
\echo 'A reload is enough to change one, unless it says restart. `selfheal.settings` shows the values in use.'
\echo
\echo '| setting | default | allowed | meaning |'
\echo '| --- | --- | --- | --- |'
SELECT format('| `%s` | %s | %s | %s%s |',
	name,
	pg_temp.cell(CASE vartype WHEN 'string' THEN format('''%s''', boot_val) ELSE boot_val || coalesce(' ' || unit, '') END),
	pg_temp.cell(coalesce(array_to_string(enumvals, ', '), min_val || ' .. ' || max_val, CASE vartype WHEN 'bool' THEN 'on, off' ELSE 'text' END)),
	pg_temp.cell(short_desc),
	CASE context WHEN 'postmaster' THEN ' Restart.' ELSE '' END)
FROM pg_settings
WHERE name LIKE 'selfheal.%'
ORDER BY name COLLATE "C";

\echo
\echo '## Views and tables'
SELECT E'\n' || format(E'### selfheal.%s\n\n%s\n\n%s\n\n| column | type | |\n| --- | --- | --- |\n%s',
	c.relname,
	obj_description(c.oid, 'pg_class'),
	'Readable by: ' || coalesce((
		SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname)
		FROM pg_roles r
		WHERE r.rolname LIKE 'selfheal\_%' AND has_table_privilege(r.oid, c.oid, 'SELECT')),
		'superusers') || '.',
	string_agg(format('| %s | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod),
		pg_temp.cell(col_description(c.oid, a.attnum))), E'\n' ORDER BY a.attnum))
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'selfheal'::regnamespace AND c.relkind IN ('v', 'r')
GROUP BY c.oid, c.relname, c.relkind
ORDER BY c.relkind DESC, c.relname COLLATE "C";

\echo
\echo '## Functions'
SELECT E'\n' || format(E'### selfheal.%s\n\n%s\n\n```\nselfheal.%s(%s) returns %s\n```\n\n%s',
	p.proname,
	obj_description(p.oid, 'pg_proc'),
	p.proname,
	pg_get_function_arguments(p.oid),
	pg_get_function_result(p.oid),
	'Callable by: ' || coalesce((
		SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname)
		FROM pg_roles r
		WHERE r.rolname LIKE 'selfheal\_%' AND has_function_privilege(r.oid, p.oid, 'EXECUTE')),
		'superusers') || '.')
FROM pg_proc p
WHERE p.pronamespace = 'selfheal'::regnamespace
ORDER BY p.proname COLLATE "C", p.pronargs;

\echo
\echo '## Roles'
\echo
\echo '| role | |'
\echo '| --- | --- |'
SELECT format('| `%s` | %s |', rolname, pg_temp.cell(shobj_description(oid, 'pg_authid')))
FROM pg_roles
WHERE rolname LIKE 'selfheal\_%'
ORDER BY rolname COLLATE "C";

-- Roles: made once for the cluster, kept when the extension goes, never changed when they are there.
\set SHOW_CONTEXT never
-- The scribe would use the tables while they are dropped.
ALTER SYSTEM SET selfheal.enabled = off;
SELECT pg_reload_conf();

-- One that is there is left as it is, and the extension can be made again.
COMMENT ON ROLE selfheal_auditor IS 'mine';
ALTER ROLE selfheal_auditor CONNECTION LIMIT 7;
DROP EXTENSION selfheal;
SELECT rolname, rolcanlogin, rolsuper FROM pg_roles WHERE rolname LIKE 'selfheal%' ORDER BY rolname COLLATE "C";
CREATE EXTENSION selfheal;
SELECT rolconnlimit, shobj_description(oid, 'pg_authid') FROM pg_roles WHERE rolname = 'selfheal_auditor';
COMMENT ON ROLE selfheal_auditor IS 'selfheal: sees everything, changes nothing';
ALTER ROLE selfheal_auditor CONNECTION LIMIT -1;

-- One that is missing is made.
DROP EXTENSION selfheal;
DROP OWNED BY selfheal_developer;
DROP ROLE selfheal_developer;
CREATE EXTENSION selfheal;
SELECT count(*) FROM pg_roles WHERE rolname = 'selfheal_developer';

-- A superuser among them is refused.
DROP EXTENSION selfheal;
ALTER ROLE selfheal_operator SUPERUSER;
CREATE EXTENSION selfheal;
ALTER ROLE selfheal_operator NOSUPERUSER;

-- An acting role that cannot act is told about.
REVOKE pg_signal_backend FROM selfheal_executor;
CREATE EXTENSION selfheal;
GRANT pg_signal_backend TO selfheal_executor;

-- A schema that somebody else owns is not taken over.
DROP EXTENSION selfheal;
CREATE ROLE regress_squatter;
ALTER SCHEMA selfheal OWNER TO regress_squatter;
CREATE EXTENSION selfheal;
ALTER SCHEMA selfheal OWNER TO CURRENT_USER;
DROP ROLE regress_squatter;
CREATE EXTENSION selfheal;

ALTER SYSTEM RESET selfheal.enabled;
SELECT pg_reload_conf();

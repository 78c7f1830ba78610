-- Roles belong to the cluster: they outlive the extension, several databases share them, and one
-- that is already there is left as it is. None may log in; grant them to people who do.
DO $$
DECLARE
	role record;
	offender name;
	members text;
BEGIN
	FOR role IN
		SELECT *
		FROM (VALUES
			('selfheal_admin', 'selfheal: may use every view, function and setting of selfheal'),
			('selfheal_operator', 'selfheal: sees everything; approves, rejects, triggers, stops, pauses'),
			('selfheal_developer', 'selfheal: sees metrics and history'),
			('selfheal_auditor', 'selfheal: sees everything, changes nothing'),
			('selfheal_executor', 'selfheal: the role that acts; for nobody else')
		) AS wanted (name, meaning)
	LOOP
		BEGIN
			EXECUTE format('CREATE ROLE %I NOLOGIN', role.name);
			EXECUTE format('COMMENT ON ROLE %I IS %L', role.name, role.meaning);
			IF role.name = 'selfheal_executor' THEN
				GRANT pg_signal_backend TO selfheal_executor;
			END IF;
		EXCEPTION
			-- The second one: somebody creates it in another database at this moment.
			WHEN duplicate_object OR unique_violation THEN
				SELECT string_agg(quote_ident(m.rolname), ', ' ORDER BY m.rolname) INTO members
				FROM pg_auth_members a
				JOIN pg_roles r ON r.oid = a.roleid
				JOIN pg_roles m ON m.oid = a.member
				WHERE r.rolname = role.name;
				-- Whoever made it first may have let people in.
				IF members IS NOT NULL THEN
					RAISE NOTICE 'role "%" was there already, with members: %', role.name, members USING
						HINT = 'They may now use what selfheal grants to it; revoke it from those who should not.';
				END IF;
		END;
		SELECT r.rolname INTO offender
		FROM pg_roles r
		WHERE r.rolname = role.name AND r.rolsuper;
		IF found THEN
			RAISE EXCEPTION 'role "%" is a superuser', offender USING
				ERRCODE = 'object_not_in_prerequisite_state',
				DETAIL = 'What selfheal may do is limited by the rights of its roles; a superuser has no limits.',
				HINT = format('ALTER ROLE %I NOSUPERUSER, or rename it.', offender);
		END IF;
	END LOOP;

	IF NOT pg_has_role('selfheal_executor', 'pg_signal_backend', 'USAGE') THEN
		RAISE WARNING 'role "selfheal_executor" may not signal sessions' USING
			DETAIL = 'It was there before the extension and is left as it is, so no remedy can act.',
			HINT = 'GRANT pg_signal_backend TO selfheal_executor;';
	END IF;
END
$$;

# Sourced by test/faults/run: what a healthy server has to bear on a busy day, all at once.
# shellcheck shell=bash

healthy=$tree/build/faults/healthy.txt

# MINUTES. In full autonomy, with everything granted, and every other setting at its default.
run_healthy()
{
	local deadline acts confirmed high touched activities=()

	stage='running healthy hours'
	read_nothing
	start_round full <<-'END'
		max_connections = 100
		wal_level = replica
		selfheal.granted_remedies = 'rollback_prepared'
	END
	need='UPDATE hot SET n = n + 1 WHERE id = 1'
	start_load
	deadline=$(awk "BEGIN { printf \"%d\", $SECONDS + $1 * 60 }")
	for activity in pool burst batch migrate maintain analyse back_up deploy transact; do
		keep_doing "$activity" "$deadline" &
		activities+=("$!")
	done
	processes+=("${activities[@]}")
	wait "${activities[@]}" || true
	stop_load
	acts=$(ask "SELECT count(*) FROM selfheal.recoveries WHERE acted_at IS NOT NULL")
	confirmed=$(ask "SELECT count(*) FROM selfheal.failures WHERE confirmed_at IS NOT NULL")
	high=$(ask "SELECT count(*) FROM selfheal.anomalies WHERE severity IN ('high', 'critical')")
	touched=$(touched_sessions)
	{
		printf 'Healthy hours: %s minutes, %s transactions, %s rounds of everything else; ' \
			"$1" "$(ask 'SELECT count(*) FROM booking')" "$(wc -l <"$work/done")"
		printf '%s acts, %s failures confirmed, %s anomalies of high severity\n' "$acts" "$confirmed" "$high"
		sort "$work/done" | uniq -c | awk '{ printf "%s%s %s", (NR > 1 ? ", " : "  "), $2, $1 } END { print "" }'
		ask "SELECT format('  confirmed: %s, %s, %s', type, evidence, verdict) FROM selfheal.failures
			WHERE confirmed_at IS NOT NULL"
		ask "SELECT format('  anomaly: %s', description) FROM selfheal.anomalies
			WHERE severity IN ('high', 'critical')"
		[ -z "$touched" ] || echo "  WRONG: touched: $touched"
		[ "$acts" = 0 ] || echo '  WRONG: there was nothing to be done'
		did_all || echo '  WRONG: not everything was done'
	} >"$healthy"
	if grep -q WRONG "$healthy"; then
		wrong=$((wrong + 1))
		cp "$log" "${healthy%.txt}.log"
	fi
	end_round
}

# What one of these cannot do - a migration that gives up waiting for its lock - it does not do, but tries for another minute
# until it has done it once.
keep_doing()
{
	while [ "$SECONDS" -lt "$2" ] || { [ "$SECONDS" -lt $(($2 + 60)) ] && ! grep -qx "$1" "$work/done"; }; do
		if "$1" >>"$work/$1.out" 2>&1; then
			echo "$1" >>"$work/done"
		fi
	done
}

did_all()
{
	[ "$(sort -u "$work/done" | wc -l)" -eq 9 ]
}

as_app()
{
	local application=$1

	shift
	PGAPPNAME=$application "$bin/psql" -XqAt -U app -v ON_ERROR_STOP=1 "$@"
}

# Few sessions, many short transactions.
pool()
{
	PGAPPNAME=pool "$bin/pgbench" -n -U app -f "$work/plain.sql" -c 4 -T 10 -R 200
}

# Six times as many clients for a moment.
burst()
{
	PGAPPNAME=burst "$bin/pgbench" -n -U app -f "$work/plain.sql@9" -f "$work/needing.sql@1" -c 36 -j 2 -T 3 &&
		sleep 7
}

# Changes much, waits for an outside service for a second, goes on.
batch()
{
	as_app batch <<-'END' && sleep 3
		BEGIN;
		UPDATE big SET value = value + 1 WHERE id <= 20000;
		UPDATE hot SET n = n + 1 WHERE id <= 10;
		\! sleep 1
		UPDATE hot SET n = n + 1 WHERE id BETWEEN 11 AND 20;
		COMMIT;
	END
}

# As careful people do it: whatever takes an exclusive lock gives up soon, and an index that was
# not finished is dropped.
migrate()
{
	local patience="SET lock_timeout = '1s'"

	as_app migration -c "$patience" -c 'ALTER TABLE hot ADD COLUMN note text' &&
		as_app migration -c 'CREATE INDEX CONCURRENTLY big_value ON big (value)'
	as_app migration -c "$patience" -c 'DROP INDEX IF EXISTS big_value' \
		-c 'ALTER TABLE hot DROP COLUMN IF EXISTS note' && sleep 2
}

maintain()
{
	PGAPPNAME=maintenance "$bin/psql" -Xq -U postgres -v ON_ERROR_STOP=1 -c 'VACUUM ANALYZE hot' -c 'VACUUM ANALYZE big' \
		-c 'REINDEX INDEX CONCURRENTLY big_pkey' -c 'CHECKPOINT' && sleep 4
}

# Long ones, one after the other, holding a snapshot.
analyse()
{
	as_app report <<-'END'
		BEGIN ISOLATION LEVEL REPEATABLE READ;
		SELECT category, count(*), avg(value) FROM big GROUP BY category ORDER BY 3;
		SELECT count(*) FROM big AS a JOIN generate_series(1, 60) AS g ON a.value > g * random();
		SELECT count(*) FROM hot;
		SELECT pg_sleep(4);
		SELECT count(*) FROM hot;
		COMMIT;
	END
}

back_up()
{
	"$bin/pg_basebackup" -U postgres -D - -Ft -X none -c fast >/dev/null &&
		"$bin/pg_dump" -U postgres postgres >/dev/null && sleep 5
}

# Every client of an application leaves, and all are back at once.
deploy()
{
	PGAPPNAME=deploy "$bin/pgbench" -n -U app -C -f "$work/plain.sql" -c 20 -j 2 -t 3 && sleep 8
}

# A transaction manager at work: prepared, and finished soon.
transact()
{
	as_app manager <<-'END' && sleep 2
		BEGIN;
		UPDATE hot SET n = n + 1 WHERE id = 60;
		PREPARE TRANSACTION 'both sides';
		\! sleep 1
		COMMIT PREPARED 'both sides';
	END
}

# Sourced by test/faults/run: a cluster of its own for each round, and whoever works on it.
# shellcheck shell=bash

work=$tree/build/faults/round
template=$tree/build/faults/template
types=$tree/build/faults/types # of failures, as selfheal lists them
volume=/dev/shm/small # that can be filled up, if there is one
small=''  # what of the cluster is there
known=()  # applications that we start
held=()   # those of them that bring a fault about
load=''   # process of the application's load
where=primary # is asked, see ask()
users=2   # clients that connect, do one transaction, and leave

# Made once: every round starts from a copy, so no act counts against another's caps.
make_template()
{
	step 'making a cluster'
	export PGHOST=$TMPDIR PGDATABASE=postgres
	mkdir -p "$tree/build/faults"
	log=$tree/build/faults/template.log
	rm -rf "$template"
	"$bin/initdb" -N -D "$template" -A trust -U postgres --no-locale -E UTF8 >"$log" 2>&1
	cat >>"$template/postgresql.conf" <<-END
		listen_addresses = ''
		unix_socket_directories = '$TMPDIR'
		shared_buffers = 32MB
		max_connections = 60
		max_worker_processes = 16
		max_prepared_transactions = 10
		log_statement = all
		log_line_prefix = '%m [%p] <%b/%a> '
	END
	data=$template
	"$bin/pg_ctl" -w -s -D "$data" -l "$log" -o '-c shared_preload_libraries=selfheal' start
	"$bin/psql" -Xq -U postgres -v ON_ERROR_STOP=1 -f test/faults/lib/application.sql
	# What an act of selfheal leaves to be given back is no fault that anybody can bring about.
	"$bin/psql" -XqAt -U postgres -c "SELECT type FROM selfheal.failure_types WHERE type <> 'sync_degraded'" >"$types"
	"$bin/pg_ctl" -w -s -D "$data" -m fast stop
	# A copy would put aside a journal that is not its own.
	rm -f "$template"/selfheal.*
}

# MODE, and more settings on stdin. The whole campaign asks through one session, opened before
# anything breaks: later there may be no way in.
start_round()
{
	rm -rf "$work"
	mkdir -p "$work"
	cp -a "$template" "$work/data"
	data=$work/data log=$work/server.log
	place_data
	[ "$1" = off ] || printf "shared_preload_libraries = 'selfheal'\nselfheal.autonomy = %s\n" "$1" \
		>>"$data/postgresql.conf"
	cat >>"$data/postgresql.conf"
	"$bin/pg_ctl" -w -s -D "$data" -l "$log" start
	known=(campaign) held=()
	open_session primary
	exec 5<>"$work/primary.questions" 6<>"$work/primary.answers"
	[ "$1" = off ] || wait_for 20 is_true 'SELECT sampled_at IS NOT NULL FROM selfheal.read_engine()'
}

# SERVER [PORT]
open_session()
{
	mkfifo "$work/$1.questions" "$work/$1.answers"
	PGAPPNAME=campaign "$bin/psql" -XqAt -U postgres ${2:+-p "$2"} -f - \
		<>"$work/$1.questions" >"$work/$1.answers" 2>>"$work/errors" &
	processes+=("$!")
}

# What the fault wants on a volume that can be filled up: the WAL, or all but the WAL.
place_data()
{
	case $small in
	wal)
		mv "$data/pg_wal" "$volume/wal"
		ln -s "$volume/wal" "$data/pg_wal"
		;;
	data)
		mv "$data/pg_wal" "$work/wal"
		mv "$data" "$volume/data"
		data=$volume/data
		ln -s "$work/wal" "$data/pg_wal"
		;;
	esac
}

end_round()
{
	stop_standby
	end_processes "${processes[@]}"
	wait "${processes[@]}" 2>/dev/null || true
	processes=()
	exec 5>&- 6>&- 7>&- 8>&-
	"$bin/pg_ctl" -s -D "$data" -m immediate stop
	[ -z "$small" ] || rm -rf "${volume:?}"/*
}

# Where selfheal is watched; see open_session().
ask()
{
	if [ "$where" = standby ]; then
		ask_through 7 8 "$1"
	else
		ask_primary "$1"
	fi
}

ask_primary()
{
	ask_through 5 6 "$1"
}

# QUESTIONS ANSWERS STATEMENT
ask_through()
{
	local line

	printf '%s\n;\n\\echo :end:\n' "$3" >&"$1"
	while IFS= read -r -t 30 line <&"$2"; do
		[ "$line" != ':end:' ] || break
		printf '%s\n' "$line"
	done
	if [ "$line" = ':end:' ] && [ ! -s "$work/errors" ]; then
		return 0
	fi
	{
		echo "no answer to: $3"
		cat "$work/errors"
		: >"$work/errors"
	} >&2
	return 1
}

is_true()
{
	[ "$(ask "$1")" = t ]
}

# SECONDS COMMAND...
wait_for()
{
	local deadline=$((SECONDS + $1))

	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.1
	done
}

# Whoever works here

# APPLICATION [ROLE [SESSIONS]]: sessions that run the pgbench script on stdin once. They stay
# until the end of the round; the longest \sleep that pgbench knows is 2147 s.
hold()
{
	local application=$1 role=${2:-app} sessions=${3:-1} script

	script=$(mktemp "$work/script-XXXXXX")
	cat >"$script"
	known+=("$application") held+=("$application")
	PGAPPNAME=$application "$bin/pgbench" -n -U "$role" -c "$sessions" -t 1 -f "$script" \
		>>"$work/held.out" 2>&1 &
	processes+=("$!")
}

# APPLICATION ROLE, and a script on stdin: sessions until no more are let in, three at a time and
# then one by one. The users come and go, so a slot that one of them has is still to be taken.
fill_slots()
{
	local script left sessions wanted

	script=$(cat)
	while left=$(slots_left "$2") && [ "$left" -gt 0 ]; do
		sessions=$((left > 3 ? 3 : 1))
		wanted=$(($(sessions_of "$1") + sessions))
		hold "$1" "$2" "$sessions" <<<"$script"
		wait_for 1 has_sessions "$1" "$wanted" || true
	done
}

slots_left()
{
	ask "SELECT current_setting('max_connections')::integer - count(*)
			- CASE WHEN '$1' = 'postgres' THEN 0 ELSE current_setting('superuser_reserved_connections')::integer END
		FROM pg_stat_activity WHERE backend_type = 'client backend' AND application_name <> 'user'"
}

sessions_of()
{
	ask "SELECT count(*) FROM pg_stat_activity WHERE application_name = '$1'"
}

has_sessions()
{
	[ "$(sessions_of "$1")" -ge "$2" ]
}

# Six clients with a schedule of their own, whatever happens to them: one transaction in ten
# needs what the fault takes away. Each writes a row, so none that was acknowledged can get lost.
start_load()
{
	cat >"$work/plain.sql" <<-'END'
		\set id random(101, 10000)
		BEGIN;
		UPDATE hot SET n = n + 1 WHERE id = :id;
		INSERT INTO booking (client) VALUES (:client_id);
		COMMIT;
	END
	cat >"$work/needing.sql" <<-END
		BEGIN;
		$need;
		INSERT INTO booking (client) VALUES (:client_id);
		COMMIT;
	END
	known+=(shop user)
	PGAPPNAME=shop "$bin/pgbench" -n -U app -f "$work/plain.sql@9" -f "$work/needing.sql@1" \
		-c 6 -j 2 -R 60 -T 3600 -l --log-prefix="$work/load" >"$work/load.out" 2>&1 &
	load=$!
	processes+=("$load")
	start_users
}

start_users()
{
	local user

	for ((user = 1; user <= users; user++)); do
		be_user "$work/user.$user" &
		processes+=("$!")
	done
}

# One user's day: when each transaction began, when it ended, and how.
be_user()
{
	local begun result

	while :; do
		begun=$EPOCHREALTIME result=ok
		PGAPPNAME=user "$bin/psql" -XqAt -U app -v ON_ERROR_STOP=1 -c "$need" \
			>/dev/null 2>>"$1.errors" || result=error
		echo "$begun $EPOCHREALTIME $result" >>"$1"
		sleep 0.15
	done
}

# The alarm is how pgbench is told that its time is over.
stop_load()
{
	kill -ALRM "$load" 2>/dev/null || true
	wait "$load" || true
}

# What faults ask of the server, without asking selfheal

# Somebody waits for a lock that this application holds, or is queued up before.
blocks()
{
	is_true "SELECT EXISTS (
		SELECT FROM pg_stat_activity AS w
		JOIN pg_stat_activity AS b ON b.pid = ANY (pg_blocking_pids(w.pid))
		WHERE b.application_name = '$1' AND w.application_name IN ('shop', 'user', 'waiter'))"
}

prepared()
{
	is_true "SELECT EXISTS (SELECT FROM pg_prepared_xacts WHERE gid = '$1')"
}

# As selfheal has to name it.
name_prepared()
{
	ask "SELECT 'prepared transaction ' || transaction FROM pg_prepared_xacts WHERE gid = '$1'"
}

runs()
{
	is_true "SELECT EXISTS (SELECT FROM pg_stat_activity
		WHERE application_name = '$1' AND state = 'active')"
}

waits()
{
	is_true "SELECT EXISTS (SELECT FROM pg_stat_activity
		WHERE application_name = '$1' AND wait_event_type = 'Lock')"
}

# Every user's newest transaction ended well, soon and lately.
users_get_on()
{
	local user

	for ((user = 1; user <= users; user++)); do
		tail -n 1 "$work/user.$user" 2>/dev/null |
			awk -v now="$EPOCHREALTIME" -v slow="$slow" \
				'{ good = $3 == "ok" && $2 - $1 < slow && now - $2 < 3 } END { exit !good }' || return 1
	done
}

# After this no session of a fault is left, nor anything it prepared.
take_back()
{
	local list

	mend
	list=$(printf "'%s'," "${held[@]}" '')
	ask_primary "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE application_name IN ($list '') AND application_name <> ''" >/dev/null
	ask_primary "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts \\gexec" >/dev/null
}

# A standby of this name; "watched" when selfheal is to be there as well, and is what is asked.
start_standby()
{
	"$bin/pg_basebackup" -U postgres -D "$work/standby" -c fast >>"$work/standby.log" 2>&1
	# A copy would put aside a journal that is not its own.
	rm -f "$work"/standby/selfheal.*
	touch "$work/standby/standby.signal"
	cat >>"$work/standby/postgresql.conf" <<-END
		port = 5433
		primary_conninfo = 'host=$TMPDIR user=postgres application_name=$1'
	END
	[ "${2:-}" = watched ] || echo "shared_preload_libraries = ''" >>"$work/standby/postgresql.conf"
	known+=("$1")
	"$bin/pg_ctl" -w -s -D "$work/standby" -l "$work/standby.log" start
	[ "${2:-}" = watched ] || return 0
	open_session standby 5433
	exec 7<>"$work/standby.questions" 8<>"$work/standby.answers"
	where=standby log=$work/standby.log
}

# As it would die.
stop_standby()
{
	[ ! -e "$work/standby/postmaster.pid" ] || "$bin/pg_ctl" -s -D "$work/standby" -m immediate stop
}

# Sourced by the benchmarks: what each of them needs to run alone, or as a part of bench/run.
# shellcheck shell=bash
# shellcheck source=tools/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../tools/common.sh"

version=15
bin=$tree/build/server/usr/lib/postgresql/$version/bin
data='' log=''
stage=starting
processes=() # to be ended with us

# NAME [ARGUMENT...]: in a private copy of the tree, as a user that may run a server.
run_private()
{
	local name=$1

	shift
	private=$(make_private bench)
	trap 'end_jobs; remove_private "$private"' EXIT
	trap 'exit 130' INT TERM HUP
	run_job in_private "$private" "bench/$name" inside "$@"
}

begin()
{
	trap finish EXIT
	trap 'exit 130' INT TERM HUP
	mkdir -p build
}

finish()
{
	local status=$?

	trap '' INT TERM HUP
	if [ "$status" -ne 0 ] && [ "$status" -ne 130 ]; then
		echo "It failed while $stage." >&2
		[ ! -s "$log" ] || {
			echo "---- end of ${log##*/}" >&2
			tail -n 40 "$log" >&2
		}
	fi
	end_processes "${processes[@]}"
	[ -z "$data" ] || [ ! -e "$data/postmaster.pid" ] ||
		"$bin/pg_ctl" -s -D "$data" -m immediate stop || true
	exit "$status"
}

end_processes()
{
	local process

	for process in "$@"; do
		[ -z "$process" ] || kill "$process" 2>/dev/null || true
	done
}

step()
{
	stage=$1
	echo "$1 ..." >&2
}

# Once for all parts.
build()
{
	[ ! -x "$bin/postgres" ] || return 0
	step 'building'
	log=$tree/build/build.log
	tools/private-server "$tree/build/server" "$version" with_llvm=no >"$log" 2>&1
}

# NAME, with more settings on stdin. Sockets are in TMPDIR, and nowhere else.
start_server()
{
	step 'starting a server'
	data=$tree/build/$1.data log=$tree/build/$1.initdb.log
	export PGHOST=$TMPDIR PGDATABASE=postgres
	"$bin/initdb" -N -D "$data" -A trust -U postgres --no-locale -E UTF8 >"$log" 2>&1
	{
		printf "listen_addresses = ''\nunix_socket_directories = '%s'\n" "$TMPDIR"
		cat
	} >>"$data/postgresql.conf"
	log=$tree/build/$1.log
	"$bin/pg_ctl" -w -s -D "$data" -l "$log" start
}

# A role, and what psql takes. Prints bare values.
ask()
{
	local role=$1

	shift
	"$bin/psql" -XqAt -U "$role" -v ON_ERROR_STOP=1 "$@"
}

set_up()
{
	ask postgres -c "ALTER SYSTEM SET $1 = '$2'" -c 'SELECT pg_reload_conf()' >/dev/null
}

# Of the machine that all figures depend on.
print_machine()
{
	printf '\nselfheal %s, PostgreSQL %s, %s cores of %s, Linux %s, load %s\n' \
		"$(ask postgres -c 'SELECT selfheal.library_version()')" \
		"$(ask postgres -c 'SHOW server_version')" "$(nproc)" \
		"$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo)" "$(uname -r)" \
		"$(cut -d ' ' -f 1 /proc/loadavg)"
}

print_table()
{
	"$bin/psql" -Xq -U postgres -v ON_ERROR_STOP=1 -P footer=off -P border=2 -P pager=off -c "$1"
}

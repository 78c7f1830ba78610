# Sourced by the scripts beside it.
# shellcheck shell=bash

tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Everything but history and compiled files, so that a check neither sees what an earlier
# build left in the checkout nor leaves anything there.
copy_tree()
{
	tar -C "$tree" --exclude=./.git --exclude=./build --exclude='*.o' --exclude='*.bc' \
		--exclude='*.so' --exclude=./sql/selfheal--0.1.sql -cf - . | tar -C "$1" -xf -
}

# A new folder with a copy of the tree in tree/ and room for sockets in tmp/. Its name is
# short because a socket's path must fit 100 bytes. Prints it.
make_private()
{
	local private

	private=$(mktemp -d "/tmp/selfheal-$1-XXXXXX") &&
		chmod 755 "$private" &&
		mkdir "$private/tree" &&
		mkdir -m 1777 "$private/tmp" &&
		copy_tree "$private/tree" || return
	# The server refuses to run as root.
	[ "$(id -u)" -ne 0 ] || chown -R postgres: "$private" || return
	echo "$private"
}

# Runs a command in the copy of the tree, as user postgres if we are root, with a clean
# environment. Root also gets process, memory and mount namespaces where the machine
# allows: they end with the command, and no server or segment can outlive it.
in_private()
{
	local private=$1

	shift
	set -- env -i -C "$private/tree" PATH=/usr/local/bin:/usr/bin:/bin HOME="$private/tmp" \
		TMPDIR="$private/tmp" LANG=C.UTF-8 ${TERM:+"TERM=$TERM"} \
		${TESTS:+"TESTS=$TESTS"} ${JOBS:+"JOBS=$JOBS"} ${VERBOSE:+"VERBOSE=$VERBOSE"} \
		${MATRIX:+"MATRIX=$MATRIX"} SELFHEAL_COUNTS="$private/tmp/counts" "$@"
	if [ "$(id -u)" -ne 0 ]; then
		"$@"
	elif in_namespaces true 2>/dev/null; then
		in_namespaces runuser -u postgres -- "$@"
	else
		runuser -u postgres -- "$@"
	fi
}

# In /dev/shm/small is a volume that can be filled up.
# The shell stays as the first process of the namespace, because someone has to collect
# the servers that are orphaned when a test kills a postmaster: as zombies they would
# look alive to the next one.
in_namespaces()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare --mount --pid --ipc --fork --kill-child --mount-proc -- \
		bash -c 'mount -t tmpfs tmpfs /dev/shm && mkdir /dev/shm/small &&
			mount -t tmpfs -o size=240m,mode=1777 tmpfs /dev/shm/small && "$@"; exit $?' bash "$@"
}

# Without namespaces (not root), servers that a failed test left behind are found by their
# pid files. Immediate: a fast stop may hang when the server has just crashed.
remove_private()
{
	local private=$1 pidfile

	find "$private" -name postmaster.pid 2>/dev/null | while read -r pidfile; do
		kill -QUIT "$(head -n 1 "$pidfile")" 2>/dev/null || true
	done
	rm -rf "$private" 2>/dev/null || { sleep 1 && rm -rf "$private"; }
}

# Adds "passed failed skipped suite" to the file that tools/check sums up, or "unsteady suite"
# when it took a second try.
count()
{
	[ -z "${SELFHEAL_COUNTS:-}" ] || echo "$*" >>"$SELFHEAL_COUNTS"
}

heading()
{
	printf '\n== %s\n' "$*"
}

# Starts a command in a process group of its own; $! is its id. Nothing is read from the
# terminal, and what the terminal interrupts is us: see end_jobs.
start_job()
{
	set -m
	"$@" </dev/null &
	set +m
}

# Like the command alone, but a signal to us is acted on at once and not after it.
run_job()
{
	start_job "$@"
	wait "$!"
}

# For an EXIT trap: no job outlives the script. Asked first, because a job may have jobs.
end_jobs()
{
	local job patience=50

	for job in $(jobs -pr); do
		kill -TERM -- "-$job" 2>/dev/null || true
	done
	while [ -n "$(jobs -pr)" ] && [ "$patience" -gt 0 ]; do
		sleep 0.1
		patience=$((patience - 1))
	done
	for job in $(jobs -pr); do
		kill -KILL -- "-$job" 2>/dev/null || true
	done
}

/*
 * process_sql.c
 *		What each process of this server has used of the machine, read when asked.
 *
 * Who is asked for comes from the server, what it used from /proc. What cannot be read
 * there - another operating system, /proc hidden, a process that has just ended - is
 * NULL, never zero. A pid whose parent is not our postmaster is somebody else's by now.
 */
#include "postgres.h"

#include <math.h>
#include <unistd.h>

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "utils/backend_status.h"

#include "compat.h"
#include "db/directory.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "sample/osfile_pg.h"
#include "sample/procpid.h"

#define MOST_CHILDREN 10000

PG_FUNCTION_INFO_V1(selfheal_read_processes);

static const char *
text_of(int pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return heal_osfile_text(path);
}

static void
put_seconds(HealRow *row, double ticks)
{
	long per_second = sysconf(_SC_CLK_TCK);

	heal_row_float8(row, per_second > 0 ? ticks / per_second : NAN);
}

static void
put_count(HealRow *row, double value)
{
	if (isnan(value))
		heal_row_null(row);
	else
		heal_row_int8(row, (int64) value);
}

static bool
is_ours(int pid, const HealPidStat *stat)
{
	return pid == PostmasterPid || stat->parent == PostmasterPid;
}

static void
put_usage(HealRow *row, int pid)
{
	HealPidStat stat = heal_procpid_stat(text_of(pid, "stat"));
	HealPidMemory memory;
	HealPidIo io;
	char state[2] = {stat.state, '\0'};

	if (!is_ours(pid, &stat))
	{
		for (int i = 0; i < 9; i++)
			heal_row_null(row);
		return;
	}
	memory = heal_procpid_status(text_of(pid, "status"));
	io = heal_procpid_io(text_of(pid, "io"));
	heal_row_text(row, state);
	put_seconds(row, stat.user_ticks);
	put_seconds(row, stat.system_ticks);
	put_count(row, memory.resident);
	put_count(row, memory.private);
	put_count(row, memory.shared);
	put_count(row, memory.swapped);
	put_count(row, io.read);
	put_count(row, io.written);
}

/* A background worker says what it is; the others are of a kind. */
static const char *
type_of(const PgBackendStatus *status)
{
	const char *type = NULL;

	if (status->st_backendType == B_BG_WORKER)
		type = GetBackgroundWorkerTypeByPid(status->st_procpid);
	return type != NULL ? type : GetBackendTypeDesc(status->st_backendType);
}

static void
put_known(FunctionCallInfo fcinfo, const PgBackendStatus *status)
{
	const HealRole *role = heal_directory_role(status->st_userid);
	HealRow row = {0};

	heal_row_int4(&row, status->st_procpid);
	heal_row_text(&row, type_of(status));
	heal_row_text(&row, heal_directory_database(status->st_databaseid));
	heal_row_text(&row, role != NULL ? NameStr(role->name) : NULL);
	heal_row_text(&row, status->st_appname);
	heal_row_time(&row, status->st_proc_start_timestamp);
	put_usage(&row, status->st_procpid);
	heal_row_emit(fcinfo, &row);
}

static void
put_unknown(FunctionCallInfo fcinfo, int pid, const char *type)
{
	HealRow row = {0};

	heal_row_int4(&row, pid);
	heal_row_text(&row, type);
	for (int i = 0; i < 4; i++)
		heal_row_null(&row);
	put_usage(&row, pid);
	heal_row_emit(fcinfo, &row);
}

/* Children the statistics do not know: the logger, and sessions that are logging in. */
static int
list_children(int *children)
{
	char file[64];
	const char *text;
	int count = 0;

	snprintf(file, sizeof(file), "task/%d/children", PostmasterPid);
	text = text_of(PostmasterPid, file);
	while (count < MOST_CHILDREN)
	{
		char *end;
		long pid = strtol(text, &end, 10);

		if (end == text || pid <= 0)
			break;
		children[count++] = (int) pid;
		text = end;
	}
	return count;
}

static void
forget(int *children, int count, int pid)
{
	for (int i = 0; i < count; i++)
		if (children[i] == pid)
			children[i] = 0;
}

Datum
selfheal_read_processes(PG_FUNCTION_ARGS)
{
	int *children = palloc(sizeof(int) * MOST_CHILDREN);
	int count = list_children(children);
	int known;

	heal_shmem_require();
	heal_directory_refresh();
	InitMaterializedSRF(fcinfo, 0);
	put_unknown(fcinfo, PostmasterPid, "postmaster");
	pgstat_clear_backend_activity_snapshot();
	known = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= known; i++)
	{
		LocalPgBackendStatus *entry = pgstat_get_local_beentry_by_index(i);

		CHECK_FOR_INTERRUPTS();
		forget(children, count, entry->backendStatus.st_procpid);
		put_known(fcinfo, &entry->backendStatus);
	}
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (children[i] != 0)
			put_unknown(fcinfo, children[i], NULL);
	}
	return (Datum) 0;
}

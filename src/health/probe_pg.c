/*
 * probe_pg.c
 *		Proves that the home database works: a row is written, flushed and read back, and a block is got from its disk.
 *
 * That a process exists or answers proves nothing: it may do so on a full or broken disk. So the proof is a write. Its
 * commit is local: it proves the storage and the WAL of this server, and does not wait for a standby, whose loss is a failure of
 * its own (sync_standby_lost). The row is updated in place of the one before, which fills no new block; that the disk has
 * room for one is tried with a file. On a standby there is nothing but a read.
 *
 * What cannot be waited for with a time limit - a disk that hangs in a flush - is seen by the engine, which knows when
 * the probe began.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "common/file_perm.h"
#include "common/file_utils.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"

#include "db/clock.h"
#include "db/query.h"
#include "health/probe_area_pg.h"
#include "health/probe_pg.h"
#include "settings.h"
#include "version.h"

#define TABLE "selfheal.probe"
#define PAGES_AT_MOST 8 /* then it is emptied: old snapshots keep old rows */
#define LOCK_TIMEOUT_MS 1000

typedef struct Finding
{
	HealProbeResult result;
	int64 took;
	HealProbeTrouble trouble;
	char reason[HEAL_SENTENCE];
} Finding;

static bool read_only_by_default;
static volatile bool running;

static bool is_ready(Finding *finding);
static int64 read_number(void);
static void write_number(int64 number);
static void take_space(void);
static void say_why(Finding *finding);

void
heal_probe_prepare(void)
{
	read_only_by_default = DefaultXactReadOnly;
}

static void
leave(int code, Datum argument)
{
	if (running)
		heal_probe_note_end(HEAL_PROBE_FAILED, 0,
							"the scribe was ended while it wrote or read",
							HEAL_PROBE_TROUBLE_OTHER);
	running = false;
}

static void
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	enable_timeout_after(STATEMENT_TIMEOUT, heal_health_check_timeout);
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
end(void)
{
	SPI_finish();
	PopActiveSnapshot();
	disable_timeout(STATEMENT_TIMEOUT, false);
	CommitTransactionCommand();
}

static void
set_lock_timeout(int milliseconds)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", milliseconds);
	SetConfigOption("lock_timeout", text, PGC_USERSET, PGC_S_OVERRIDE);
}

static void
fail(Finding *finding, HealProbeResult result, const char *reason)
{
	finding->result = result;
	strlcpy(finding->reason, reason, sizeof(finding->reason));
}

/* The first transaction also fills the caches of a new process, which is no part of what is timed. */
static void
write_and_read(Finding *finding)
{
	int64 number;
	int64 begun;

	begin();
	if (!is_ready(finding))
	{
		end();
		return;
	}
	number = read_number() + 1;
	end();
	begun = heal_monotonic_us();
	begin();
	write_number(number);
	end();
	begin();
	if (read_number() != number)
		fail(finding, HEAL_PROBE_FAILED,
			 "what was written was not read back: another row came");
	take_space();
	end();
	finding->took = heal_monotonic_us() - begun;
}

static void
only_read(Finding *finding)
{
	int64 begun;

	finding->result = HEAL_PROBE_READ;
	begin();
	if (is_ready(finding))
		(void) read_number();
	end();
	if (finding->result != HEAL_PROBE_READ)
		return;
	begun = heal_monotonic_us();
	begin();
	(void) read_number();
	end();
	finding->took = heal_monotonic_us() - begun;
}

static void
clean_up(MemoryContext context)
{
	HOLD_INTERRUPTS();
	disable_all_timeouts(false);
	QueryCancelPending = false;
	MemoryContextSwitchTo(context);
	AbortOutOfAnyTransaction();
	FlushErrorState();
	RESUME_INTERRUPTS();
}

void
heal_probe_run(void)
{
	MemoryContext context = CurrentMemoryContext;
	static bool will_tell = false;
	Finding finding = {.result = HEAL_PROBE_WROTE};
	char lock_timeout[32];

	strlcpy(lock_timeout, GetConfigOption("lock_timeout", false, false),
			sizeof(lock_timeout));
	if (!will_tell)
		before_shmem_exit(leave, (Datum) 0);
	will_tell = running = true;
	heal_probe_note_begin();
	pgstat_report_activity(STATE_RUNNING, "selfheal: probing the database");
	PG_TRY();
	{
		/* the sooner of the two, as it says more */
		set_lock_timeout(Min(LOCK_TIMEOUT_MS, heal_health_check_timeout / 2));
		if (RecoveryInProgress())
			only_read(&finding);
		else
			write_and_read(&finding);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		say_why(&finding);
		clean_up(context);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	SetConfigOption("lock_timeout", lock_timeout, PGC_USERSET, PGC_S_OVERRIDE);
	running = false;
	heal_probe_note_end(finding.result, finding.took, finding.reason,
						finding.trouble);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* The words for an error that says too little by itself. */
static void
say_why(Finding *finding)
{
	ErrorData *error = CopyErrorData();

	finding->trouble = heal_probe_trouble(unpack_sql_state(error->sqlerrcode));
	finding->result = heal_probe_result_of(finding->trouble);
	if (finding->trouble == HEAL_PROBE_LOCKED)
		snprintf(finding->reason, sizeof(finding->reason),
				 "table " TABLE " is locked by somebody");
	else if (finding->trouble == HEAL_PROBE_TOO_LATE)
		snprintf(finding->reason, sizeof(finding->reason),
				 "it was cancelled, or took longer than %d ms",
				 heal_health_check_timeout);
	else
		strlcpy(finding->reason, error->message, sizeof(finding->reason));
	FreeErrorData(error);
}

/* False, with the reason, when what the probe needs is not there. */
static bool
is_ready(Finding *finding)
{
	char *version = heal_extension_version();
	Oid schema = get_namespace_oid("selfheal", true);

	if (version == NULL)
		fail(finding, HEAL_PROBE_IMPOSSIBLE,
			 "no probe: the extension is not in the home database");
	else if (strcmp(version, HEAL_VERSION) != 0)
		fail(finding, HEAL_PROBE_IMPOSSIBLE,
			 "no probe: the extension in the home database is of another "
			 "version than the library");
	else if (!OidIsValid(schema) ||
			 !OidIsValid(get_relname_relid("probe", schema)))
		fail(finding, HEAL_PROBE_IMPOSSIBLE,
			 "no probe: somebody dropped its table " TABLE
			 "; selfheal.diagnose() says how to make it again");
	else if (!RecoveryInProgress() && read_only_by_default)
	{
		finding->trouble = HEAL_PROBE_READ_ONLY;
		fail(finding, HEAL_PROBE_FAILED,
			 "sessions are read-only: default_transaction_read_only is on");
	}
	else
		return true;
	return false;
}

/* -1 when there is no row yet. */
static int64
read_number(void)
{
	return heal_query_int8("SELECT max(p.number) FROM " TABLE " p", 0, NULL,
						   NULL, -1);
}

static int64
size_of_table(void)
{
	return heal_query_int8("SELECT pg_relation_size('" TABLE "')", 0, NULL,
						   NULL, 0);
}

static void
write_number(int64 number)
{
	Oid types[] = {INT8OID};
	Datum values[] = {Int64GetDatum(number)};

	if (size_of_table() > PAGES_AT_MOST * BLCKSZ)
		heal_query("TRUNCATE " TABLE, 0, NULL, NULL);
	if (heal_query("UPDATE " TABLE
				   " SET number = $1, written_at = clock_timestamp()",
				   1, types, values) == 0)
		heal_query("INSERT INTO " TABLE " (number) VALUES ($1)", 1, types,
				   values);
}

/*
 * A new block from the disk of the data directory, given back at once. A file of our own and not one of the
 * server's temporary files: those are counted, and would look like a statement that spills. It lies where the server removes what
 * is left after a crash, and where no base backup copies it.
 */
static void
take_space(void)
{
	char path[MAXPGPATH];
	static char block[BLCKSZ];
	int file;

	snprintf(path, sizeof(path), "base/%s/%s%d.selfheal", PG_TEMP_FILES_DIR,
			 PG_TEMP_FILE_PREFIX, MyProcPid);
	file = OpenTransientFile(path, O_RDWR | O_CREAT | O_TRUNC | PG_BINARY);
	if (file < 0 && errno == ENOENT)
	{
		(void) MakePGDirectory("base/" PG_TEMP_FILES_DIR);
		file = OpenTransientFile(path, O_RDWR | O_CREAT | O_TRUNC | PG_BINARY);
	}
	if (file < 0)
		ereport(ERROR, errcode_for_file_access(),
				errmsg("no file can be made in the data directory: %m"));
	(void) unlink(path);
	memset(block, 1, sizeof(block));
	errno = 0;
	if (write(file, block, sizeof(block)) != sizeof(block))
	{
		if (errno == 0)
			errno = ENOSPC;
		ereport(ERROR, errcode_for_file_access(),
				errmsg("no block can be written in the data directory: %m"));
	}
	CloseTransientFile(file);
}

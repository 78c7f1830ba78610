/*
 * scanner_pg.c
 *		The worker that looks through the catalogs of one database: one pass, within its budget.
 *
 * It is in nobody's way: at most one at a time and for a tenth of the time, in short read-only
 * transactions that hold no lock on anything of the user's, and gone before a DROP DATABASE gives up
 * waiting for it. Its SQL runs as the acting role, which may read nothing that not everybody may read.
 *
 * A pass that fails somewhere goes on with fewer relations at once, and steps over the one that fails
 * alone, so that one broken table does not hide the others.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/clock.h"
#include "predict/predict_pg.h"
#include "recover/action_signal_pg.h"
#include "scan/ailment_pg.h"
#include "scan/catalog_pg.h"
#include "scan/scan_pg.h"
#include "scan/scanner_pg.h"
#include "settings.h"

#define WAIT_FOR_ROOM_MS 20
#define MOST_ERRORS 6 /* in a pass */
#define LEAST_TIME_MS \
	1000 /* for a batch, though the budget be nearly used up: a busy machine is no error */

typedef struct Pass
{
	HealScanCoverage coverage;
	Oid from; /* where it began */
	TimestampTz started;
	/* by the clock that nobody sets: a DROP DATABASE may be waiting */
	int64 began;
	int64 deadline;
	Oid trying_up_to; /* of the batch at work */
	int errors;
	char error_before
		[HEAL_SCAN_ERROR]; /* of the pass before, so as not to log it again */
	HealScanRecords records;
	MemoryContext context;
} Pass;

static void
start_worker(Oid database)
{
	static const struct
	{
		const char *name;
		const char *value;
	} settings[] = {
		{"search_path", "pg_catalog, pg_temp"},
		{"default_transaction_isolation", "read committed"},
		{"default_transaction_read_only", "on"},
		{"lock_timeout", "100ms"},
		/* each statement looks at a range through an index and is planned once */
		{"plan_cache_mode", "force_generic_plan"},
		{"enable_seqscan", "off"},
		{"jit", "off"},
		{"max_parallel_workers_per_gather", "0"},
		/* a snapshot of all statistics would cost as much as the database is large */
		{"stats_fetch_consistency", "cache"},
	};

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	heal_no_transaction_timeout();
	for (int i = 0; i < lengthof(settings); i++)
		SetConfigOption(settings[i].name, settings[i].value, PGC_SUSET,
						PGC_S_OVERRIDE);
}

static void
begin_transaction(Pass *pass, Oid *user, int *security)
{
	int64 left = (pass->deadline - heal_monotonic_us()) / HEAL_MILLISECOND;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	XactReadOnly = true;
	PushActiveSnapshot(GetTransactionSnapshot());
	/* the setting of this name counts for clients only */
	enable_timeout_after(STATEMENT_TIMEOUT, (int) Max(left, LEAST_TIME_MS));
	GetUserIdAndSecContext(user, security);
	heal_become_acting_role();
	SPI_connect();
}

static void
end_transaction(Oid user, int security)
{
	SPI_finish();
	SetUserIdAndSecContext(user, security);
	disable_timeout(STATEMENT_TIMEOUT, false);
	PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
wait_a_little(void)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 WAIT_FOR_ROOM_MS, PG_WAIT_EXTENSION);
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

static bool
time_left(const Pass *pass)
{
	return heal_monotonic_us() < pass->deadline;
}

/* False when the ring stayed full to the end. */
static bool
hand_over(Pass *pass)
{
	for (int i = 0; i < pass->records.count; i++)
	{
		heal_ailments_note(&pass->records.record[i]);
		heal_predict_note(&pass->records.record[i]);
		while (!heal_scan_push(&pass->records.record[i]))
		{
			if (!time_left(pass))
				return false;
			wait_a_little();
		}
	}
	return true;
}

/* Columns of tables analyzed after this are taken; 0 = of all tables. */
static TimestampTz
profile_since(const HealScanCoverage *coverage)
{
	return heal_coverage_profiles(coverage) ? 0 : coverage->before_started_at;
}

static void
do_batch(Pass *pass)
{
	HealScanCoverage *coverage = &pass->coverage;
	HealScanBatch batch;
	Oid user;
	int security;

	pass->records.count = 0;
	pass->trying_up_to = InvalidOid;
	begin_transaction(pass, &user, &security);
	if (coverage->position == InvalidOid)
		coverage->tables_total = heal_catalog_count_tables();
	batch = heal_catalog_batch(coverage->position, coverage->batch);
	pass->trying_up_to = batch.to;
	heal_catalog_read(&batch, profile_since(coverage), pass->started,
					  &pass->records);
	end_transaction(user, security);
	if (hand_over(pass))
		heal_coverage_advance(coverage, batch.to, batch.tables, batch.last,
							  GetCurrentTimestamp());
	else
		heal_coverage_shrink(coverage);
}

static void
note_error(Pass *pass)
{
	ErrorData *error;

	HOLD_INTERRUPTS();
	disable_timeout(STATEMENT_TIMEOUT, false);
	QueryCancelPending = false;
	MemoryContextSwitchTo(pass->context);
	error = CopyErrorData();
	strlcpy(pass->coverage.error, error->message, sizeof(pass->coverage.error));
	/* the same every few minutes would only fill the log */
	if (pass->errors++ == 0 &&
		strcmp(pass->coverage.error, pass->error_before) != 0)
		ereport(
			heal_log_at(HEAL_LOG_WARN),
			errmsg("selfheal: the scan of database \"%s\" met an error: %s",
				   pass->coverage.name, error->message),
			errdetail(
				"It goes on with what it can read; selfheal.scan_coverage tells what it stepped over."));
	AbortOutOfAnyTransaction();
	FlushErrorState();
	heal_coverage_fail(&pass->coverage, pass->trying_up_to);
	RESUME_INTERRUPTS();
}

/* What was found about a relation that is stepped over still holds. */
static void
note_skipped(Pass *pass)
{
	HealScanRecord *record = &pass->records.record[0];

	memset(record, 0, sizeof(*record));
	record->type = HEAL_SCAN_RECORD_UNSEEN;
	record->database = MyDatabaseId;
	record->at = pass->started;
	record->relation = pass->trying_up_to;
	pass->records.count = 1;
	(void) hand_over(pass);
}

static void
try_batch(Pass *pass)
{
	int64 skipped = pass->coverage.skipped;

	PG_TRY();
	{
		do_batch(pass);
	}
	PG_CATCH();
	{
		note_error(pass);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(pass->context);
	if (pass->coverage.skipped > skipped)
		note_skipped(pass);
}

static bool
goes_on(const Pass *pass)
{
	return pass->coverage.round_ended_at == 0 && pass->errors < MOST_ERRORS &&
		   time_left(pass);
}

static void
run_pass(Pass *pass)
{
	pgstat_report_activity(STATE_RUNNING, "selfheal: scanning the catalogs");
	do
		try_batch(pass);
	while (goes_on(pass));
	pass->coverage.passed_at = GetCurrentTimestamp();
	pass->coverage.pass_us = heal_monotonic_us() - pass->began;
	heal_scan_report(&pass->coverage, pass->from, pass->started);
}

static void
keep_error_before(Pass *pass)
{
	int count;
	HealScanCoverage *all = heal_scan_coverage_copy(&count);
	HealScanCoverage *known = heal_coverage_find(all, count, MyDatabaseId);

	if (known != NULL)
		strlcpy(pass->error_before, known->error, sizeof(pass->error_before));
	pfree(all);
}

void
heal_scanner_main(Datum argument)
{
	Pass pass = {.started = GetCurrentTimestamp(),
				 .began = heal_monotonic_us()};

	start_worker(DatumGetObjectId(argument));
	pass.context = AllocSetContextCreate(TopMemoryContext, "selfheal scanner",
										 ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(pass.context);
	pass.records.capacity = HEAL_SCAN_BATCH;
	pass.records.record =
		palloc(sizeof(HealScanRecord) * pass.records.capacity);
	pass.deadline = pass.began + heal_scan_budget * HEAL_MILLISECOND;
	keep_error_before(&pass);
	if (!heal_scan_enter(MyDatabaseId, MyBgworkerEntry->bgw_extra, pass.started,
						 &pass.coverage))
		proc_exit(0);
	pass.from = pass.coverage.position;
	run_pass(&pass);
	proc_exit(0);
}

/*
 * userworker_pg.c
 *		The processes that read what metrics and remedies users have, and that run the metrics.
 *
 * The reader visits the home database, on a standby as well. The runner visits the database of the
 * metrics that are due and is gone within HEAL_USER_STAY_LIMIT, or ended. What it runs is not
 * trusted: see userfunction_pg.c for whose rights it has. It cannot write, waits for no lock, is
 * stopped when it takes too long, and leaves nothing in the log; what went wrong with it is
 * in selfheal.user_metrics.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/query.h"
#include "recover/userremedy_pg.h"
#include "sample/userfunction_pg.h"
#include "sample/usermetric_pg.h"
#include "sample/userworker_pg.h"
#include "settings.h"
#include "version.h"

#define READ_LIMIT_MS 3000

static void
set_up(void)
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
		{"log_min_messages", "fatal"},
		{"log_min_error_statement", "panic"},
		{"jit", "off"},
		{"max_parallel_workers_per_gather", "0"},
	};

	for (int i = 0; i < lengthof(settings); i++)
		SetConfigOption(settings[i].name, settings[i].value, PGC_SUSET,
						PGC_S_OVERRIDE);
	heal_no_transaction_timeout();
}

static void
begin_transaction(int64 limit_ms)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	XactReadOnly = true;
	PushActiveSnapshot(GetTransactionSnapshot());
	/* the setting of this name counts for clients only */
	enable_timeout_after(STATEMENT_TIMEOUT, (int) limit_ms);
}

static void
end_transaction(void)
{
	disable_timeout(STATEMENT_TIMEOUT, false);
	PopActiveSnapshot();
	CommitTransactionCommand();
}

/* What went wrong, in memory of that context; the transaction is over. */
static ErrorData *
clean_up(MemoryContext context)
{
	ErrorData *error;

	HOLD_INTERRUPTS();
	disable_all_timeouts(false);
	QueryCancelPending = false;
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	AbortOutOfAnyTransaction();
	FlushErrorState();
	MemoryContextSwitchTo(context);
	RESUME_INTERRUPTS();
	return error;
}

/* The reader */

static void
text_column(char *to, HeapTuple tuple, int column)
{
	char *text = SPI_getvalue(tuple, SPI_tuptable->tupdesc, column);

	strlcpy(to, text ? text : "", HEAL_NAME_SIZE);
}

/* False = it would do no good; selfheal.user_metrics says that it waits. */
static bool
take_row(HeapTuple tuple, HealUserDefinition *definition)
{
	TupleDesc columns = SPI_tuptable->tupdesc;
	bool null;

	memset(definition, 0, sizeof(*definition));
	text_column(definition->name, tuple, 1);
	text_column(definition->schema, tuple, 2);
	text_column(definition->function, tuple, 3);
	text_column(definition->database, tuple, 4);
	text_column(definition->component, tuple, 5);
	text_column(definition->category, tuple, 6);
	text_column(definition->added_by, tuple, 7);
	definition->unit = heal_unit_lookup(SPI_getvalue(tuple, columns, 8));
	definition->bad =
		heal_bad_direction_lookup(SPI_getvalue(tuple, columns, 9));
	definition->interval =
		DatumGetInt64(SPI_getbinval(tuple, columns, 10, &null));
	definition->added_at =
		DatumGetTimestampTz(SPI_getbinval(tuple, columns, 11, &null));
	return heal_user_name_problem(definition->name) == NULL &&
		   heal_user_name_problem(definition->component) == NULL &&
		   heal_category_lookup(definition->category) != NULL &&
		   definition->unit >= 0 && definition->bad >= 0 &&
		   heal_user_interval_is_valid(definition->interval) &&
		   heal_metric_built_in(definition->name) < 0;
}

/* False = there is none. One of another version may mean another thing by the same table. */
static bool
extension_is_here(void)
{
	char *version = heal_query_text(
		"SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname = 'selfheal'",
		0, NULL, NULL);

	if (version != NULL && strcmp(version, HEAL_VERSION) != 0)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("the extension is of version %s, the library of %s",
					   version, HEAL_VERSION));
	return version != NULL;
}

static int
read_definitions(HealUserDefinition *definitions)
{
	int count = 0;

	heal_query(
		"SELECT m.name, m.schema_name, m.function_name, m.database_name, m.component, m.category, "
		"m.added_by, m.unit, m.bad_direction, "
		"(extract(epoch FROM m.every) * 1000000)::bigint, m.added_at "
		"FROM selfheal.user_metric m ORDER BY m.added_at, m.name",
		0, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed && count < HEAL_USER_METRICS; i++)
		if (take_row(SPI_tuptable->vals[i], &definitions[count]))
			count++;
	return count;
}

static void
start_worker(void)
{
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

void
heal_user_reader_main(Datum argument)
{
	uint64 changes = heal_user_changes();
	MemoryContext context;

	start_worker();
	BackgroundWorkerInitializeConnection(heal_database, NULL, 0);
	set_up();
	context = AllocSetContextCreate(TopMemoryContext, "selfheal metric reader",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		HealUserDefinition *definitions =
			palloc(sizeof(HealUserDefinition) * HEAL_USER_METRICS);
		HealUserRemedy *remedies =
			palloc0(sizeof(HealUserRemedy) * HEAL_USER_REMEDIES);
		int count = 0;

		begin_transaction(READ_LIMIT_MS);
		pgstat_report_activity(STATE_RUNNING,
							   "selfheal: reading what users have added");
		SPI_connect();
		if (extension_is_here())
		{
			count = read_definitions(definitions);
			heal_user_remedies_read(remedies);
		}
		SPI_finish();
		end_transaction();
		heal_user_definitions_publish(definitions, count, changes);
		heal_user_remedies_publish(remedies, changes);
	}
	PG_CATCH();
	{
		heal_user_definitions_unreadable(clean_up(context)->message);
	}
	PG_END_TRY();
	proc_exit(0);
}

/* The runner */

/* A fatal error comes this way; a crash does not, and the note of what ran stays. */
static void
forget_note(int code, Datum argument)
{
	heal_user_crash_note("");
}

/* False = it may not be run, and why is noted. */
static bool
find(const HealUserDefinition *metric, HealUserFunction *function)
{
	Oid added_by = get_role_oid(metric->added_by, true);

	if (OidIsValid(added_by))
		*function =
			heal_user_function_find(metric->schema, metric->function, added_by);
	else
		snprintf(function->problem, sizeof(function->problem),
				 "role %s, who added it, does not exist any more",
				 metric->added_by);
	return function->problem[0] == '\0';
}

static void
run(int slot, const HealUserDefinition *metric)
{
	HealUserFunction function = {0};
	double value = NAN;
	bool may_run;

	begin_transaction(HEAL_USER_RUN_LIMIT / HEAL_MILLISECOND);
	pgstat_report_activity(STATE_RUNNING, metric->name);
	may_run = find(metric, &function);
	if (may_run)
		value = heal_user_function_call(metric->schema, metric->function,
										function.owner);
	end_transaction();
	pgstat_report_activity(STATE_IDLE, NULL);
	if (may_run)
		heal_user_run_succeed(slot, metric, value);
	else
		heal_user_run_fail(slot, metric, function.problem, function.gone);
}

static void
try(int slot, const HealUserDefinition *metric, MemoryContext context)
{
	PG_TRY();
	{
		run(slot, metric);
	}
	PG_CATCH();
	{
		ErrorData *error = clean_up(context);
		char message[HEAL_USER_ERROR];

		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED)
			snprintf(message, sizeof(message), "it did not end within %d s",
					 (int) (HEAL_USER_RUN_LIMIT / HEAL_SECOND));
		else
			strlcpy(message, error->message, sizeof(message));
		heal_user_run_fail(slot, metric, message, false);
	}
	PG_END_TRY();
	heal_user_crash_note("");
	MemoryContextSwitchTo(context);
	MemoryContextReset(context);
}

void
heal_user_runner_main(Datum argument)
{
	TimestampTz deadline;
	MemoryContext context;
	HealUserDefinition metric;
	int slot;

	start_worker();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(argument),
											  InvalidOid, 0);
	before_shmem_exit(forget_note, (Datum) 0);
	set_up();
	context = AllocSetContextCreate(TopMemoryContext, "selfheal metric runner",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);
	/* none is begun that could not end before this process has to */
	deadline = GetCurrentTimestamp() + HEAL_USER_STAY_LIMIT -
			   HEAL_USER_RUN_LIMIT - HEAL_SECOND / 2;
	while (GetCurrentTimestamp() < deadline &&
		   (slot = heal_user_run_begin(MyBgworkerEntry->bgw_extra, &metric)) >=
			   0)
	{
		CHECK_FOR_INTERRUPTS();
		try(slot, &metric, context);
	}
	proc_exit(0);
}

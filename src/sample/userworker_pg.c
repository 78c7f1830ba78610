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

#include "cause/memorytable_pg.h"
#include "cause/model_pg.h"
#include "cause/modeltable_pg.h"
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

/* False = it would do no good; selfheal.user_metrics says that it waits. */
static bool
take_row(HeapTuple tuple, HealUserDefinition *definition)
{
	TupleDesc columns = SPI_tuptable->tupdesc;

	memset(definition, 0, sizeof(*definition));
	heal_column_text(definition->name, HEAL_NAME_SIZE, tuple, 1);
	heal_column_text(definition->schema, HEAL_NAME_SIZE, tuple, 2);
	heal_column_text(definition->function, HEAL_NAME_SIZE, tuple, 3);
	heal_column_text(definition->database, HEAL_NAME_SIZE, tuple, 4);
	heal_column_text(definition->component, HEAL_NAME_SIZE, tuple, 5);
	heal_column_text(definition->category, HEAL_NAME_SIZE, tuple, 6);
	heal_column_text(definition->added_by, HEAL_NAME_SIZE, tuple, 7);
	definition->unit = heal_unit_lookup(SPI_getvalue(tuple, columns, 8));
	definition->bad =
		heal_bad_direction_lookup(SPI_getvalue(tuple, columns, 9));
	definition->interval = heal_column_int8(tuple, 10);
	definition->added_at = heal_column_int8(tuple, 11);
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
	char *version = heal_extension_version();

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
begin_reading(void)
{
	begin_transaction(READ_LIMIT_MS);
	pgstat_report_activity(STATE_RUNNING,
						   "selfheal: reading what users have added");
	SPI_connect();
}

static void
end_reading(void)
{
	SPI_finish();
	end_transaction();
}

static void
start_worker(void)
{
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

static void
read_graph(uint64 changes)
{
	HealCausalModel *model = palloc(sizeof(HealCausalModel));
	char *problem;

	begin_reading();
	if (extension_is_here())
		(void) heal_model_read(model, &problem);
	else
		heal_model_default(model);
	end_reading();
	heal_model_publish(model, changes);
}

static void
read_incidents(uint64 changes)
{
	HealCauseMemory *memory = palloc0(sizeof(HealCauseMemory));

	begin_reading();
	heal_user_metrics_load();
	if (extension_is_here())
		heal_memory_read(memory);
	end_reading();
	heal_memory_publish(memory, changes);
}

static void
read_remedies(uint64 changes)
{
	HealUserRemedy *remedies =
		palloc0(sizeof(HealUserRemedy) * HEAL_USER_REMEDIES);

	begin_reading();
	if (extension_is_here())
		heal_user_remedies_read(remedies);
	end_reading();
	heal_user_remedies_publish(remedies, changes);
}

static void
read_metrics(uint64 changes)
{
	HealUserDefinition *definitions =
		palloc(sizeof(HealUserDefinition) * HEAL_USER_METRICS);
	int count = 0;

	begin_reading();
	if (extension_is_here())
		count = read_definitions(definitions);
	end_reading();
	heal_user_definitions_publish(definitions, count, changes);
}

/* Metrics last: with them it is told that all of it was read. */
static void (*const readers[HEAL_USER_PARTS])(uint64 changes) = {
	[HEAL_USER_PART_GRAPH] = read_graph,
	[HEAL_USER_PART_INCIDENTS] = read_incidents,
	[HEAL_USER_PART_REMEDIES] = read_remedies,
	[HEAL_USER_PART_METRICS] = read_metrics,
};

static void
log_from(const char *level)
{
	SetConfigOption("log_min_messages", level, PGC_SUSET, PGC_S_OVERRIDE);
}

static void
read_part(HealUserPart part, uint64 changes, MemoryContext context)
{
	PG_TRY();
	{
		readers[part](changes);
		heal_user_part_read(part, NULL);
	}
	PG_CATCH();
	{
		const char *error = clean_up(context)->message;

		/* what statements of users might say is not for the log, this is */
		log_from("warning");
		heal_user_part_read(part, error);
		log_from("fatal");
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	MemoryContextReset(context);
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
	for (int part = 0; part < HEAL_USER_PARTS; part++)
		read_part((HealUserPart) part, changes, context);
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

/*
 * mirror_pg.c
 *		The scribe's part of scanning: records -> tables.
 *
 * A batch is one transaction, acknowledged after its commit, and each row is written so that writing
 * it twice is as good as once. What a lock or a full disk keeps from being written waits in the ring,
 * and then the scanner waits. A record that is itself at fault is dropped, counted and said, and does
 * not hold up the others.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "db/query.h"
#include "db/rows.h"
#include "scan/mirror_pg.h"
#include "scan/scan_pg.h"
#include "settings.h"

#define BATCH 200
#define BATCH_MAY_TAKE_MS 10000

#define ARGUMENTS 24

typedef struct Arguments
{
	int count;
	Oid type[ARGUMENTS];
	Datum value[ARGUMENTS];
	char null[ARGUMENTS + 1];
} Arguments;

static void
add(Arguments *arguments, Oid type, Datum value, bool null)
{
	arguments->type[arguments->count] = type;
	arguments->value[arguments->count] = value;
	arguments->null[arguments->count] = null ? 'n' : ' ';
	arguments->count++;
}

static void
add_oid(Arguments *arguments, Oid value)
{
	add(arguments, OIDOID, ObjectIdGetDatum(value), false);
}

static void
add_int8(Arguments *arguments, int64 value)
{
	add(arguments, INT8OID, Int64GetDatum(value), false);
}

static void
add_float8(Arguments *arguments, double value)
{
	add(arguments, FLOAT8OID, Float8GetDatum(value), isnan(value));
}

static void
add_time(Arguments *arguments, TimestampTz value)
{
	add(arguments, TIMESTAMPTZOID, TimestampTzGetDatum(value), value == 0);
}

static void
add_text(Arguments *arguments, const char *value)
{
	bool null = value[0] == '\0';

	add(arguments, TEXTOID,
		null ? (Datum) 0 : CStringGetTextDatum(heal_text_clean(value)), null);
}

/* Planned once per process: there may be thousands of them. */
static uint64
run(SPIPlanPtr *plan, const char *sql, Arguments *arguments)
{
	int result;

	if (*plan == NULL)
	{
		*plan = SPI_prepare(sql, arguments->count, arguments->type);
		if (*plan == NULL || SPI_keepplan(*plan) != 0)
			elog(ERROR, "%s: %s", SPI_result_code_string(SPI_result), sql);
	}
	result =
		SPI_execute_plan(*plan, arguments->value, arguments->null, false, 0);
	if (result < 0)
		elog(ERROR, "%s: %s", SPI_result_code_string(result), sql);
	return SPI_processed;
}

/* One that was gone begins anew. */
static void
write_finding(const HealScanRecord *record, const HealScanResult *result)
{
	static SPIPlanPtr plan = NULL;
	Arguments arguments = {0};

	add_oid(&arguments, record->database);
	add_text(&arguments, heal_scan_kinds[result->kind].name);
	add_oid(&arguments, record->object);
	add(&arguments, INT4OID, Int32GetDatum(record->attribute), false);
	add_oid(&arguments, record->relation);
	add_text(&arguments, record->schema);
	add_text(&arguments, record->relation_name);
	add_text(&arguments, record->object_name);
	add_float8(&arguments, result->value);
	add_text(&arguments, result->detail);
	add_time(&arguments, record->at);
	run(&plan,
		"INSERT INTO selfheal.scan_finding AS f (database, kind, object, attribute, relation, schema_name,"
		" relation_name, object_name, value, detail, first_seen, last_seen)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)"
		" ON CONFLICT (database, kind, object, attribute) DO UPDATE SET relation = excluded.relation,"
		" schema_name = excluded.schema_name, relation_name = excluded.relation_name,"
		" object_name = excluded.object_name, detail = excluded.detail, value = excluded.value,"
		" previous_value = CASE WHEN f.last_seen < excluded.last_seen THEN f.value ELSE f.previous_value END,"
		" first_seen = CASE WHEN f.gone_at IS NULL THEN f.first_seen ELSE excluded.first_seen END,"
		" last_seen = excluded.last_seen, gone_at = NULL",
		&arguments);
}

/* Of one object, or of a relation and all that belongs to it. */
static void
keep_findings(const HealScanRecord *record)
{
	static SPIPlanPtr plan = NULL;
	Arguments arguments = {0};

	add_oid(&arguments, record->database);
	add_oid(&arguments, record->relation);
	add_oid(&arguments, record->object);
	add_time(&arguments, record->at);
	run(&plan,
		"UPDATE selfheal.scan_finding SET last_seen = $4"
		" WHERE database = $1 AND relation = $2 AND ($3 = 0 OR object = $3) AND gone_at IS NULL",
		&arguments);
}

/* Those of this pass's relations that it did not see again. */
static void
end_findings(const HealScanRecord *record)
{
	static SPIPlanPtr plan = NULL;
	Arguments arguments = {0};

	add_oid(&arguments, record->database);
	add_oid(&arguments, record->pass.from);
	add_oid(&arguments, record->pass.to);
	add_time(&arguments, record->at);
	run(&plan,
		"UPDATE selfheal.scan_finding SET gone_at = $4"
		" WHERE database = $1 AND relation > $2 AND relation <= $3 AND last_seen < $4 AND gone_at IS NULL"
		" AND attribute = 0",
		&arguments);
}

/* A column's findings hold from one ANALYZE to the next. */
static void
end_drift(const HealScanRecord *record)
{
	static SPIPlanPtr plan = NULL;
	Arguments arguments = {0};

	add_oid(&arguments, record->database);
	add_oid(&arguments, record->relation);
	add(&arguments, INT4OID, Int32GetDatum(record->attribute), false);
	add_time(&arguments, record->at);
	run(&plan,
		"UPDATE selfheal.scan_finding SET gone_at = $4"
		" WHERE database = $1 AND relation = $2 AND attribute = $3 AND last_seen < $4 AND gone_at IS NULL",
		&arguments);
}

static double
number_at(int column)
{
	bool null;
	Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc,
								column, &null);

	return null ? get_float8_nan() : DatumGetFloat8(value);
}

static bool
read_column_before(const HealScanRecord *record, HealColumnFacts *before)
{
	static SPIPlanPtr plan = NULL;
	Arguments arguments = {0};
	bool null;
	Datum at;

	add_oid(&arguments, record->database);
	add_oid(&arguments, record->relation);
	add(&arguments, INT4OID, Int32GetDatum(record->attribute), false);
	if (run(&plan,
			"SELECT c.rows, c.null_fraction, c.distinct_values, c.width, c.low, c.high, c.analyzed_at"
			" FROM selfheal.scan_column AS c WHERE c.database = $1 AND c.relation = $2 AND c.attribute = $3",
			&arguments) == 0)
		return false;
	before->rows = number_at(1);
	before->null_fraction = number_at(2);
	before->distinct = number_at(3);
	before->width = number_at(4);
	before->low = number_at(5);
	before->high = number_at(6);
	at = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 7, &null);
	before->analyzed_at = null ? 0 : DatumGetTimestampTz(at);
	return true;
}

static void
touch_column(const HealScanRecord *record)
{
	static SPIPlanPtr plan = NULL;
	Arguments arguments = {0};

	add_oid(&arguments, record->database);
	add_oid(&arguments, record->relation);
	add(&arguments, INT4OID, Int32GetDatum(record->attribute), false);
	add_text(&arguments, record->schema);
	add_text(&arguments, record->relation_name);
	add_text(&arguments, record->object_name);
	add_time(&arguments, record->at);
	run(&plan,
		"UPDATE selfheal.scan_column SET schema_name = $4, relation_name = $5, column_name = $6, seen_at = $7"
		" WHERE database = $1 AND relation = $2 AND attribute = $3",
		&arguments);
}

static void
write_column(const HealScanRecord *record, const HealColumnFacts *before)
{
	static SPIPlanPtr plan = NULL;
	const HealColumnFacts *column = &record->column;
	Arguments arguments = {0};

	add_oid(&arguments, record->database);
	add_oid(&arguments, record->relation);
	add(&arguments, INT4OID, Int32GetDatum(record->attribute), false);
	add_text(&arguments, record->schema);
	add_text(&arguments, record->relation_name);
	add_text(&arguments, record->object_name);
	add_float8(&arguments, column->rows);
	add_float8(&arguments, column->null_fraction);
	add_float8(&arguments, column->distinct);
	add_float8(&arguments, heal_scan_duplicate_share(column));
	add_float8(&arguments, column->width);
	add_float8(&arguments, column->low);
	add_float8(&arguments, column->high);
	add_float8(&arguments, before ? heal_scan_range_drift(before, column)
								  : get_float8_nan());
	add_time(&arguments, column->analyzed_at);
	add_time(&arguments, record->at);
	run(&plan,
		"INSERT INTO selfheal.scan_column AS c (database, relation, attribute, schema_name, relation_name,"
		" column_name, rows, null_fraction, distinct_values, duplicate_share, width, low, high, range_drift,"
		" analyzed_at, seen_at)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
		" ON CONFLICT (database, relation, attribute) DO UPDATE SET schema_name = excluded.schema_name,"
		" relation_name = excluded.relation_name, column_name = excluded.column_name, rows = excluded.rows,"
		" previous_null_fraction = c.null_fraction, null_fraction = excluded.null_fraction,"
		" previous_distinct_values = c.distinct_values, distinct_values = excluded.distinct_values,"
		" previous_duplicate_share = c.duplicate_share, duplicate_share = excluded.duplicate_share,"
		" previous_width = c.width, width = excluded.width, low = excluded.low, high = excluded.high,"
		" range_drift = excluded.range_drift, analyzed_at = excluded.analyzed_at, seen_at = excluded.seen_at",
		&arguments);
}

static void
mirror_column(const HealScanRecord *record)
{
	HealScanResult result[HEAL_SCAN_KINDS];
	HealColumnFacts before;
	int count;

	if (!read_column_before(record, &before))
	{
		write_column(record, NULL);
		return;
	}
	if (!heal_scan_column_is_newer(&before, &record->column))
	{
		touch_column(record);
		return;
	}
	count = heal_scan_column(&before, &record->column, result);
	for (int i = 0; i < count; i++)
	{
		HealScanRecord finding = *record;

		finding.object = record->relation;
		write_finding(&finding, &result[i]);
	}
	end_drift(record);
	write_column(record, &before);
}

static void
mirror_pass(const HealScanRecord *record)
{
	static SPIPlanPtr plan = NULL;
	const HealScanCoverage *coverage = &record->pass.coverage;
	Arguments arguments = {0};

	add_oid(&arguments, record->database);
	add_text(&arguments, coverage->name);
	add_int8(&arguments, coverage->tables);
	add_int8(&arguments, coverage->tables_total);
	add_int8(&arguments, coverage->skipped);
	add_int8(&arguments, coverage->rounds);
	add_int8(&arguments, coverage->passes);
	add_oid(&arguments, record->pass.from);
	add_time(&arguments, coverage->round_started_at);
	add_time(&arguments, coverage->round_ended_at);
	add_time(&arguments, coverage->passed_at);
	add_float8(&arguments, coverage->pass_us / 1000.0);
	add_text(&arguments, coverage->error);
	run(&plan,
		"INSERT INTO selfheal.scan_pass (database, name, tables_seen, tables_total, skipped, rounds, passes,"
		" resumed_at, round_started_at, round_ended_at, passed_at, duration_ms, error)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
		" ON CONFLICT (database) DO UPDATE SET name = excluded.name, tables_seen = excluded.tables_seen,"
		" tables_total = excluded.tables_total, skipped = excluded.skipped, rounds = excluded.rounds,"
		" passes = excluded.passes, resumed_at = excluded.resumed_at,"
		" round_started_at = excluded.round_started_at, round_ended_at = excluded.round_ended_at,"
		" passed_at = excluded.passed_at, duration_ms = excluded.duration_ms, error = excluded.error",
		&arguments);
	end_findings(record);
}

static void
mirror_record(const HealScanRecord *record)
{
	switch ((HealScanRecordType) record->type)
	{
		case HEAL_SCAN_RECORD_FINDING:
			write_finding(record, &record->finding);
			break;
		case HEAL_SCAN_RECORD_COLUMN:
			mirror_column(record);
			break;
		case HEAL_SCAN_RECORD_UNSEEN:
			keep_findings(record);
			break;
		case HEAL_SCAN_RECORD_PASS:
			mirror_pass(record);
			break;
	}
}

/* One transaction. */
static void
mirror_batch(const HealScanRecord *record, int count)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	enable_timeout_after(STATEMENT_TIMEOUT, BATCH_MAY_TAKE_MS);
	SPI_connect();
	PushActiveSnapshot(GetTransactionSnapshot());
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		mirror_record(&record[i]);
	}
	SPI_finish();
	PopActiveSnapshot();
	disable_timeout(STATEMENT_TIMEOUT, false);
	CommitTransactionCommand();
}

typedef struct Trouble
{
	int code; /* 0 = none */
	char message[HEAL_SCAN_ERROR];
} Trouble;

/* Code 0 when it was written; else the transaction is over. */
static Trouble
try_mirror(const HealScanRecord *record, int count)
{
	MemoryContext context = CurrentMemoryContext;
	Trouble trouble = {0};

	PG_TRY();
	{
		mirror_batch(record, count);
	}
	PG_CATCH();
	{
		ErrorData *data;

		HOLD_INTERRUPTS();
		disable_timeout(STATEMENT_TIMEOUT, false);
		QueryCancelPending = false;
		MemoryContextSwitchTo(context);
		data = CopyErrorData();
		trouble.code = data->sqlerrcode;
		strlcpy(trouble.message, data->message, sizeof(trouble.message));
		FreeErrorData(data);
		AbortOutOfAnyTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return trouble;
}

/* The record's own fault: it would be the same next time. A lock, a full disk, a shutdown is not. */
static bool
is_hopeless(const Trouble *trouble)
{
	int category = ERRCODE_TO_CATEGORY(trouble->code);

	return category == ERRCODE_DATA_EXCEPTION ||
		   category == ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION ||
		   category == ERRCODE_PROGRAM_LIMIT_EXCEEDED;
}

/* Together it failed, so each alone. Returns how many are done with, written or dropped. */
static int
mirror_singly(const HealScanRecord *record, int count, int *dropped,
			  Trouble *trouble)
{
	for (int i = 0; i < count; i++)
	{
		Trouble own = try_mirror(&record[i], 1);

		if (own.code == 0)
			continue;
		*trouble = own;
		if (!is_hopeless(&own))
			return i;
		(*dropped)++;
	}
	return count;
}

static void
tell(const Trouble *trouble)
{
	if (strcmp(heal_scan_state().last_error, trouble->message) != 0)
		ereport(heal_log_at(HEAL_LOG_WARN),
				errmsg("selfheal: results of a scan could not be written: %s",
					   trouble->message));
}

void
heal_scan_mirror(void)
{
	MemoryContext context = AllocSetContextCreate(
		TopMemoryContext, "selfheal scan records", ALLOCSET_DEFAULT_SIZES);
	MemoryContext before = MemoryContextSwitchTo(context);
	HealScanRecord *record = palloc(sizeof(HealScanRecord) * BATCH);
	int done;
	int count;

	do
	{
		int dropped = 0;
		Trouble trouble = {0};

		count = done = heal_scan_copy(record, BATCH);
		if (count == 0)
			break;
		trouble = try_mirror(record, count);
		if (trouble.code != 0)
		{
			tell(&trouble);
			done = mirror_singly(record, count, &dropped, &trouble);
		}
		heal_scan_set_written(done - dropped, dropped, trouble.message);
	} while (done == count);
	MemoryContextSwitchTo(before);
	MemoryContextDelete(context);
}

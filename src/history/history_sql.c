/*
 * history_sql.c
 *		What the journal holds and the tables do not have yet, in SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "history/journal_pg.h"
#include "history/ledger_pg.h"
#include "history/rows_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_events);
PG_FUNCTION_INFO_V1(selfheal_read_steps);
PG_FUNCTION_INFO_V1(selfheal_read_health_changes);
PG_FUNCTION_INFO_V1(selfheal_read_diagnoses);
PG_FUNCTION_INFO_V1(selfheal_read_false_positives);

typedef void (*Teller)(FunctionCallInfo fcinfo, uint64 sequence,
					   const HealRecordHeader *header, const void *payload);

/*
 * Walk what the ring still holds after the given position, which is what the tables say they have:
 * asking shared memory instead would show a record twice or not at all while the scribe commits.
 */
static void
walk(FunctionCallInfo fcinfo, Teller tell)
{
	unsigned char *page = palloc(HEAL_JOURNAL_PAGE);
	uint64 newest;
	uint64 position;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	if (!heal_ledger_ready(NULL))
		return;
	newest = heal_journal_sequence();
	position = PG_ARGISNULL(0) ? 0 : (uint64) Max(PG_GETARG_INT64(0), 0);
	if (newest > HEAL_JOURNAL_RECORDS)
		position = Max(position, newest - HEAL_JOURNAL_RECORDS);
	for (uint64 sequence = position + 1; sequence <= newest; sequence++)
	{
		HealRecordHeader header;
		const void *payload;

		CHECK_FOR_INTERRUPTS();
		if (heal_journal_read_record(sequence, page, &header, &payload))
			tell(fcinfo, sequence, &header, payload);
	}
}

static void
tell_event(FunctionCallInfo fcinfo, uint64 sequence,
		   const HealRecordHeader *header, const void *payload)
{
	HealRow row = {0};

	if (heal_event_row(&row, heal_journal_id(), sequence, header->at,
					   (HealRecordType) header->type, payload))
		heal_row_emit(fcinfo, &row);
}

static void
tell_step(FunctionCallInfo fcinfo, uint64 sequence,
		  const HealRecordHeader *header, const void *payload)
{
	HealRow row = {0};

	if (header->type != HEAL_RECORD_RECOVERY)
		return;
	heal_recovery_step_row(&row, heal_journal_id(), header->at, payload);
	heal_row_emit(fcinfo, &row);
}

static void
tell_health(FunctionCallInfo fcinfo, uint64 sequence,
			const HealRecordHeader *header, const void *payload)
{
	HealRow row = {0};

	if (header->type != HEAL_RECORD_HEALTH)
		return;
	heal_health_change_row(&row, heal_journal_id(), sequence, payload);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_health_changes(PG_FUNCTION_ARGS)
{
	walk(fcinfo, tell_health);
	return (Datum) 0;
}

static void
tell_diagnosis(FunctionCallInfo fcinfo, uint64 sequence,
			   const HealRecordHeader *header, const void *payload)
{
	HealRow row = {0};

	if (header->type != HEAL_RECORD_DIAGNOSIS)
		return;
	heal_diagnosis_row(&row, heal_journal_id(), payload);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_diagnoses(PG_FUNCTION_ARGS)
{
	walk(fcinfo, tell_diagnosis);
	return (Datum) 0;
}

static void
tell_false_positive(FunctionCallInfo fcinfo, uint64 sequence,
					const HealRecordHeader *header, const void *payload)
{
	HealRow row = {0};

	if (header->type != HEAL_RECORD_FALSE_POSITIVE)
		return;
	heal_false_positive_row(&row, payload);
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_events(PG_FUNCTION_ARGS)
{
	walk(fcinfo, tell_event);
	return (Datum) 0;
}

Datum
selfheal_read_steps(PG_FUNCTION_ARGS)
{
	walk(fcinfo, tell_step);
	return (Datum) 0;
}

Datum
selfheal_read_false_positives(PG_FUNCTION_ARGS)
{
	walk(fcinfo, tell_false_positive);
	return (Datum) 0;
}

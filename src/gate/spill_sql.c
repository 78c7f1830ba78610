/*
 * spill_sql.c
 *		Statements that spilled to temporary files, as SQL rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "gate/spill_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_spills);

static void
emit(FunctionCallInfo fcinfo, const HealSpillRow *spills, HealTime now)
{
	HealSpiller lately = {0};
	HealTime newest = heal_spill_newest(spills);
	HealRow row = {0};

	heal_spiller_add(&lately, spills, now);
	heal_row_oid(&row, spills->role);
	heal_row_oid(&row, spills->database);
	heal_row_int8(&row, (int64) spills->statements);
	heal_row_int8(&row, (int64) spills->bytes);
	heal_row_float8(&row, lately.rate);
	heal_row_float8(&row, lately.at_once);
	heal_row_time(&row, newest);
	heal_row_int8_or_null(&row, (int64) spills->work_mem);
	heal_row_emit(fcinfo, &row);
}

/* read_spills() -> one row per role and database that has spilled */
Datum
selfheal_read_spills(PG_FUNCTION_ARGS)
{
	HealSpillRow *spills;
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	spills = palloc(sizeof(HealSpillRow) * HEAL_SPILL_ROWS);
	count = heal_spill_copy(spills);
	for (int i = 0; i < count; i++)
		emit(fcinfo, &spills[i], GetCurrentTimestamp());
	return (Datum) 0;
}

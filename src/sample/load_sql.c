/*
 * load_sql.c
 *		Whose statements take the time, as SQL rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "db/rows.h"
#include "db/shmem.h"
#include "sample/load_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_load);

static void
emit(FunctionCallInfo fcinfo, HealLoadKind kind, const HealLoadShare *share)
{
	HealRow row = {0};

	heal_row_text(&row, heal_load_kind_name(kind));
	heal_row_int8_or_null(&row, (int64) share->id);
	heal_row_text(&row, share->application);
	heal_row_float8(&row, (double) share->busy / HEAL_SECOND);
	heal_row_float8(&row, (double) share->waiting / HEAL_SECOND);
	heal_row_float8(&row, share->share);
	heal_row_emit(fcinfo, &row);
}

/* read_load(seconds) -> one row for each role, database, application and query met */
Datum
selfheal_read_load(PG_FUNCTION_ARGS)
{
	double seconds = PG_GETARG_FLOAT8(0);
	HealLoadShare *share;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	if (!(seconds > 0 && seconds <= 86400))
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("there are shares of the last second to the last day"));
	share = palloc(sizeof(HealLoadShare) * HEAL_LOAD_LOOKS);
	for (int kind = 0; kind < HEAL_LOAD_KINDS; kind++)
	{
		int count =
			heal_load_copy(kind, (HealTime) (seconds * HEAL_SECOND), share);

		for (int i = 0; i < count; i++)
			emit(fcinfo, kind, &share[i]);
	}
	return (Datum) 0;
}

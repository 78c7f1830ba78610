/*
 * scan_sql.c
 *		The catalogue of scan findings and the state of the scanner as SQL rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "scan/scan_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_scan_kinds);
PG_FUNCTION_INFO_V1(selfheal_read_scanner);

/* read_scan_kinds() -> one row per kind */
Datum
selfheal_read_scan_kinds(PG_FUNCTION_ARGS)
{
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < HEAL_SCAN_KINDS; i++)
	{
		HealRow row = {0};

		heal_row_text(&row, heal_scan_kinds[i].name);
		heal_row_text(&row, heal_scan_kinds[i].unit);
		heal_row_text(&row, heal_scan_kinds[i].category);
		heal_row_float8(&row, heal_scan_kinds[i].least);
		heal_row_text(&row, heal_scan_kinds[i].meaning);
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

/* read_scanner() -> one row */
Datum
selfheal_read_scanner(PG_FUNCTION_ARGS)
{
	HealScanState state;
	HealRow row = {0};

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	state = heal_scan_state();
	heal_row_int8_or_null(&row, state.pid);
	heal_row_int8_or_null(&row, state.pid != 0 ? state.database : InvalidOid);
	heal_row_int8(&row, state.pushed - state.written);
	heal_row_int8(&row, state.written - state.dropped);
	heal_row_int8(&row, state.dropped);
	heal_row_text(&row, state.last_error);
	heal_row_emit(fcinfo, &row);
	return (Datum) 0;
}

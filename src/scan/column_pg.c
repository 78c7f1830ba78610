/*
 * column_pg.c
 *		What the server's statistics say about the columns of a table.
 *
 * From pg_statistic itself, whose view shows each role only its own tables.
 */
#include "postgres.h"

#include <math.h>

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "scan/column_pg.h"

/* Of types that are numbers inside; NaN for the others. */
static double
as_number(Oid type, Datum value)
{
	switch (type)
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		case INT8OID:
			return (double) DatumGetInt64(value);
		case FLOAT4OID:
			return DatumGetFloat4(value);
		case FLOAT8OID:
			return DatumGetFloat8(value);
		case NUMERICOID:
			return DatumGetFloat8(
				DirectFunctionCall1(numeric_float8_no_overflow, value));
		case DATEOID:
			return DATE_NOT_FINITE(DatumGetDateADT(value))
					   ? get_float8_nan()
					   : DatumGetDateADT(value);
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value))
					   ? get_float8_nan()
					   : (double) DatumGetTimestamp(value);
		default:
			return get_float8_nan();
	}
}

static bool
is_number(Oid type)
{
	return type == INT2OID || type == INT4OID || type == INT8OID ||
		   type == FLOAT4OID || type == FLOAT8OID || type == NUMERICOID ||
		   type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

static void
read_range(HeapTuple statistics, HealColumnFacts *facts)
{
	AttStatsSlot slot;

	if (!get_attstatsslot(&slot, statistics, STATISTIC_KIND_HISTOGRAM,
						  InvalidOid, ATTSTATSSLOT_VALUES))
		return;
	if (slot.nvalues > 0)
	{
		facts->low = as_number(slot.valuetype, slot.values[0]);
		facts->high = as_number(slot.valuetype, slot.values[slot.nvalues - 1]);
		if (isinf(facts->low) || isinf(facts->high))
			facts->low = facts->high = get_float8_nan();
	}
	free_attstatsslot(&slot);
}

/* False when the column is gone. */
static bool
read_column(HeapTuple statistics, HealScanRecord *record)
{
	Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(statistics);
	HeapTuple attribute =
		SearchSysCache2(ATTNUM, ObjectIdGetDatum(form->starelid),
						Int16GetDatum(form->staattnum));
	HealColumnFacts *facts = &record->column;
	Oid type;

	if (!HeapTupleIsValid(attribute))
		return false;
	type = ((Form_pg_attribute) GETSTRUCT(attribute))->atttypid;
	strlcpy(record->object_name,
			NameStr(((Form_pg_attribute) GETSTRUCT(attribute))->attname),
			HEAL_NAME_SIZE);
	ReleaseSysCache(attribute);
	record->type = HEAL_SCAN_RECORD_COLUMN;
	record->attribute = form->staattnum;
	facts->null_fraction = form->stanullfrac;
	facts->distinct = form->stadistinct;
	facts->width = form->stawidth;
	facts->low = facts->high = get_float8_nan();
	if (is_number(type))
		read_range(statistics, facts);
	return true;
}

void
heal_read_columns(HealTableFacts *table, const HealScanRecord *about,
				  int columns, bool wanted, HealScanRecords *records)
{
	Relation catalog = table_open(StatisticRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple statistics;
	double width = 0;

	ScanKeyInit(&key, Anum_pg_statistic_starelid, BTEqualStrategyNumber,
				F_OIDEQ, ObjectIdGetDatum(about->relation));
	scan = systable_beginscan(catalog, StatisticRelidAttnumInhIndexId, true,
							  NULL, 1, &key);
	while ((statistics = systable_getnext(scan)) != NULL)
	{
		Form_pg_statistic form = (Form_pg_statistic) GETSTRUCT(statistics);
		HealScanRecord record = *about;

		CHECK_FOR_INTERRUPTS();
		if (form->stainherit)
			continue;
		table->columns++;
		width += (1 - form->stanullfrac) * form->stawidth;
		record.column.rows = table->rows;
		record.column.analyzed_at = table->analyzed_at;
		if (wanted && read_column(statistics, &record))
			heal_scan_add(records, &record);
	}
	systable_endscan(scan);
	table_close(catalog, AccessShareLock);
	/* a column without statistics could be of any width; dropped ones have none and do not count */
	if (table->columns > 0 && table->columns >= columns)
		table->row_width = width;
}

int
heal_living_columns(Oid relation, int all)
{
	int living = 0;

	for (int number = 1; number <= all; number++)
	{
		HeapTuple attribute = SearchSysCacheAttNum(relation, number);

		if (!HeapTupleIsValid(attribute))
			continue;
		living++;
		ReleaseSysCache(attribute);
	}
	return living;
}

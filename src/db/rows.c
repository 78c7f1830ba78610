/*
 * rows.c
 *		C values -> SQL rows, one column after the other.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "db/rows.h"

static void
add(HealRow *row, Datum value, bool null)
{
	if (row->count >= HEAL_MAX_COLUMNS)
		elog(ERROR, "row has too many columns");
	row->value[row->count] = value;
	row->null[row->count] = null;
	row->count++;
}

void
heal_row_null(HealRow *row)
{
	add(row, (Datum) 0, true);
}

void
heal_row_int4(HealRow *row, int32 value)
{
	add(row, Int32GetDatum(value), false);
}

void
heal_row_int4_or_null(HealRow *row, int32 value)
{
	add(row, Int32GetDatum(value), value == 0);
}

void
heal_row_int8(HealRow *row, int64 value)
{
	add(row, Int64GetDatum(value), false);
}

void
heal_row_int8_or_null(HealRow *row, int64 value)
{
	add(row, Int64GetDatum(value), value == 0);
}

void
heal_row_oid(HealRow *row, Oid value)
{
	add(row, ObjectIdGetDatum(value), !OidIsValid(value));
}

void
heal_row_float8(HealRow *row, double value)
{
	add(row, Float8GetDatum(value), isnan(value));
}

void
heal_row_bool(HealRow *row, bool value)
{
	add(row, BoolGetDatum(value), false);
}

void
heal_row_time(HealRow *row, HealTime value)
{
	add(row, TimestampTzGetDatum(value), value == 0);
}

void
heal_row_interval(HealRow *row, HealTime microseconds)
{
	Interval *interval = palloc0(sizeof(Interval));

	interval->time = microseconds;
	add(row, IntervalPGetDatum(interval), false);
}

char *
heal_text_clean(const char *value)
{
	char *clean = pstrdup(value);
	int length = strlen(clean);
	int valid = pg_encoding_verifymbstr(GetDatabaseEncoding(), clean, length);

	/* what was cut to fit may end in the middle of a character */
	if (length - valid < MAX_MULTIBYTE_CHAR_LEN)
	{
		clean[valid] = '\0';
		return clean;
	}
	for (char *c = clean; *c; c++)
		if (IS_HIGHBIT_SET(*c))
			*c = '?';
	return clean;
}

void
heal_row_text(HealRow *row, const char *value)
{
	if (value == NULL || value[0] == '\0')
		heal_row_null(row);
	else
		add(row, CStringGetTextDatum(heal_text_clean(value)), false);
}

void
heal_row_string(HealRow *row, const char *value)
{
	if (value == NULL)
		heal_row_null(row);
	else
		add(row, CStringGetTextDatum(heal_text_clean(value)), false);
}

void
heal_row_jsonb(HealRow *row, char *json)
{
	add(row, DirectFunctionCall1(jsonb_in, CStringGetDatum(json)), false);
}

HeapTuple
heal_row_tuple(const HealRow *row, TupleDesc descriptor)
{
	if (row->count != descriptor->natts)
		elog(ERROR, "row has %d columns where %d are expected", row->count,
			 descriptor->natts);
	return heap_form_tuple(descriptor, (Datum *) row->value,
						   (bool *) row->null);
}

void
heal_row_emit(FunctionCallInfo fcinfo, HealRow *row)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	if (row->count != result->setDesc->natts)
		elog(ERROR, "row has %d columns where %d are expected", row->count,
			 result->setDesc->natts);
	tuplestore_putvalues(result->setResult, result->setDesc, row->value,
						 row->null);
	row->count = 0;
}

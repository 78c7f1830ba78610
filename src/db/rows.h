/*
 * rows.h
 *		C values -> SQL rows, one column after the other.
 */
#ifndef HEAL_ROWS_H
#define HEAL_ROWS_H

#include "postgres.h"

#include "access/htup.h"
#include "access/tupdesc.h"
#include "fmgr.h"

#include "base/types.h"

#define HEAL_MAX_COLUMNS 48

typedef struct HealRow
{
	int count;
	Datum value[HEAL_MAX_COLUMNS];
	bool null[HEAL_MAX_COLUMNS];
} HealRow;

extern void heal_row_null(HealRow *row);
extern void heal_row_int4(HealRow *row, int32 value);
extern void heal_row_int4_or_null(HealRow *row, int32 value); /* 0 -> NULL */
extern void heal_row_int8(HealRow *row, int64 value);
extern void heal_row_int8_or_null(HealRow *row, int64 value); /* 0 -> NULL */
extern void heal_row_oid(HealRow *row, Oid value); /* invalid -> NULL */
extern void
heal_row_float8(HealRow *row, double value); /* not a number -> NULL */
extern void heal_row_bool(HealRow *row, bool value);
extern void heal_row_time(HealRow *row, HealTime value); /* 0 -> NULL */
extern void heal_row_interval(HealRow *row, HealTime microseconds);
extern void
heal_row_text(HealRow *row, const char *value); /* "" or NULL -> NULL */
extern void heal_row_string(HealRow *row, const char *value); /* "" stays "" */
extern void
heal_row_jsonb(HealRow *row, char *json); /* ERROR when it is none */

/* The row as a tuple; the number of columns must fit. */
extern HeapTuple heal_row_tuple(const HealRow *row, TupleDesc descriptor);
/* Append to the result that InitMaterializedSRF prepared, and empty the row. */
extern void heal_row_emit(FunctionCallInfo fcinfo, HealRow *row);

/*
 * Text out of shared memory or the journal, where it may have come from a database of another
 * encoding or have been cut: bytes that are not valid here become question marks.
 */
extern char *heal_text_clean(const char *value);

#endif

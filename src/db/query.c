/*
 * query.c
 *		Parameterised SQL from a worker.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/typcache.h"

#include "db/query.h"

uint64
heal_query(const char *sql, int count, const Oid *types, const Datum *values)
{
	return heal_query_nulls(sql, count, types, values, NULL);
}

uint64
heal_query_nulls(const char *sql, int count, const Oid *types,
				 const Datum *values, const char *nulls)
{
	int result = SPI_execute_with_args(sql, count, (Oid *) types,
									   (Datum *) values, nulls, false, 0);

	if (result < 0)
		elog(ERROR, "%s: %s", SPI_result_code_string(result), sql);
	return SPI_processed;
}

int64
heal_query_int8(const char *sql, int count, const Oid *types,
				const Datum *values, int64 if_null)
{
	bool null = true;
	Datum value = (Datum) 0;

	if (heal_query(sql, count, types, values) > 0)
		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1,
							  &null);
	return null ? if_null : DatumGetInt64(value);
}

char *
heal_query_text(const char *sql, int count, const Oid *types,
				const Datum *values)
{
	if (heal_query(sql, count, types, values) == 0)
		return NULL;
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
}

void
heal_query_insert(const char *table, HeapTuple tuple, TupleDesc descriptor)
{
	TupleDesc blessed = BlessTupleDesc(CreateTupleDescCopy(descriptor));
	Oid type = descriptor->tdtypeid;
	Datum value = heap_copy_tuple_as_datum(tuple, blessed);
	char *sql =
		psprintf("INSERT INTO %s SELECT ($1).* ON CONFLICT DO NOTHING", table);

	heal_query(sql, 1, &type, &value);
	pfree(sql);
}

char *
heal_extension_version(void)
{
	return heal_query_text(
		"SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname = 'selfheal'",
		0, NULL, NULL);
}

void
heal_column_text(char *to, size_t size, HeapTuple row, int column)
{
	char *text = SPI_getvalue(row, SPI_tuptable->tupdesc, column);

	strlcpy(to, text != NULL ? text : "", size);
}

/* Zero where it is null. */
static Datum
value_of(HeapTuple row, int column)
{
	bool null;
	Datum value = SPI_getbinval(row, SPI_tuptable->tupdesc, column, &null);

	return null ? (Datum) 0 : value;
}

bool
heal_column_bool(HeapTuple row, int column)
{
	return DatumGetBool(value_of(row, column));
}

int64
heal_column_int8(HeapTuple row, int column)
{
	return DatumGetInt64(value_of(row, column));
}

double
heal_column_float8(HeapTuple row, int column)
{
	return DatumGetFloat8(value_of(row, column));
}

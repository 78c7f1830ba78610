/*
 * memorytable_pg.c
 *		Incidents of which the cause is known, out of a table of the home database.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "cause/memorytable_pg.h"
#include "db/query.h"
#include "sample/metric.h"

static void
take_change(HealImprint *imprint, const char *metric, const JsonbValue *value)
{
	int number = heal_metric_lookup(metric);

	if (number < 0 || number >= HEAL_IMPRINT_METRICS ||
		value->type != jbvNumeric)
		return;
	imprint->change[number] = DatumGetFloat4(DirectFunctionCall1(
		numeric_float4, NumericGetDatum(value->val.numeric)));
}

void
heal_column_imprint(HealImprint *imprint, HeapTuple row, int column)
{
	bool null;
	Datum changes = SPI_getbinval(row, SPI_tuptable->tupdesc, column, &null);
	JsonbIterator *iterator;
	JsonbIteratorToken token;
	JsonbValue value;
	char *metric = "";

	heal_imprint_clear(imprint);
	if (null)
		return;
	iterator = JsonbIteratorInit(&DatumGetJsonbP(changes)->root);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			metric = pnstrdup(value.val.string.val, value.val.string.len);
		else if (token == WJB_VALUE)
			take_change(imprint, metric, &value);
	}
}

void
heal_memory_read(HealCauseMemory *memory)
{
	Oid types[] = {INT4OID};
	Datum values[] = {Int32GetDatum(HEAL_MIXED)};

	/* a storm of one kind must not be all that is remembered */
	heal_query(
		"SELECT i.failure, i.confirmed, i.changes FROM (SELECT n.failure, n.confirmed, n.changes, n.at, "
		"row_number() OVER (PARTITION BY n.confirmed ORDER BY n.at DESC) AS place "
		"FROM selfheal.incidents n WHERE n.confirmed IS NOT NULL) AS i "
		"WHERE i.place <= $1 / 4 ORDER BY i.at DESC LIMIT $1",
		1, types, values);
	memory->count = 0;
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple row = SPI_tuptable->vals[i];

		memory->failure[memory->count] = heal_column_int8(row, 1);
		heal_column_text(memory->cause[memory->count], HEAL_NODE_ID, row, 2);
		heal_column_imprint(&memory->imprint[memory->count++], row, 3);
	}
}

/*
 * catalog_pg.c
 *		Reads a batch of relations out of the catalogs and the statistics system.
 *
 * Only catalogs are read, and never a size: asking for one takes a lock on the relation, behind which
 * the scan could wait. What the server does not show everybody is read through its C interface and
 * not by SQL, so that no SQL of ours needs a right: see column_pg.c and sequence_pg.c. Every statement looks at a range
 * of OIDs through an index, so that its cost depends on the batch and not on the database.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "postmaster/autovacuum.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "scan/catalog_pg.h"
#include "scan/column_pg.h"
#include "scan/sequence_pg.h"

/* Tables with fewer rows and pages have no profile, and no estimate of their bloat. */
#define FEW_ROWS 1000
#define FEW_PAGES 128

/*
 * A statement about the relations after $1 and up to $2, planned once per process. The search path is
 * pinned, so every name and operator is the server's.
 */
typedef struct Statement
{
	const char *sql;
	SPIPlanPtr plan;
} Statement;

#define INTERNAL "n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast')"

static Statement count_tables = {
	"SELECT count(*) FROM pg_class c WHERE c.oid > $1 AND c.oid <= $2 AND c.relkind IN ('r', 'm', 't', 'p', 'f')",
};

static Statement batch_tables = {
	"SELECT c.oid, n.nspname, c.relname, c.relkind = 't' OR " INTERNAL ","
	" c.relpages::float8, nullif(c.reltuples, -1)::float8,"
	" pg_stat_get_live_tuples(c.oid)::float8, pg_stat_get_dead_tuples(c.oid)::float8,"
	" pg_stat_get_mod_since_analyze(c.oid)::float8, pg_stat_get_ins_since_vacuum(c.oid)::float8,"
	" pg_stat_get_numscans(c.oid)::float8, pg_stat_get_tuples_returned(c.oid)::float8,"
	" (SELECT sum(pg_stat_get_numscans(i.indexrelid)) FROM pg_index i WHERE i.indrelid = c.oid)::float8,"
	" greatest(pg_stat_get_last_analyze_time(c.oid), pg_stat_get_last_autoanalyze_time(c.oid)),"
	" CASE WHEN c.relfrozenxid <> '0' THEN age(c.relfrozenxid) END::float8,"
	" CASE WHEN c.relminmxid <> '0' THEN mxid_age(c.relminmxid) END::float8,"
	" c.relnatts, c.reloptions::text[],"
	" greatest(pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid))"
	" FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE c.oid > $1 AND c.oid <= $2 AND c.relkind IN ('r', 'm', 't') AND c.relpersistence <> 't'",
};

/* One that a concurrent drop left behind is not live, and not valid either. */
static Statement batch_indexes = {
	"SELECT i.indexrelid, i.indrelid, n.nspname, c.relname, x.relname, x.relpages::float8,"
	" pg_stat_get_numscans(i.indexrelid)::float8, i.indisvalid,"
	" NOT i.indisvalid AND EXISTS (SELECT FROM pg_locks l WHERE l.locktype = 'relation' AND l.relation = i.indrelid"
	" AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())"
	" AND l.mode = 'ShareUpdateExclusiveLock' AND l.granted),"
	" i.indisunique OR i.indisprimary OR i.indisexclusion OR i.indisreplident OR i.indisclustered"
	" FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid"
	" JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE i.indrelid > $1 AND i.indrelid <= $2 AND x.relkind = 'i'"
	" AND c.relpersistence <> 't' AND NOT " INTERNAL
	" AND (NOT i.indisvalid OR pg_stat_get_numscans(i.indexrelid) = 0)",
};

/* The one that enforces more, or else is older, is not the duplicate. */
static Statement batch_duplicates = {
	"WITH i AS MATERIALIZED (SELECT i.*, x.relam, c.relname AS table_name, n.nspname, x.relname, x.relpages,"
	" 4 * i.indisprimary::int + 2 * (EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid"
	" AND k.conrelid = i.indrelid))::int + (i.indisunique OR i.indisreplident)::int AS rank"
	" FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid"
	" JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE i.indrelid > $1 AND i.indrelid <= $2 AND i.indisvalid AND x.relkind = 'i'"
	" AND c.relpersistence <> 't' AND NOT " INTERNAL ")"
	" SELECT a.indexrelid, min(a.indrelid), min(a.nspname::text), min(a.table_name::text), min(a.relname::text),"
	" min(a.relpages)::float8, min(b.relname::text)"
	" FROM i a JOIN i b ON b.indrelid = a.indrelid AND b.indexrelid <> a.indexrelid AND b.relam = a.relam"
	" AND b.indnkeyatts = a.indnkeyatts AND b.indkey::text = a.indkey::text"
	" AND b.indclass::text = a.indclass::text AND b.indcollation::text = a.indcollation::text"
	" AND b.indoption::text = a.indoption::text"
	" AND coalesce(b.indexprs::text, '') = coalesce(a.indexprs::text, '')"
	" AND coalesce(b.indpred::text, '') = coalesce(a.indpred::text, '')"
	" AND a.indisunique <= b.indisunique AND b.indnullsnotdistinct = a.indnullsnotdistinct"
	" AND (a.rank, -a.indexrelid::int8) < (b.rank, -b.indexrelid::int8)"
	" GROUP BY a.indexrelid",
};

static Statement batch_sequences = {
	"SELECT s.seqrelid, n.nspname, c.relname, s.seqmin::float8, s.seqmax::float8, s.seqincrement::float8,"
	" min(CASE a.atttypid WHEN 21 THEN 32767 WHEN 23 THEN 2147483647 END)::float8"
	" FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
	" LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.seqrelid AND d.objsubid = 0"
	" AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')"
	" LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid"
	" WHERE s.seqrelid > $1 AND s.seqrelid <= $2 AND NOT s.seqcycle AND c.relpersistence <> 't'"
	" GROUP BY s.seqrelid, n.nspname, c.relname, s.seqmin, s.seqmax, s.seqincrement",
};

static Statement batch_constraints = {
	"SELECT k.oid, k.conrelid, n.nspname, c.relname, k.conname"
	" FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
	" WHERE k.conrelid > $1 AND k.conrelid <= $2 AND NOT k.convalidated AND c.relpersistence <> 't'",
};

/* Of the database and of the whole server: the later. A crash leaves its time in the second. */
static Statement statistics_began = {
	"SELECT greatest(pg_stat_get_db_stat_reset_time(d.oid), pg_stat_get_bgwriter_stat_reset_time())"
	" FROM pg_database d WHERE d.datname = current_database() AND $1 <= $2",
};

/* Here $2 is a number of rows. */
static Statement next_relations = {
	"SELECT coalesce(max(r.oid), $1), count(*), count(*) FILTER (WHERE r.relkind <> 'S')"
	" FROM (SELECT c.oid, c.relkind FROM pg_class c WHERE c.oid > $1"
	" AND c.relkind IN ('r', 'm', 't', 'p', 'f', 'S') ORDER BY c.oid LIMIT $2) r",
};

static void
run_with(Statement *statement, Oid first, Oid second_type, Datum second)
{
	Oid types[] = {OIDOID, second_type};
	Datum values[] = {ObjectIdGetDatum(first), second};
	int result;

	if (statement->plan == NULL)
	{
		statement->plan = SPI_prepare(statement->sql, lengthof(types), types);
		if (statement->plan == NULL || SPI_keepplan(statement->plan) != 0)
			elog(ERROR, "%s: %s", SPI_result_code_string(SPI_result),
				 statement->sql);
	}
	result = SPI_execute_plan(statement->plan, values, NULL, true, 0);
	if (result != SPI_OK_SELECT)
		elog(ERROR, "%s: %s", SPI_result_code_string(result), statement->sql);
}

static void
run(Statement *statement, Oid from, Oid to)
{
	run_with(statement, from, OIDOID, ObjectIdGetDatum(to));
}

/* Columns of the rows of the last statement; what is NULL is zero, NaN or false. */

static Datum
column(uint64 row, int number, bool *null)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number,
						 null);
}

static Oid
column_oid(uint64 row, int number)
{
	bool null;
	Datum value = column(row, number, &null);

	return null ? InvalidOid : DatumGetObjectId(value);
}

static double
column_float8(uint64 row, int number)
{
	bool null;
	Datum value = column(row, number, &null);

	return null ? get_float8_nan() : DatumGetFloat8(value);
}

static bool
column_bool(uint64 row, int number)
{
	bool null;
	Datum value = column(row, number, &null);

	return !null && DatumGetBool(value);
}

static TimestampTz
column_time(uint64 row, int number)
{
	bool null;
	Datum value = column(row, number, &null);

	return null ? 0 : DatumGetTimestampTz(value);
}

/* Of type name or text. */
static void
column_name(uint64 row, int number, char *name)
{
	char *value =
		SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number);

	strlcpy(name, value ? value : "", HEAL_NAME_SIZE);
}

HealScanRecord *
heal_scan_add(HealScanRecords *records, const HealScanRecord *record)
{
	if (records->count == records->capacity)
	{
		records->capacity *= 2;
		records->record = repalloc_huge(
			records->record, (Size) records->capacity * sizeof(HealScanRecord));
	}
	records->record[records->count] = *record;
	return &records->record[records->count++];
}

static void
add_results(HealScanRecords *records, const HealScanRecord *about,
			const HealScanResult *result, int count)
{
	for (int i = 0; i < count; i++)
	{
		HealScanRecord *record = heal_scan_add(records, about);

		record->type = HEAL_SCAN_RECORD_FINDING;
		record->finding = result[i];
	}
}

/* Tables */

static double
option_number(const char *value)
{
	return strtod(value, NULL);
}

/* "name=value", as the server has checked it when it was set. */
static void
apply_option(HealTableFacts *table, const char *option)
{
	const struct
	{
		const char *name;
		double *value;
		bool lowers; /* it can only be made stricter */
	} numbers[] = {
		{"autovacuum_vacuum_threshold", &table->vacuum_base, false},
		{"autovacuum_vacuum_scale_factor", &table->vacuum_share, false},
		{"autovacuum_vacuum_max_threshold", &table->vacuum_most, false},
		{"autovacuum_vacuum_insert_threshold", &table->insert_base, false},
		{"autovacuum_vacuum_insert_scale_factor", &table->insert_share, false},
		{"autovacuum_analyze_threshold", &table->analyze_base, false},
		{"autovacuum_analyze_scale_factor", &table->analyze_share, false},
		{"autovacuum_freeze_max_age", &table->freeze_limit, true},
		{"autovacuum_multixact_freeze_max_age", &table->multixact_limit, true},
		{"fillfactor", &table->fill_factor, false},
	};
	const char *equals = strchr(option, '=');

	if (equals == NULL)
		return;
	if (strncmp(option, "autovacuum_enabled=", 19) == 0)
	{
		bool enabled;

		table->option_off = parse_bool(equals + 1, &enabled) && !enabled;
		table->autovacuum = table->autovacuum && !table->option_off;
	}
	for (int i = 0; i < lengthof(numbers); i++)
		if (strlen(numbers[i].name) == equals - option &&
			strncmp(option, numbers[i].name, equals - option) == 0)
		{
			double value = option_number(equals + 1);

			*numbers[i].value =
				numbers[i].lowers ? Min(*numbers[i].value, value) : value;
		}
}

static void
apply_options(HealTableFacts *table, uint64 row, int number)
{
	bool null;
	Datum value = column(row, number, &null);
	Datum *options;
	bool *nulls;
	int count;

	if (null)
		return;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &options, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (!nulls[i])
			apply_option(table, TextDatumGetCString(options[i]));
}

static HealTableFacts
table_facts(uint64 row)
{
	HealTableFacts table = {
		.internal = column_bool(row, 4),
		.autovacuum = autovacuum_start_daemon && pgstat_track_counts,
		.pages = column_float8(row, 5),
		.rows = column_float8(row, 6),
		.live = column_float8(row, 7),
		.dead = column_float8(row, 8),
		.changed = column_float8(row, 9),
		.inserted = column_float8(row, 10),
		.sequential_scans = column_float8(row, 11),
		.sequential_rows = column_float8(row, 12),
		.index_scans = column_float8(row, 13),
		.analyzed_at = column_time(row, 14),
		.vacuumed_at = column_time(row, 19),
		.freeze_age = column_float8(row, 15),
		.multixact_age = column_float8(row, 16),
		.vacuum_base = autovacuum_vac_thresh,
		.vacuum_share = autovacuum_vac_scale,
		.vacuum_most = autovacuum_vac_max_thresh,
		.insert_base = autovacuum_vac_ins_thresh,
		.insert_share = autovacuum_vac_ins_scale,
		.analyze_base = autovacuum_anl_thresh,
		.analyze_share = autovacuum_anl_scale,
		.freeze_limit = autovacuum_freeze_max_age,
		.multixact_limit = autovacuum_multixact_freeze_max_age,
		.row_width = get_float8_nan(),
		.fill_factor = 100,
	};

	if (isnan(table.index_scans))
		table.index_scans = 0;
	apply_options(&table, row, 18);
	return table;
}

static void
read_table(uint64 row, const HealScanRecord *pattern, TimestampTz since,
		   HealScanRecords *records)
{
	HealScanResult result[HEAL_SCAN_KINDS];
	HealScanRecord about = *pattern;
	HealTableFacts table = table_facts(row);
	bool profile;
	bool null;
	int columns = DatumGetInt16(column(row, 17, &null));

	about.relation = about.object = column_oid(row, 1);
	column_name(row, 2, about.schema);
	column_name(row, 3, about.relation_name);
	profile = !table.internal && table.rows >= FEW_ROWS &&
			  (since == 0 || table.analyzed_at > since);
	if (!table.internal && (table.rows >= FEW_ROWS || table.live >= FEW_ROWS ||
							table.pages >= FEW_PAGES))
		heal_read_columns(&table, &about,
						  heal_living_columns(about.relation, columns), profile,
						  records);
	add_results(records, &about, result,
				heal_scan_table(&table, pattern->at, result));
}

static void
read_tables(const HealScanBatch *batch, const HealScanRecord *pattern,
			TimestampTz since, HealScanRecords *records)
{
	run(&batch_tables, batch->from, batch->to);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		CHECK_FOR_INTERRUPTS();
		read_table(row, pattern, since, records);
	}
}

/* Indexes */

static HealScanRecord
about_object(uint64 row, const HealScanRecord *pattern)
{
	HealScanRecord about = *pattern;

	about.object = column_oid(row, 1);
	about.relation = column_oid(row, 2);
	column_name(row, 3, about.schema);
	column_name(row, 4, about.relation_name);
	column_name(row, 5, about.object_name);
	return about;
}

static void
read_indexes(const HealScanBatch *batch, const HealScanRecord *pattern,
			 TimestampTz counted_since, HealScanRecords *records)
{
	HealScanResult result[HEAL_SCAN_KINDS];

	run(&batch_indexes, batch->from, batch->to);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		HealScanRecord about = about_object(row, pattern);
		HealIndexFacts index = {
			.pages = column_float8(row, 6),
			.scans = column_float8(row, 7),
			.valid = column_bool(row, 8),
			.building = column_bool(row, 9),
			.needed = column_bool(row, 10),
			.counted_since = counted_since,
		};

		add_results(records, &about, result,
					heal_scan_index(&index, pattern->at, result));
	}
}

static void
read_duplicates(const HealScanBatch *batch, const HealScanRecord *pattern,
				HealScanRecords *records)
{
	run(&batch_duplicates, batch->from, batch->to);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		HealScanRecord about = about_object(row, pattern);
		HealScanResult result = {.kind = HEAL_SCAN_DUPLICATE_INDEX,
								 .value =
									 column_float8(row, 6) * HEAL_SCAN_BLOCK};
		char other[HEAL_NAME_SIZE];

		column_name(row, 7, other);
		snprintf(result.detail, sizeof(result.detail), "the same as \"%s\"",
				 other);
		add_results(records, &about, &result, 1);
	}
}

/* Sequences and constraints */

static void
read_sequences(const HealScanBatch *batch, const HealScanRecord *pattern,
			   HealScanRecords *records)
{
	HealScanResult result[HEAL_SCAN_KINDS];

	run(&batch_sequences, batch->from, batch->to);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		HealScanRecord about = *pattern;
		HealSequenceFacts sequence = {
			.least = column_float8(row, 4),
			.most = column_float8(row, 5),
			.increment = column_float8(row, 6),
			.column_most = column_float8(row, 7),
		};

		CHECK_FOR_INTERRUPTS();
		about.relation = about.object = column_oid(row, 1);
		column_name(row, 2, about.schema);
		column_name(row, 3, about.relation_name);
		about.type = HEAL_SCAN_RECORD_UNSEEN;
		if (heal_read_last_value(about.object, &sequence.last))
			add_results(records, &about, result,
						heal_scan_sequence(&sequence, result));
		else
			heal_scan_add(records, &about);
	}
}

static void
read_constraints(const HealScanBatch *batch, const HealScanRecord *pattern,
				 HealScanRecords *records)
{
	run(&batch_constraints, batch->from, batch->to);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		HealScanRecord about = about_object(row, pattern);
		HealScanResult result = {.kind = HEAL_SCAN_NOT_VALID, .value = 1};

		strlcpy(result.detail,
				"ALTER TABLE ... VALIDATE CONSTRAINT checks the rows",
				sizeof(result.detail));
		add_results(records, &about, &result, 1);
	}
}

int64
heal_catalog_count_tables(void)
{
	bool null;

	run(&count_tables, InvalidOid, (Oid) UINT32_MAX);
	return DatumGetInt64(column(0, 1, &null));
}

HealScanBatch
heal_catalog_batch(Oid from, int count)
{
	HealScanBatch batch = {.from = from};
	bool null;

	run_with(&next_relations, from, INT8OID, Int64GetDatum(count));
	batch.to = column_oid(0, 1);
	batch.relations = DatumGetInt64(column(0, 2, &null));
	batch.tables = DatumGetInt64(column(0, 3, &null));
	batch.last = batch.relations < count;
	return batch;
}

void
heal_catalog_read(const HealScanBatch *batch, TimestampTz since,
				  TimestampTz started, HealScanRecords *records)
{
	HealScanRecord pattern = {.database = MyDatabaseId, .at = started};
	TimestampTz counted_since;

	run(&statistics_began, InvalidOid, InvalidOid);
	counted_since = SPI_processed > 0 ? column_time(0, 1) : 0;
	read_tables(batch, &pattern, since, records);
	read_indexes(batch, &pattern, counted_since, records);
	read_duplicates(batch, &pattern, records);
	read_sequences(batch, &pattern, records);
	read_constraints(batch, &pattern, records);
}

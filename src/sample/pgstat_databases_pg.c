/*
 * pgstat_databases_pg.c
 *		Counters of the databases, summed over all of them.
 *
 * pg_database is skipped when somebody locks it: VACUUM FULL must not make us wait.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/multixact.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_database.h"
#include "pgstat.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/memutils.h"

#include "compat.h"
#include "sample/pgstat_part.h"
#include "sample/totals.h"

/* How the columns of a database's entry become metrics. */
enum
{
	COMMITS,
	ROLLBACKS,
	BLOCKS_FETCHED,
	BLOCKS_HIT,
	TUPLES_RETURNED,
	TUPLES_FETCHED,
	TUPLES_INSERTED,
	TUPLES_UPDATED,
	TUPLES_DELETED,
	TEMP_FILES,
	TEMP_BYTES,
	DEADLOCKS,
	CONFLICTS,
	CHECKSUM_FAILURES,
	SESSIONS_OPENED,
	SESSIONS_ABANDONED,
	SESSIONS_FATAL,
	SESSIONS_KILLED,
	READ_TIME,
	WRITE_TIME,
	DATABASE_COLUMNS
};

StaticAssertDecl(DATABASE_COLUMNS <= HEAL_TOTAL_COLUMNS,
				 "a database has more counters than a total has columns");


static HealTotals databases; /* lives as long as this process */

static void read_database_totals(HealReading *reading);

static void
fill_columns(const PgStat_StatDBEntry *entry, double *column)
{
	column[COMMITS] = heal_database_count(entry, xact_commit);
	column[ROLLBACKS] = heal_database_count(entry, xact_rollback);
	column[BLOCKS_FETCHED] = heal_database_count(entry, blocks_fetched);
	column[BLOCKS_HIT] = heal_database_count(entry, blocks_hit);
	column[TUPLES_RETURNED] = heal_database_count(entry, tuples_returned);
	column[TUPLES_FETCHED] = heal_database_count(entry, tuples_fetched);
	column[TUPLES_INSERTED] = heal_database_count(entry, tuples_inserted);
	column[TUPLES_UPDATED] = heal_database_count(entry, tuples_updated);
	column[TUPLES_DELETED] = heal_database_count(entry, tuples_deleted);
	column[TEMP_FILES] = heal_database_count(entry, temp_files);
	column[TEMP_BYTES] = heal_database_count(entry, temp_bytes);
	column[DEADLOCKS] = heal_database_count(entry, deadlocks);
	column[CONFLICTS] = heal_database_count(entry, conflict_tablespace) +
						heal_database_count(entry, conflict_lock) +
						heal_database_count(entry, conflict_snapshot) +
						heal_database_count(entry, conflict_bufferpin) +
						heal_database_count(entry, conflict_startup_deadlock) +
						heal_database_slot_conflicts(entry);
	column[CHECKSUM_FAILURES] = heal_database_count(entry, checksum_failures);
	column[SESSIONS_OPENED] = heal_database_count(entry, sessions);
	column[SESSIONS_ABANDONED] = heal_database_count(entry, sessions_abandoned);
	column[SESSIONS_FATAL] = heal_database_count(entry, sessions_fatal);
	column[SESSIONS_KILLED] = heal_database_count(entry, sessions_killed);
	column[READ_TIME] = heal_database_read_time(entry) / 1e3;
	column[WRITE_TIME] = heal_database_write_time(entry) / 1e3;
}

static void
make_room(HealTotals *totals)
{
	int capacity = totals->capacity > 0 ? totals->capacity * 2 : 64;
	Size bytes = mul_size(capacity, sizeof(HealMember));

	totals->member = totals->member != NULL
						 ? repalloc(totals->member, bytes)
						 : MemoryContextAlloc(TopMemoryContext, bytes);
	totals->capacity = capacity;
}

static void
add_database(Oid database)
{
	PgStat_StatDBEntry *entry = pgstat_fetch_stat_dbentry(database);
	double column[HEAL_TOTAL_COLUMNS] = {0};

	/* nobody has been there yet */
	if (entry == NULL)
		return;
	fill_columns(entry, column);
	while (!heal_totals_add(&databases, database, column))
		make_room(&databases);
}

/* One pass over pg_database: counters of each, and the oldest unfrozen ids. */
void
heal_pgstat_read_databases(HealReading *reading)
{
	double *value = reading->value;
	TransactionId next = ReadNextTransactionId();
	MultiXactId next_multi = ReadNextMultiXactId();
	Relation relation;
	TableScanDesc scan;
	HeapTuple tuple;

	/* VACUUM FULL pg_database must not make us wait */
	if (!ConditionalLockRelationOid(DatabaseRelationId, AccessShareLock))
		return;
	relation = table_open(DatabaseRelationId, NoLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	heal_totals_begin(&databases);
	add_database(InvalidOid); /* shared catalogs */
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);

		add_database(database->oid);
		keep_older(&value[HEAL_METRIC_XID_AGE], database->datfrozenxid, next);
		if (MultiXactIdIsValid(database->datminmxid))
			keep_larger(&value[HEAL_METRIC_MULTIXACT_AGE],
						(double) (int32) (next_multi - database->datminmxid));
	}
	heal_totals_end(&databases);
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	read_database_totals(reading);
}

static void
read_database_totals(HealReading *reading)
{
	static const struct
	{
		HealMetricId metric;
		int column;
	} same[] = {
		{HEAL_METRIC_COMMITS, COMMITS},
		{HEAL_METRIC_ROLLBACKS, ROLLBACKS},
		{HEAL_METRIC_ROLLBACK_SHARE, ROLLBACKS},
		{HEAL_METRIC_BLOCKS_HIT, BLOCKS_HIT},
		{HEAL_METRIC_CACHE_HIT_RATIO, BLOCKS_HIT},
		{HEAL_METRIC_TUPLES_RETURNED, TUPLES_RETURNED},
		{HEAL_METRIC_TUPLES_FETCHED, TUPLES_FETCHED},
		{HEAL_METRIC_TUPLES_INSERTED, TUPLES_INSERTED},
		{HEAL_METRIC_TUPLES_UPDATED, TUPLES_UPDATED},
		{HEAL_METRIC_TUPLES_DELETED, TUPLES_DELETED},
		{HEAL_METRIC_TEMP_FILES, TEMP_FILES},
		{HEAL_METRIC_TEMP_BYTES, TEMP_BYTES},
		{HEAL_METRIC_DEADLOCKS, DEADLOCKS},
		{HEAL_METRIC_CHECKSUM_FAILURES, CHECKSUM_FAILURES},
		{HEAL_METRIC_SESSIONS_OPENED, SESSIONS_OPENED},
		{HEAL_METRIC_SESSIONS_ABANDONED, SESSIONS_ABANDONED},
		{HEAL_METRIC_SESSIONS_FATAL, SESSIONS_FATAL},
		{HEAL_METRIC_SESSIONS_KILLED, SESSIONS_KILLED},
	};
	const double *total = databases.total;
	double *value = reading->value;

	for (int i = 0; i < lengthof(same); i++)
		value[same[i].metric] = total[same[i].column];
	value[HEAL_METRIC_BLOCKS_READ] = total[BLOCKS_FETCHED] - total[BLOCKS_HIT];
	reading->whole[HEAL_METRIC_CACHE_HIT_RATIO] = total[BLOCKS_FETCHED];
	reading->whole[HEAL_METRIC_ROLLBACK_SHARE] =
		total[COMMITS] + total[ROLLBACKS];
	if (RecoveryInProgress())
		value[HEAL_METRIC_RECOVERY_CONFLICTS] = total[CONFLICTS];
	if (track_io_timing)
	{
		value[HEAL_METRIC_BLOCK_READ_TIME] = total[READ_TIME];
		value[HEAL_METRIC_BLOCK_WRITE_TIME] = total[WRITE_TIME];
	}
}

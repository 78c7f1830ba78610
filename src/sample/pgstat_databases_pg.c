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
#include "sample/database_pg.h"
#include "sample/pgstat_part.h"
#include "sample/totals.h"

StaticAssertDecl(HEAL_DB_COUNTERS <= HEAL_TOTAL_COLUMNS,
				 "a database has more counters than a total has columns");

static HealTotals totals; /* of all databases; lives as long as this process */
static HealTime read_at;  /* their counters */

static void read_database_totals(HealReading *reading);

static void
fill_columns(const PgStat_StatDBEntry *entry, double *column)
{
	column[HEAL_DB_COMMITS] = heal_database_count(entry, xact_commit);
	column[HEAL_DB_ROLLBACKS] = heal_database_count(entry, xact_rollback);
	column[HEAL_DB_BLOCKS_FETCHED] = heal_database_count(entry, blocks_fetched);
	column[HEAL_DB_BLOCKS_HIT] = heal_database_count(entry, blocks_hit);
	column[HEAL_DB_TUPLES_RETURNED] =
		heal_database_count(entry, tuples_returned);
	column[HEAL_DB_TUPLES_FETCHED] = heal_database_count(entry, tuples_fetched);
	column[HEAL_DB_TUPLES_INSERTED] =
		heal_database_count(entry, tuples_inserted);
	column[HEAL_DB_TUPLES_UPDATED] = heal_database_count(entry, tuples_updated);
	column[HEAL_DB_TUPLES_DELETED] = heal_database_count(entry, tuples_deleted);
	column[HEAL_DB_TEMP_FILES] = heal_database_count(entry, temp_files);
	column[HEAL_DB_TEMP_BYTES] = heal_database_count(entry, temp_bytes);
	column[HEAL_DB_DEADLOCKS] = heal_database_count(entry, deadlocks);
	column[HEAL_DB_CONFLICTS] =
		heal_database_count(entry, conflict_tablespace) +
		heal_database_count(entry, conflict_lock) +
		heal_database_count(entry, conflict_snapshot) +
		heal_database_count(entry, conflict_bufferpin) +
		heal_database_count(entry, conflict_startup_deadlock) +
		heal_database_slot_conflicts(entry);
	column[HEAL_DB_CHECKSUM_FAILURES] =
		heal_database_count(entry, checksum_failures);
	column[HEAL_DB_SESSIONS_OPENED] = heal_database_count(entry, sessions);
	column[HEAL_DB_SESSIONS_ABANDONED] =
		heal_database_count(entry, sessions_abandoned);
	column[HEAL_DB_SESSIONS_FATAL] = heal_database_count(entry, sessions_fatal);
	column[HEAL_DB_SESSIONS_KILLED] =
		heal_database_count(entry, sessions_killed);
	column[HEAL_DB_READ_TIME] = heal_database_read_time(entry) / 1e3;
	column[HEAL_DB_WRITE_TIME] = heal_database_write_time(entry) / 1e3;
}

static void
make_room(void)
{
	int capacity = totals.capacity > 0 ? totals.capacity * 2 : 64;
	Size bytes = mul_size(capacity, sizeof(HealMember));

	totals.member = totals.member != NULL
						? repalloc(totals.member, bytes)
						: MemoryContextAlloc(TopMemoryContext, bytes);
	totals.capacity = capacity;
}

static void
add_database(Oid database, HealDatabase *place, HealTime now)
{
	PgStat_StatDBEntry *entry = pgstat_fetch_stat_dbentry(database);
	double column[HEAL_TOTAL_COLUMNS] = {0};

	/* nobody has been there yet */
	if (entry == NULL)
		return;
	fill_columns(entry, column);
	while (!heal_totals_add(&totals, database, column))
		make_room();
	if (place != NULL)
		heal_database_count_to(place, now, column);
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

	heal_databases_begin(heal_databases_known());
	read_at = reading->taken_at;
	/* VACUUM FULL pg_database must not make us wait */
	if (!ConditionalLockRelationOid(DatabaseRelationId, AccessShareLock))
		return;
	relation = table_open(DatabaseRelationId, NoLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	heal_totals_begin(&totals);
	add_database(InvalidOid, NULL, reading->taken_at); /* shared catalogs */
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database database = (Form_pg_database) GETSTRUCT(tuple);
		HealDatabase *place = heal_databases_enter(database->oid);

		add_database(database->oid, place, reading->taken_at);
		keep_older(&place->xid_age, database->datfrozenxid, next);
		if (MultiXactIdIsValid(database->datminmxid))
			place->multixact_age =
				(double) (int32) (next_multi - database->datminmxid);
		keep_larger(&value[HEAL_METRIC_XID_AGE], place->xid_age);
		keep_larger(&value[HEAL_METRIC_MULTIXACT_AGE], place->multixact_age);
	}
	heal_totals_end(&totals);
	heal_databases_end(heal_databases_known());
	heal_databases_index();
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	read_database_totals(reading);
}

void
heal_pgstat_keep_databases(void)
{
	heal_databases_recount(heal_databases_known());
}

void
heal_pgstat_publish_databases(void)
{
	heal_databases_publish(read_at);
}

static void
read_database_totals(HealReading *reading)
{
	static const struct
	{
		HealMetricId metric;
		int column;
	} same[] = {
		{HEAL_METRIC_COMMITS, HEAL_DB_COMMITS},
		{HEAL_METRIC_ROLLBACKS, HEAL_DB_ROLLBACKS},
		{HEAL_METRIC_ROLLBACK_SHARE, HEAL_DB_ROLLBACKS},
		{HEAL_METRIC_BLOCKS_HIT, HEAL_DB_BLOCKS_HIT},
		{HEAL_METRIC_CACHE_HIT_RATIO, HEAL_DB_BLOCKS_HIT},
		{HEAL_METRIC_TUPLES_RETURNED, HEAL_DB_TUPLES_RETURNED},
		{HEAL_METRIC_TUPLES_FETCHED, HEAL_DB_TUPLES_FETCHED},
		{HEAL_METRIC_TUPLES_INSERTED, HEAL_DB_TUPLES_INSERTED},
		{HEAL_METRIC_TUPLES_UPDATED, HEAL_DB_TUPLES_UPDATED},
		{HEAL_METRIC_TUPLES_DELETED, HEAL_DB_TUPLES_DELETED},
		{HEAL_METRIC_TEMP_FILES, HEAL_DB_TEMP_FILES},
		{HEAL_METRIC_TEMP_BYTES, HEAL_DB_TEMP_BYTES},
		{HEAL_METRIC_DEADLOCKS, HEAL_DB_DEADLOCKS},
		{HEAL_METRIC_CHECKSUM_FAILURES, HEAL_DB_CHECKSUM_FAILURES},
		{HEAL_METRIC_SESSIONS_OPENED, HEAL_DB_SESSIONS_OPENED},
		{HEAL_METRIC_SESSIONS_ABANDONED, HEAL_DB_SESSIONS_ABANDONED},
		{HEAL_METRIC_SESSIONS_FATAL, HEAL_DB_SESSIONS_FATAL},
		{HEAL_METRIC_SESSIONS_KILLED, HEAL_DB_SESSIONS_KILLED},
	};
	const double *total = totals.total;
	double *value = reading->value;

	for (int i = 0; i < lengthof(same); i++)
		value[same[i].metric] = total[same[i].column];
	value[HEAL_METRIC_BLOCKS_READ] =
		total[HEAL_DB_BLOCKS_FETCHED] - total[HEAL_DB_BLOCKS_HIT];
	reading->whole[HEAL_METRIC_CACHE_HIT_RATIO] = total[HEAL_DB_BLOCKS_FETCHED];
	reading->whole[HEAL_METRIC_ROLLBACK_SHARE] =
		total[HEAL_DB_COMMITS] + total[HEAL_DB_ROLLBACKS];
	if (RecoveryInProgress())
		value[HEAL_METRIC_RECOVERY_CONFLICTS] = total[HEAL_DB_CONFLICTS];
	if (track_io_timing)
	{
		value[HEAL_METRIC_BLOCK_READ_TIME] = total[HEAL_DB_READ_TIME];
		value[HEAL_METRIC_BLOCK_WRITE_TIME] = total[HEAL_DB_WRITE_TIME];
	}
}

/*
 * pgstat_wal_pg.c
 *		The way of a change to the disk: WAL, checkpoints, background writer, archiver.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "pgstat.h"

#include "compat.h"
#include "sample/pgstat_part.h"

static void read_checkpoints(HealReading *reading);
static void read_log(HealReading *reading);
static void read_archiver(HealReading *reading);

void
heal_pgstat_read_wal(HealReading *reading)
{
	read_checkpoints(reading);
	read_log(reading);
	read_archiver(reading);
}

static void
read_checkpoints(HealReading *reading)
{
	PgStat_CheckpointerStats *checkpoints = pgstat_fetch_stat_checkpointer();
	PgStat_BgWriterStats *writer = pgstat_fetch_stat_bgwriter();
	double *value = reading->value;

	value[HEAL_METRIC_CHECKPOINTS_TIMED] = heal_checkpoints_timed(checkpoints);
	value[HEAL_METRIC_CHECKPOINTS_REQUESTED] =
		heal_checkpoints_requested(checkpoints);
	value[HEAL_METRIC_CHECKPOINT_WRITE_TIME] =
		heal_checkpoint_write_time(checkpoints);
	value[HEAL_METRIC_CHECKPOINT_SYNC_TIME] =
		heal_checkpoint_sync_time(checkpoints);
	value[HEAL_METRIC_BUFFERS_CHECKPOINT] =
		heal_checkpoint_buffers(checkpoints);
	value[HEAL_METRIC_BUFFERS_CLEAN] = writer->buf_written_clean;
	value[HEAL_METRIC_CLEAN_STOPS] = writer->maxwritten_clean;
	value[HEAL_METRIC_BUFFERS_ALLOCATED] = writer->buf_alloc;
	value[HEAL_METRIC_BUFFERS_BACKEND] = heal_backend_writes();
	value[HEAL_METRIC_BACKEND_FSYNCS] = heal_backend_fsyncs();
}

static void
read_log(HealReading *reading)
{
	PgStat_WalStats *wal = pgstat_fetch_stat_wal();
	double *value = reading->value;

	value[HEAL_METRIC_WAL_BYTES] = heal_wal_count(wal, wal_bytes);
	value[HEAL_METRIC_WAL_RECORDS] = heal_wal_count(wal, wal_records);
	value[HEAL_METRIC_WAL_FULL_PAGE_IMAGES] = heal_wal_count(wal, wal_fpi);
	value[HEAL_METRIC_WAL_BUFFERS_FULL] = heal_wal_count(wal, wal_buffers_full);
	if (!RecoveryInProgress())
	{
		XLogRecPtr redo = GetRedoRecPtr();
		XLogRecPtr now = GetXLogWriteRecPtr();

		value[HEAL_METRIC_WAL_SINCE_CHECKPOINT] = now > redo ? now - redo : 0;
	}
}

static void
read_archiver(HealReading *reading)
{
	PgStat_ArchiverStats *archiver;
	double *value = reading->value;

	if (!XLogArchivingActive())
		return;
	archiver = pgstat_fetch_stat_archiver();
	value[HEAL_METRIC_WAL_ARCHIVED] = archiver->archived_count;
	value[HEAL_METRIC_ARCHIVE_FAILURES] = archiver->failed_count;
	if (archiver->last_archived_timestamp != 0)
		value[HEAL_METRIC_ARCHIVE_AGE] =
			seconds_since(reading, archiver->last_archived_timestamp);
}

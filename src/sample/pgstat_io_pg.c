/*
 * pgstat_io_pg.c
 *		Input and output that is counted by what does it: sessions, and the caches of
 *		transaction status.
 */
#include "postgres.h"

#include "pgstat.h"

#include "compat.h"
#include "sample/pgstat_part.h"

static void
read_slru(HealReading *reading)
{
	PgStat_SLRUStats *slru = pgstat_fetch_slru();
	double hit = 0;
	double read = 0;

	for (int i = 0; pgstat_get_slru_name(i) != NULL; i++)
	{
		hit += slru[i].blocks_hit;
		read += slru[i].blocks_read;
	}
	reading->value[HEAL_METRIC_SLRU_HIT] = hit;
	reading->value[HEAL_METRIC_SLRU_READ] = read;
	reading->value[HEAL_METRIC_SLRU_HIT_RATIO] = hit;
	reading->whole[HEAL_METRIC_SLRU_HIT_RATIO] = hit + read;
}

void
heal_pgstat_read_io(HealReading *reading)
{
	read_slru(reading);
	reading->value[HEAL_METRIC_IO_READS] = heal_session_reads();
	reading->value[HEAL_METRIC_IO_WRITES] = heal_session_writes();
	reading->value[HEAL_METRIC_IO_EXTENDS] = heal_session_extends();
	reading->value[HEAL_METRIC_IO_EVICTIONS] = heal_session_evictions();
}

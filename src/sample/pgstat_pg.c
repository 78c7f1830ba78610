/*
 * pgstat_pg.c
 *		Reads the server's statistics through its C interface.
 *
 * The same figures through SQL cost some ten times as much, need a database to be
 * connected to and grow with the number of sessions. One file per source, named
 * pgstat_..._pg.c; pgstat_part.h has the rules they keep.
 */
#include "postgres.h"

#include "pgstat.h"

#include "sample/database_pg.h"
#include "sample/pgstat_part.h"
#include "sample/pgstat_pg.h"

void
heal_pgstat_read(HealReading *reading, const HealSituation *situation,
				 bool databases)
{
	pgstat_clear_snapshot();

	if (databases)
		heal_pgstat_read_databases(reading);
	else
		heal_pgstat_keep_databases();
	heal_pgstat_read_sessions(reading, situation);
	heal_pgstat_publish_databases();
	heal_pgstat_read_wal(reading);
	heal_pgstat_read_replication(reading);
	heal_pgstat_read_prepared(reading);
	heal_pgstat_read_io(reading);
}

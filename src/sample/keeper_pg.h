/*
 * keeper_pg.h
 *		Keeps samples and baselines over a restart, in a file of the data directory.
 *		Also does what else may wait for a disk: it keeps the settings and looks how full disks are.
 */
#ifndef HEAL_KEEPER_PG_H
#define HEAL_KEEPER_PG_H

#include "postgres.h"

#include "base/types.h"

typedef struct HealKeeperStatus
{
	HealTime saved_at; /* 0 = never since the server started */
	int64 save_us;	   /* how long that took */
	int64 bytes;
	int64 failures; /* since the server started */
	bool failing;	/* the last try */
	char problem[256];
	HealTime
		restored_from; /* when what was read at start had been saved; 0 = nothing was */
} HealKeeperStatus;

/* A stage of the heartbeat: starts the keeper when it is time. */
extern void heal_keep_stage(void);
/* When the engine ends, so that a clean restart loses nothing. Raises no error. */
extern void heal_keep_at_exit(void);
extern HealKeeperStatus heal_keeper_status(void);

extern PGDLLEXPORT void heal_keeper_main(Datum argument);

#endif

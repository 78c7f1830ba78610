/*
 * rollback_queue_pg.h
 *		Rollbacks of snapshots on their way from the SQL function to the process that does them.
 */
#ifndef HEAL_ROLLBACK_QUEUE_PG_H
#define HEAL_ROLLBACK_QUEUE_PG_H

#include "postgres.h"

#include "datatype/timestamp.h"

typedef enum HealRollbackState
{
	HEAL_ROLLBACK_FREE,
	HEAL_ROLLBACK_RESERVED, /* its transaction is about to commit */
	HEAL_ROLLBACK_WAITING,
	HEAL_ROLLBACK_LAUNCHED,
	HEAL_ROLLBACK_RUNNING,
	HEAL_ROLLBACK_ENDED /* and written down; kept for who looked at the table before that */
} HealRollbackState;

typedef struct HealRollbackSlot
{
	int32 state; /* HealRollbackState */
	int32 pid;	 /* of who reserved it, then of who carries it out */
	Oid database;
	int64 rollback; /* its number in the tables of that database */
	TimestampTz ordered_at;
	TimestampTz launched_at;
} HealRollbackSlot;

#define HEAL_MAX_ROLLBACKS 8

/* False when as many as can be are on their way. */
extern bool heal_rollback_reserve(Oid database, int64 rollback);
/* What this process reserved: to be carried out, or not. Never raise an error. */
extern void heal_rollback_confirm(void);
extern void heal_rollback_forget(void);

/* Copy of all slots. */
extern void heal_rollback_slots(HealRollbackSlot *copy);
/* In the worker: false when it is not there to be carried out. Gives the slot back at exit. */
extern bool heal_rollback_claim(int slot, HealRollbackSlot *copy);
/* In the worker: the table says how it ended. */
extern void heal_rollback_end(void);

/* The engine's stage: a process for each that waits. */
extern void heal_rollback_stage(void);

#endif

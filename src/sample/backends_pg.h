/*
 * backends_pg.h
 *		Every process that has a status entry, without its texts.
 */
#ifndef HEAL_BACKENDS_PG_H
#define HEAL_BACKENDS_PG_H

#include "postgres.h"

#include "utils/backend_status.h"
#include "utils/timestamp.h"

typedef struct HealBackend
{
	int pid;
	BackendType type;
	BackendState state;
	uint32 wait;		/* wait event, 0 = none; of sessions and workers only */
	TransactionId xmin; /* as wait */
	uint8 flags;		/* as wait: the PROC_... of a process */
	bool waits_for_standby; /* as wait: its commit, for an answer */
	Oid database;
	Oid role;
	TimestampTz started_at;
	TimestampTz transaction_start; /* 0 = no transaction */
	TimestampTz statement_start;
	TimestampTz state_change;
	uint64 query_id;
	ProgressCommandType command; /* that reports its progress */
	char application[NAMEDATALEN];
} HealBackend;

/* Of all processes, also of those that have no status entry yet. */
typedef struct HealProcesses
{
	int slots_used; /* for connections: who is still logging in has taken his */
	int parallel;	/* workers */
	bool lock_awaited; /* somebody waits for a heavyweight lock */
} HealProcesses;

/* As they are now; returns how many have a status entry. */
extern int heal_backends_read(void);
/* As they were when last read. */
extern HealProcesses heal_processes(void);
/* As they were when last read: 0 and on. Valid until they are read again. */
extern const HealBackend *heal_backend(int index);
extern int heal_backends_count(void);

#endif

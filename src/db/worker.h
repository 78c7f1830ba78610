/*
 * worker.h
 *		Processes that the engine starts, whether they are still there, and how they enter the home database.
 */
#ifndef HEAL_WORKER_H
#define HEAL_WORKER_H

#include "postgres.h"

#include "postmaster/bgworker.h"

/* What one of them is. It is never started again by itself. */
typedef struct HealWorker
{
	const char *type; /* as pg_stat_activity calls it: "selfheal scribe" */
	const char *name; /* in the server's log; NULL = like its type */
	const char *function;
	BgWorkerStartTime start;
	bool connects; /* to a database */
	bool
		wakes; /* the engine, when it begins and ends: for what cannot wait for the next heartbeat */
	Datum argument;
	const char *extra; /* up to BGW_EXTRALEN; NULL = none */
} HealWorker;

/*
 * In the engine. False when every slot for workers is taken. A handle from before is let go of; the new one is
 * NULL when nothing was started, else it stays until the next launch or heal_worker_let_go().
 */
extern bool
heal_worker_launch(const HealWorker *worker, BackgroundWorkerHandle **handle);
/* Not started yet, or not ended yet. False for NULL. */
extern bool heal_worker_runs(BackgroundWorkerHandle *handle);
extern void heal_worker_let_go(BackgroundWorkerHandle **handle);
/*
 * In the process itself, first of all: attaches it to the home database, as a superuser who finds nothing but the
 * server's own by name, writes, waits for no standby, and for no lock longer than a second. look is called as soon as
 * it is attached, before any of that is set; NULL = it is not.
 */
extern void heal_worker_enter_home(void (*look)(void));

#endif

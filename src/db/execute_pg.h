/*
 * execute_pg.h
 *		Statements carried out by a worker as if a client had sent them.
 */
#ifndef HEAL_EXECUTE_PG_H
#define HEAL_EXECUTE_PG_H

#include "postgres.h"

typedef struct HealExecution
{
	Oid role; /* with whose rights; InvalidOid = the acting role's */
	/*
	 * The statement begins transactions of its own, as VACUUM and CREATE INDEX CONCURRENTLY do. The
	 * restriction below ends with a transaction, so these have to look after themselves; they do, as
	 * they run as the table's owner.
	 */
	bool own_transactions;
	int lock_timeout_ms;	  /* 0 = 1 s */
	int statement_timeout_ms; /* 0 = 10 s */
} HealExecution;

/*
 * Carry out one statement at top level, so that also those work that no function can run: ALTER SYSTEM,
 * VACUUM, CREATE INDEX CONCURRENTLY. Called outside of a transaction by a worker that is attached to a
 * database, as nobody's rights can be looked up without one. search_path is the server's own catalog
 * only, and whatever the statement calls runs restricted.
 *
 * True when it was done. Otherwise why holds the server's message, and nothing is left of it: no
 * transaction, no lock, no timeout, no role. Never raises an error; ends the process when that is told
 * to end.
 */
extern bool
heal_execute_top_level(const char *statement, const HealExecution *how,
					   char *why, size_t size);

/* The same for what is no statement: act is called in a transaction, with a snapshot. */
extern bool heal_execute_call(void (*act)(void *argument), void *argument,
							  const HealExecution *how, char *why, size_t size);

#endif

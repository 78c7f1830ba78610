/*
 * statement_pg.h
 *		How long the statements of client sessions take.
 *
 * A statement is what the executor runs at top level: in DO and CALL each statement
 * inside, of a cursor each fetch, at a commit each deferred check. Utility commands
 * are none.
 */
#ifndef HEAL_STATEMENT_PG_H
#define HEAL_STATEMENT_PG_H

#include "postgres.h"

#include "gate/gate_part.h"
#include "gate/query_table.h"
#include "sample/pace.h"

#define HEAL_GATE_DATABASES 64 /* told apart; the rest is counted together */

typedef struct HealDatabaseLatency
{
	Oid database;		  /* invalid = all that are not told apart */
	HealHistogram total;  /* since the server started */
	HealHistogram recent; /* within the last full minute */
} HealDatabaseLatency;

extern const HealGatePart heal_statement_part;

/* The rest is in latency_pg.c. */

/* In every heartbeat: adds up, and fills in the metrics. */
extern void heal_latency_read(HealReading *reading);

/*
 * Stage of the heartbeat: what is done now and then. Not part of sampling, as it needs the
 * catalog, and a catalog that cannot be read must not cost a sample.
 */
extern void heal_statement_tidy(void);

/* Databases in which something ran; returns how many. */
extern int heal_latency_copy(HealDatabaseLatency latency[HEAL_GATE_DATABASES]);
/* What ran of each. */
extern void heal_top_query_totals(HealQueryTotal total[HEAL_TOP_QUERIES]);
/* One place of the table of top queries; false when it is free. */
extern bool
heal_top_query_copy(int place, HealTopQuery *query, HealHistogram *latency);
/* The queries in all places, 0 = it is free, and since when. */
extern void heal_top_query_since(uint64 query[HEAL_TOP_QUERIES],
								 HealTime since[HEAL_TOP_QUERIES]);

#endif

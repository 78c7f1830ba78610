/*
 * database.h
 *		Figures of each database: who is connected, and how much it did lately.
 *
 * Counters become rates over a span that begins at a mark: two marks, renewed in turn
 * each HEAL_DATABASE_SPAN, so a rate tells about the last half to whole minute.
 */
#ifndef HEAL_DATABASE_H
#define HEAL_DATABASE_H

#include "base/types.h"

#define HEAL_DATABASES 64 /* shown one by one; the rest together */
#define HEAL_DATABASE_SPAN (30 * HEAL_SECOND)

typedef enum HealDatabaseCounter
{
	HEAL_DB_COMMITS,
	HEAL_DB_ROLLBACKS,
	HEAL_DB_BLOCKS_FETCHED,
	HEAL_DB_BLOCKS_HIT,
	HEAL_DB_TUPLES_RETURNED,
	HEAL_DB_TUPLES_FETCHED,
	HEAL_DB_TUPLES_INSERTED,
	HEAL_DB_TUPLES_UPDATED,
	HEAL_DB_TUPLES_DELETED,
	HEAL_DB_TEMP_FILES,
	HEAL_DB_TEMP_BYTES,
	HEAL_DB_DEADLOCKS,
	HEAL_DB_CONFLICTS,
	HEAL_DB_CHECKSUM_FAILURES,
	HEAL_DB_SESSIONS_OPENED,
	HEAL_DB_SESSIONS_ABANDONED,
	HEAL_DB_SESSIONS_FATAL,
	HEAL_DB_SESSIONS_KILLED,
	HEAL_DB_READ_TIME,
	HEAL_DB_WRITE_TIME,
	HEAL_DB_COUNTERS
} HealDatabaseCounter;

/* Client sessions of a database; those that wait are among the active. */
typedef enum HealDatabaseSessions
{
	HEAL_DB_SESSIONS,
	HEAL_DB_ACTIVE,
	HEAL_DB_IDLE,
	HEAL_DB_IDLE_IN_TRANSACTION,
	HEAL_DB_ON_CPU,
	HEAL_DB_WAITING_LOCK,
	HEAL_DB_WAITING_LWLOCK,
	HEAL_DB_WAITING_IO,
	HEAL_DB_WAITING_CLIENT,
	HEAL_DB_WAITING_IPC,
	HEAL_DB_WAITING_OTHER,
	HEAL_DB_SESSION_KINDS
} HealDatabaseSessions;

/* What is told about one database. */
typedef struct HealDatabaseFigures
{
	uint32_t oid;	   /* 0 = several together */
	int32_t databases; /* how many */
	int32_t sessions[HEAL_DB_SESSION_KINDS];
	HealTime span;				   /* that the rates tell about; 0 = none yet */
	double rate[HEAL_DB_COUNTERS]; /* per second; NaN = not known */
	double xid_age;				   /* the greatest */
	double multixact_age;
} HealDatabaseFigures;

typedef struct HealDatabase
{
	uint32_t oid;
	bool seen;	/* since heal_databases_begin() */
	bool shown; /* by itself */
	int32_t sessions[HEAL_DB_SESSION_KINDS];
	double xid_age;
	double multixact_age;
	double count[HEAL_DB_COUNTERS];
	HealTime marked_at[2]; /* newer, older; 0 = never */
	double mark[2][HEAL_DB_COUNTERS];
} HealDatabase;

typedef struct HealDatabases
{
	int databases;
	int capacity;
	int cursor;				/* they mostly come in the same order every time */
	bool changed;			/* one came or went, since they were ranked */
	HealTime ranked_at;		/* 0 = never */
	HealDatabase *database; /* [capacity], the caller's memory */
} HealDatabases;

/* Begins a look: nobody is connected, no database is there. */
extern void heal_databases_begin(HealDatabases *all);
/* Nobody is connected; all else stays as the last look found it. */
extern void heal_databases_recount(HealDatabases *all);
/* The database in this look, made when it is new; NULL when there is no room: make some. */
extern HealDatabase *heal_databases_place(HealDatabases *all, uint32_t oid);
/* Forgets databases that are gone. */
extern void heal_databases_end(HealDatabases *all);
/* NULL when it is not there. */
extern HealDatabase *heal_databases_find(HealDatabases *all, uint32_t oid);
/* Counters as they are now. */
extern void heal_database_count_to(HealDatabase *database, HealTime now,
								   const double count[HEAL_DB_COUNTERS]);
/*
 * The busiest one by one and all others as one more; returns how many rows. Who is
 * busiest is found anew each HEAL_DATABASE_SPAN. scratch is [databases].
 */
extern int heal_databases_tell(HealDatabases *all, HealTime now,
							   HealDatabaseFigures figures[HEAL_DATABASES + 1],
							   double *scratch);

#endif

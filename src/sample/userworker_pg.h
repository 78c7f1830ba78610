/*
 * userworker_pg.h
 *		The processes that read what metrics users have, and that run them; and who starts those.
 */
#ifndef HEAL_USERWORKER_PG_H
#define HEAL_USERWORKER_PG_H

#include "postgres.h"

/* A stage of the heartbeat: starts who has something to do, and ends who stays too long. */
extern void heal_user_stage(void);

extern PGDLLEXPORT void heal_user_reader_main(Datum argument);
/* argument = OID of the database */
extern PGDLLEXPORT void heal_user_runner_main(Datum argument);

#endif

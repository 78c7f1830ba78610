/*
 * rollback_pg.h
 *		The worker that puts settings back as a snapshot has them.
 */
#ifndef HEAL_ROLLBACK_PG_H
#define HEAL_ROLLBACK_PG_H

#include "postgres.h"

extern PGDLLEXPORT void heal_rollback_main(Datum argument);

#endif

/*
 * recoverer_pg.h
 *		The worker that takes one recovery through its stages.
 */
#ifndef HEAL_RECOVERER_PG_H
#define HEAL_RECOVERER_PG_H

#include "postgres.h"

/* Whether a process is a recoverer: a pid alone may have been given to anybody meanwhile. */
extern bool heal_recoverer_is_alive(int pid);

extern PGDLLEXPORT void heal_recoverer_main(Datum recovery);

#endif

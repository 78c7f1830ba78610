/*
 * baselinekeeper_pg.h
 *		Keeps what was learnt as normal over a restart.
 */
#ifndef HEAL_BASELINEKEEPER_PG_H
#define HEAL_BASELINEKEEPER_PG_H

#include "sample/ringfile.h"

/*
 * In the postmaster, when the rings have been read: which user row each user's metric has
 * is known by their file.
 */
extern void heal_baselines_load(HealUserNames user_names);
/* Raises no error; false when it could not: see heal_keptfile_note(). */
extern bool heal_baselines_save(bool *failing);

#endif

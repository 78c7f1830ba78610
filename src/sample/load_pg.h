/*
 * load_pg.h
 *		Whose statements take the time, in shared memory.
 */
#ifndef HEAL_LOAD_PG_H
#define HEAL_LOAD_PG_H

#include "postgres.h"

#include "sample/load.h"
#include "sample/pace.h"
#include "sample/situation.h"

/* In the engine, once a sample. */
extern void heal_load_note(const HealSituation *situation);
/* Likewise, after it: how long the top queries take. */
extern void heal_pace_note(const HealSituation *situation);
/* Whom the load comes from; more sources. */
extern void heal_load_sources_read(HealSituation *situation);
/* See heal_load_shares; of the last so much time. */
extern int
heal_load_copy(HealLoadKind kind, HealTime window, HealLoadShare *share);
/* For whoever asks how long statements take now: a copy, palloc'd. */
extern HealPaces *heal_pace_copy(void);

#endif

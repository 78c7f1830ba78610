/*
 * source_pg.h
 *		Whom trouble comes from, into the situation.
 */
#ifndef HEAL_SOURCE_PG_H
#define HEAL_SOURCE_PG_H

#include "postgres.h"

#include "sample/situation.h"

/* After the sessions and what is used up. */
extern void heal_sources_read(HealSituation *situation);
/* Of sessions like this; 0 and "" = any. One whose role or database is gone is unknown. */
extern HealProtection
heal_source_protection(Oid role, Oid database, const char *application);
/* Fills in what it is called. */
extern void heal_source_name(HealSource *source);

#endif

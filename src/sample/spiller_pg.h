/*
 * spiller_pg.h
 *		Roles that spill to temporary files, and the memory there is to do something about it.
 */
#ifndef HEAL_SPILLER_PG_H
#define HEAL_SPILLER_PG_H

#include "postgres.h"

#include "sample/situation.h"

/* Sessions and the directory must have been read. */
extern void heal_spillers_read(HealSituation *situation);
/* In kB, what a session of the role in the database begins with; 0 when that is not known. */
extern double heal_work_mem_in_force(Oid role, Oid database);
/* The database whose setting of the role counts there, InvalidOid = the role's in all databases. */
extern Oid heal_work_mem_level(Oid role, Oid database);

#endif

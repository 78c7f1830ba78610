/*
 * userremedy_pg.h
 *		Remedies of users in shared memory.
 *
 * Their definitions are rows of a table; who adds or removes one puts it here when that is committed, and the reader of
 * users' metrics reads them again after a start and after whatever else has changed the table.
 */
#ifndef HEAL_USERREMEDY_PG_H
#define HEAL_USERREMEDY_PG_H

#include "postgres.h"

#include "recover/userremedy.h"

/* Everybody's: the user rows of this process's catalogue become what they are now. */
extern void heal_user_remedies_load(void);
/* After loading, in this process. */
extern const HealUserRemedy *
heal_user_remedies(void); /* [HEAL_USER_REMEDIES] */
/* The one a recovery was planned with; NULL = it was removed, or is another by now. */
extern const HealUserRemedy *heal_user_remedy_of(const HealRecovery *recovery);
/* Whether the table has been read since the server started. */
extern bool heal_user_remedies_known(void);

/* When it is committed; NULL = the row is nobody's. */
extern void heal_user_remedy_store(int row, const HealUserRemedy *remedy);

/* The reader's, inside SPI: what the table says. */
extern void
heal_user_remedies_read(HealUserRemedy remedies[HEAL_USER_REMEDIES]);
/* What it said when there had been so many changes; of no use when there are more by now. */
extern void
heal_user_remedies_publish(const HealUserRemedy remedies[HEAL_USER_REMEDIES],
						   uint64 changes);

/* Where a run is noted so that a crash of the server is known to be its work; "" = none runs. */
extern void heal_user_remedy_crash_note(int row, const char *name);
/* The server went down while it ran. */
extern bool heal_user_remedy_crashed(const HealRecovery *recovery);

#endif

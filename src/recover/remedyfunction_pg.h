/*
 * remedyfunction_pg.h
 *		The functions behind a remedy of a user: whether they may be run, whether they still are what was added, and
 *		running one.
 */
#ifndef HEAL_REMEDYFUNCTION_PG_H
#define HEAL_REMEDYFUNCTION_PG_H

#include "postgres.h"

#include "recover/userremedy.h"

#define HEAL_REMEDY_ARGUMENTS "(bigint, text, jsonb)"

typedef struct HealRemedyFunctions
{
	Oid oid[HEAL_USER_USES]; /* InvalidOid = there is none and need not be */
	Oid owner;				 /* of all of them */
	char owner_name[HEAL_NAME_SIZE];
	char fingerprint[HEAL_FINGERPRINT_SIZE];
	bool gone;					 /* one of them does not exist */
	char problem[HEAL_SENTENCE]; /* "" = they may be run */
} HealRemedyFunctions;

/*
 * In a transaction with a snapshot, inside SPI: looks them up in this database. Whoever added them must be able to call
 * them.
 */
extern HealRemedyFunctions
heal_remedy_functions_find(const HealUserRemedy *remedy, Oid added_by);
/* The same, and that they are those that were added. */
extern HealRemedyFunctions
heal_remedy_functions_check(const HealUserRemedy *remedy);

/* What is called, with its arguments, for a human to read. Looks nothing up. */
extern char *
heal_remedy_call_text(const HealUserRemedy *remedy, HealUserFunctionUse use,
					  const HealRecovery *recovery);
/*
 * Outside of a transaction: run one of them, as its owner. True when it came to its end and is committed; said then is what
 * it returned, otherwise why not, and nothing is left of it. Never raises an error. A process in which it
 * cannot be cancelled ends.
 */
extern bool
heal_remedy_function_run(const HealUserRemedy *remedy, HealUserFunctionUse use,
						 const HealRecovery *recovery, char *said, size_t size);

#endif

/*
 * ladder_pg.c
 *		Which remedy of a failure's ladder is next.
 */
#include "postgres.h"

#include "db/directory.h"
#include "decide/ladder_pg.h"
#include "decide/plan_pg.h"
#include "recover/userremedy_pg.h"
#include "settings.h"

/* Bits of what was tried: after the ladder's those of users' remedies. */
#define FIRST_USER_RUNG 8
#define USER_RUNG(row) (UINT32_C(1) << (FIRST_USER_RUNG + (row)))
StaticAssertDecl(HEAL_LADDER <= FIRST_USER_RUNG &&
					 FIRST_USER_RUNG + HEAL_USER_REMEDIES <= 32,
				 "every rung has a bit");

void
heal_ladder_mark(HealFailure *failure, int remedy)
{
	const char *const *ladder = heal_failures[failure->kind].ladder;

	if (heal_remedy_is_user(remedy))
		failure->tried |= USER_RUNG(remedy - HEAL_FIRST_USER_REMEDY);
	for (int rung = 0; rung < HEAL_LADDER && ladder[rung] != NULL; rung++)
		if (heal_remedy_lookup(ladder[rung]) == remedy)
			failure->tried |= 1u << rung;
}

/* A function of the home database can do nothing about a table of another, nor see whether it is well. */
static bool
is_within_reach(const HealFailure *failure)
{
	return failure->subject.kind != HEAL_SUBJECT_RELATION ||
		   failure->subject.database ==
			   heal_directory_database_oid(heal_database);
}

static bool
is_switched_off(const HealLedger *ledger, const HealFailure *failure,
				int remedy)
{
	HealPolicyInForce policy = heal_plan_policy(
		ledger, heal_failures[failure->kind].component, remedy);

	return policy.restricted && policy.strictest == HEAL_OBSERVE;
}

/* One that is switched off is passed over, so that the ladder has an end. */
static int
next_of_users(const HealLedger *ledger, const HealFailure *failure)
{
	uint32 skip = failure->tried >> FIRST_USER_RUNG;
	int row;

	if (!is_within_reach(failure))
		return -1;
	while ((row = heal_user_remedy_next(heal_user_remedies(), failure->kind,
										skip)) >= 0)
	{
		if (!is_switched_off(ledger, failure, HEAL_FIRST_USER_REMEDY + row))
			return HEAL_FIRST_USER_REMEDY + row;
		skip |= UINT32_C(1) << row;
	}
	return -1;
}

static int
next_of_ladder(const HealFailure *failure)
{
	const HealFailureType *type = &heal_failures[failure->kind];

	for (int rung = 0; rung < HEAL_LADDER && type->ladder[rung] != NULL; rung++)
		if ((failure->tried & (1u << rung)) == 0)
			return heal_remedy_lookup(type->ladder[rung]);
	return -1;
}

int
heal_ladder_next(const HealLedger *ledger, const HealFailure *failure)
{
	int own = next_of_ladder(failure);
	int of_user;

	if (own >= 0 && !is_switched_off(ledger, failure, own))
		return own;
	of_user = next_of_users(ledger, failure);
	if (of_user >= 0)
		return of_user;
	/* with one tried and the others switched off it is at its end; who switches off the component knows */
	return failure->tried != 0 &&
				   !is_switched_off(ledger, failure, HEAL_LEFT_OPEN)
			   ? -1
			   : own;
}

bool
heal_ladder_is_exhausted(const HealFailure *failure)
{
	return next_of_ladder(failure) < 0;
}

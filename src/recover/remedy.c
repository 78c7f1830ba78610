/*
 * remedy.c
 *		The remedy catalogue, one row each.
 *
 * None of these takes a lock or writes a row. None can be undone: what a cancelled statement or an
 * ended session had not committed is gone, and the client must try again. That is why the gentle
 * rung comes first in every ladder, and why an idle transaction, which has no statement to cancel,
 * starts at the second.
 */
#include "recover/remedy.h"

#include <string.h>

const HealRemedy heal_remedies[HEAL_REMEDIES] = {
	[HEAL_REMEDY_MONITOR] =
		{"monitor", "monitor", HEAL_RISK_NONE, 0, 0, true,
		 "watch whether the failure goes away by itself and record it", NULL,
		 "nothing is done, so there is nothing to undo",
		 "the failure's own condition no longer holds"},
	[HEAL_REMEDY_CANCEL_BLOCKER] =
		{"cancel_blocker", "clear", HEAL_RISK_LOW, 1, 3000, true,
		 "cancel the statement of the session at the root of the lock queue",
		 "pg_catalog.pg_cancel_backend(%d)",
		 "none: the client sees an error and may run its statement again",
		 "nobody waits behind that session and the waiters got on"},
	[HEAL_REMEDY_TERMINATE_BLOCKER] =
		{"terminate_blocker", "clear", HEAL_RISK_MEDIUM, 1, 3000, true,
		 "end the session at the root of the lock queue",
		 "pg_catalog.pg_terminate_backend(%d)",
		 "none: its open transaction is rolled back and the client must reconnect",
		 "nobody waits behind that session and the waiters got on"},
	[HEAL_REMEDY_TERMINATE_IDLE_SESSIONS] =
		{"terminate_idle_sessions", "clear", HEAL_RISK_MEDIUM, 10, 5000, true,
		 "end the sessions that have been idle longest, outside any transaction",
		 "pg_catalog.pg_terminate_backend(%d)",
		 "none: the clients must reconnect; no transaction is lost",
		 "the share of used connection slots is below the threshold again"},
};

int
heal_remedy_lookup(const char *name)
{
	for (int i = 0; i < HEAL_REMEDIES; i++)
		if (strcmp(heal_remedies[i].name, name) == 0)
			return i;
	return -1;
}

const char *
heal_risk_name(HealRisk risk)
{
	static const char *const names[] = {"none", "low", "medium", "high"};

	return (unsigned) risk < heal_lengthof(names) ? names[risk] : "invalid";
}

/*
 * situation.c
 *		Words for the states of a session, and finding one again.
 */
#include "sample/situation.h"

static const char *const state_names[] = {
	[HEAL_SESSION_OTHER] = "unknown",
	[HEAL_SESSION_ACTIVE] = "active",
	[HEAL_SESSION_IDLE] = "idle",
	[HEAL_SESSION_IDLE_IN_TRANSACTION] = "idle in transaction",
	[HEAL_SESSION_IDLE_IN_TRANSACTION_ABORTED] =
		"idle in transaction (aborted)",
};

static const char *const protection_reasons[] = {
	[HEAL_PROTECTED_NOT] = "is not protected",
	[HEAL_PROTECTED_NOT_A_CLIENT] = "is not an ordinary client session",
	[HEAL_PROTECTED_SUPERUSER] = "belongs to a superuser",
	[HEAL_PROTECTED_RESERVED_ROLE] = "belongs to a reserved role",
	[HEAL_PROTECTED_RESPONDER] = "belongs to a selfheal admin or operator",
	[HEAL_PROTECTED_BACKUP] = "is a backup or a dump",
	[HEAL_PROTECTED_SYNC_WAIT] = "waits for a synchronous standby",
	[HEAL_PROTECTED_BY_SETTING] = "matches selfheal.protected_sessions",
	[HEAL_PROTECTED_UNKNOWN] = "belongs to an unknown role",
};

const char *
heal_process_name(HealProcess process)
{
	static const char *const names[] = {"", "autovacuum worker", "walsender",
										"walreceiver"};

	return (unsigned) process < heal_lengthof(names) ? names[process] : "";
}

const char *
heal_session_state_name(HealSessionState state)
{
	return state_names[state];
}

const char *
heal_protection_reason(HealProtection protection)
{
	return protection_reasons[protection];
}

bool
heal_same_identity(HealIdentity a, HealIdentity b)
{
	return a.pid == b.pid && a.backend_start == b.backend_start;
}

int
heal_situation_lookup(const HealSituation *situation, HealIdentity id)
{
	for (int i = 0; i < situation->sessions; i++)
	{
		if (heal_same_identity(situation->session[i].id, id))
			return i;
	}
	return -1;
}

bool
heal_is_used_up(const HealSituation *situation, double slots_threshold)
{
	return situation->cpu_used >= HEAL_CPU_SATURATED ||
		   (situation->slots_total > 0 &&
			situation->slots_used >= slots_threshold * situation->slots_total);
}

int
heal_situation_sessions_of(const HealSituation *situation, uint32_t role,
						   uint32_t database)
{
	int count = 0;

	for (int i = 0; i < situation->sessions; i++)
		count += situation->session[i].client &&
				 situation->session[i].role == role &&
				 (database == 0 || situation->session[i].database == database);
	return count;
}

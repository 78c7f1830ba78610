/*
 * action_hand_over_pg.c
 *		Hand a node over to whoever decides on failovers.
 */
#include "postgres.h"

#include "recover/action_pg.h"
#include "recover/failover_pg.h"

static const HealFailoverAdapter *const adapter = &heal_failover_none;

static const char *
hand_over_statement(const HealRecovery *recovery)
{
	return adapter->statement;
}

static void
hand_over_aim(HealRecovery *recovery, const char *target,
			  const HealSituation *situation)
{
	if (target != NULL)
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("remedy \"hand_over\" takes no target"),
				errdetail("It is about this server."));
	strlcpy(recovery->component, "replication", sizeof(recovery->component));
}

static HealDone
hand_over_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	if (!adapter->hand_over(outcome, size))
		return HEAL_NOT_DONE;
	ereport(LOG,
			errmsg("selfheal: recovery %lld hands this server over (%s)",
				   (long long) recovery->id, adapter->name),
			errdetail("%s. %s.", recovery->evidence, outcome));
	return HEAL_DONE;
}

const HealAction heal_action_hand_over = {
	.statement = hand_over_statement,
	.aim = hand_over_aim,
	.act = hand_over_act,
};

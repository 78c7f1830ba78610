/*
 * component_policy.c
 *		What holds for one component or one remedy instead of the settings.
 */
#include "decide/component_policy.h"

#include <string.h>

#include "base/text.h"

const HealComponentPolicy *
heal_component_policy_find(const HealComponentPolicy *policies,
						   const char *component, int remedy)
{
	for (int i = 0; i < HEAL_MAX_POLICIES; i++)
		if (policies[i].in_force && policies[i].remedy == remedy &&
			strcmp(policies[i].component, component) == 0)
			return &policies[i];
	return NULL;
}

bool
heal_component_policy_store(HealComponentPolicy *policies,
							const HealComponentPolicy *policy)
{
	HealComponentPolicy *slot =
		(HealComponentPolicy *) heal_component_policy_find(
			policies, policy->component, policy->remedy);

	for (int i = 0; slot == NULL && i < HEAL_MAX_POLICIES; i++)
		if (!policies[i].in_force)
			slot = &policies[i];
	if (slot == NULL)
		return false;
	if (policy->in_force)
		*slot = *policy;
	else
		memset(slot, 0, sizeof(*slot));
	return true;
}

static bool
is_between(int value, int least, int most)
{
	return value == HEAL_LEFT_OPEN || (value >= least && value <= most);
}

bool
heal_component_policy_valid(const HealComponentPolicy *policy)
{
	return (policy->remedy == HEAL_LEFT_OPEN ||
			heal_remedy_is_valid(policy->remedy)) &&
		   is_between(policy->autonomy, HEAL_OBSERVE, HEAL_FULL) &&
		   is_between(policy->max_retries, 0, HEAL_MOST_RETRIES) &&
		   is_between(policy->timeout, 1, HEAL_MOST_TIMEOUT) &&
		   policy->component[0] != '\0' &&
		   heal_text_terminated(policy->component, sizeof(policy->component)) &&
		   heal_text_terminated(policy->by, sizeof(policy->by)) &&
		   heal_text_terminated(policy->reason, sizeof(policy->reason));
}

/* From the most general to the most particular, so that the last word is the most particular one's. */
static void
listen_to(HealPolicyInForce *in_force, const HealComponentPolicy *policy)
{
	if (policy == NULL)
		return;
	if (policy->autonomy != HEAL_LEFT_OPEN)
	{
		HealAutonomy autonomy = (HealAutonomy) policy->autonomy;

		if (!in_force->restricted || autonomy < in_force->strictest)
			in_force->strictest = autonomy;
		in_force->restricted = true;
	}
	if (policy->max_retries != HEAL_LEFT_OPEN)
		in_force->max_retries = policy->max_retries;
	if (policy->timeout != HEAL_LEFT_OPEN)
		in_force->timeout = policy->timeout;
}

HealPolicyInForce
heal_component_policy_in_force(const HealComponentPolicy *policies,
							   const char *component, int remedy,
							   int max_retries, int timeout)
{
	HealPolicyInForce in_force = {.max_retries = max_retries,
								  .timeout = timeout};

	listen_to(&in_force,
			  heal_component_policy_find(policies, component, HEAL_LEFT_OPEN));
	if (remedy == HEAL_LEFT_OPEN)
		return in_force;
	listen_to(&in_force, heal_component_policy_find(policies, "all", remedy));
	listen_to(&in_force,
			  heal_component_policy_find(policies, component, remedy));
	return in_force;
}

static const char *const autonomies[] = {"observe", "approve", "limited",
										 "full"};

const char *
heal_autonomy_name(HealAutonomy autonomy)
{
	return (unsigned) autonomy < heal_lengthof(autonomies)
			   ? autonomies[autonomy]
			   : "invalid";
}

int
heal_autonomy_lookup(const char *name)
{
	if (strcmp(name, "off") == 0)
		return HEAL_OBSERVE;
	for (size_t i = 0; i < heal_lengthof(autonomies); i++)
		if (strcmp(name, autonomies[i]) == 0)
			return (int) i;
	return -1;
}

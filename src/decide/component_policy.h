/*
 * component_policy.h
 *		What holds for one component or one remedy instead of the settings.
 *
 * A policy says how much may be done without asking, how often it is tried and for how long; what it
 * leaves open the settings decide. It can only take autonomy away: the strictest of setting and policies
 * counts, so nobody who tightens the setting has to know of every policy. Of numbers the most particular
 * counts: those for the remedy on the component, for the remedy, for the component, the settings.
 */
#ifndef HEAL_COMPONENT_POLICY_H
#define HEAL_COMPONENT_POLICY_H

#include "recover/recovery.h"
#include "recover/remedy.h"
#include "settings.h"

#define HEAL_MAX_POLICIES 32
#define HEAL_LEFT_OPEN (-1)

typedef struct HealComponentPolicy
{
	int32_t in_force; /* 0 = free slot; in a record: taken back */
	int32_t remedy;	  /* HealRemedyId; left open = all */
	int32_t autonomy; /* HealAutonomy; left open = no restriction */
	int32_t max_retries;
	int32_t timeout; /* s */
	int32_t spare;
	HealTime at;
	char component[HEAL_NAME_SIZE]; /* or "all", with a remedy */
	char by[HEAL_NAME_SIZE];
	char reason[HEAL_SENTENCE];
} HealComponentPolicy;

/* What applies in the end. */
typedef struct HealPolicyInForce
{
	bool restricted;		/* some policy has a say in autonomy */
	HealAutonomy strictest; /* of those; meaningless without */
	int max_retries;
	int timeout; /* s */
} HealPolicyInForce;

/* Exactly this component and remedy, in force; NULL = none. */
extern const HealComponentPolicy *
heal_component_policy_find(const HealComponentPolicy *policies,
						   const char *component, int remedy);
/* Set or take back; false when every slot is taken by another. */
extern bool heal_component_policy_store(HealComponentPolicy *policies,
										const HealComponentPolicy *policy);
/* False for numbers that no setting may have, or names that do not end. */
extern bool heal_component_policy_valid(const HealComponentPolicy *policy);
extern const char *heal_autonomy_name(HealAutonomy autonomy);
/* "off" is observe; -1 for what is none. */
extern int heal_autonomy_lookup(const char *name);
/* policies: HEAL_MAX_POLICIES; remedy may be left open. */
extern HealPolicyInForce
heal_component_policy_in_force(const HealComponentPolicy *policies,
							   const char *component, int remedy,
							   int max_retries, int timeout);

#endif

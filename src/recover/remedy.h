/*
 * remedy.h
 *		The remedy catalogue: what selfheal can do, and what each act costs.
 */
#ifndef HEAL_REMEDY_H
#define HEAL_REMEDY_H

#include "base/types.h"

typedef enum HealRemedyId
{
	HEAL_REMEDY_MONITOR,
	HEAL_REMEDY_CANCEL_BLOCKER,
	HEAL_REMEDY_TERMINATE_BLOCKER,
	HEAL_REMEDY_TERMINATE_IDLE_SESSIONS,
	HEAL_REMEDIES
} HealRemedyId;

/* What an act costs those it concerns. */
typedef enum HealRisk
{
	HEAL_RISK_NONE,	  /* nothing is touched */
	HEAL_RISK_LOW,	  /* one statement is lost, the session lives */
	HEAL_RISK_MEDIUM, /* a session is lost, its open transaction is rolled back */
	HEAL_RISK_HIGH	  /* cannot be taken back: always a human */
} HealRisk;

typedef struct HealRemedy
{
	const char *name;
	const char *
		strategy; /* one of the seven: restart, failover, scale, reconfigure, clear, throttle, monitor */
	HealRisk risk;
	int max_targets; /* sessions one act may concern; 0 = it touches none */
	int verify_ms;	 /* how long one attempt may take to show its effect */
	bool on_standby;
	const char *does; /* sentence for the proposal */
	const char *
		call; /* what is called for each target; %d is the pid. NULL = nothing */
	const char *undo;	 /* sentence */
	const char *expects; /* sentence: what verification looks at */
} HealRemedy;

extern const HealRemedy heal_remedies[HEAL_REMEDIES];

extern int heal_remedy_lookup(const char *name); /* -1 unknown */
extern const char *heal_risk_name(HealRisk risk);

#endif

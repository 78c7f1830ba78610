/*
 * guard.h
 *		The rails: hard rules that no score, setting of sensitivity or learnt weight overrides.
 *
 * The same rails are asked twice: when a recovery is decided on, and by the recoverer immediately
 * before each side effect, with facts gathered anew.
 */
#ifndef HEAL_GUARD_H
#define HEAL_GUARD_H

#include "recover/remedy.h"
#include "sample/situation.h"
#include "settings.h"

/* Ordered: the strictest rail wins. */
typedef enum HealJudgementKind
{
	HEAL_GO,	/* may be done without asking */
	HEAL_ASK,	/* needs a human */
	HEAL_REFUSE /* must not be done now, whoever asks */
} HealJudgementKind;

typedef struct HealJudgement
{
	HealJudgementKind kind;
	const char *rail; /* name of the rail that decided; "" when none spoke */
	char reason
		[256]; /* sentence; names every rail that spoke, strictest first */
} HealJudgement;

/* When more than so many failures are open at once, the sensor or the server as a whole is what is sick. */
#define HEAL_MANY_FAILURES 4
/* So often it is throttled by itself; then who comes back again is a human's affair. */
#define HEAL_MOST_COMEBACKS 3
/* A transaction younger than this is nobody's outage. */
#define HEAL_YOUNG_TRANSACTION HEAL_SECOND

typedef struct HealGuardFacts
{
	HealRemedyId remedy;
	bool human;	 /* a human asked for or approved exactly this */
	bool agreed; /* it gives back what a human let be lent */
	bool
		granted; /* an administrator has granted this remedy autonomy by name */

	/* orders in force */
	bool enabled;
	bool stopped;
	bool paused;
	bool passive;
	HealAutonomy autonomy;
	bool restricted; /* policies of the component or the remedy have a say */
	HealAutonomy policy; /* the strictest of them */
	bool statistical;	 /* the failure was found by anomalies alone */
	bool critical;		 /* so many suffer from the failure */

	/* the evidence */
	HealTime now;
	HealTime newest_sample;
	HealTime sample_interval;
	HealTime
		clock_step; /* how far the wall clock jumped against the monotonic one */
	bool in_recovery;

	/* the targets, as they are now */
	int targets;
	int targets_changed;
	bool
		no_plan; /* what is to be changed, or to what, is not known or not allowed */
	HealProtection protection; /* strongest among the targets */
	bool contested;			   /* somebody else blocks the same sessions */
	HealTime
		youngest; /* start of the youngest transaction among the targets; 0 = none is in one */
	HealTime youth; /* how long a transaction counts as young */

	/* what has been done lately */
	int acts_10min;
	int acts_hour;
	int acts_day;
	int max_acts_10min;
	int max_acts_hour;
	int max_acts_day;
	HealTime
		last_own_act; /* last unasked act on same component, failure and remedy; 0 = never */
	HealTime cooldown;
	int comebacks; /* how often the same source was throttled lately */
	bool blamed;   /* an own act on the component may have brought it on */
	int consecutive_failures; /* of this remedy on this component */
	int breaker_failures;
	int in_flight;	   /* other recoveries running on the component */
	int open_failures; /* confirmed and not over, of any kind */
} HealGuardFacts;

typedef struct HealRail
{
	const char *name;
	HealJudgementKind (*check)(const HealGuardFacts *facts);
	const char *
		reason; /* sentence completing "it was not done by itself because ..." */
} HealRail;

extern const HealRail heal_rails[];
extern const int heal_rail_count;

extern HealJudgement heal_guard_judge(const HealGuardFacts *facts);

#endif

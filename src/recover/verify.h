/*
 * verify.h
 *		Did it help? Judged by those who suffered, not by the act having been done.
 */
#ifndef HEAL_VERIFY_H
#define HEAL_VERIFY_H

#include "detect/failure.h"

/* A session that waited for a lock before the act, and since when. */
typedef struct HealSufferer
{
	HealIdentity id;
	HealTime wait_start;
} HealSufferer;

#define HEAL_MAX_SUFFERERS 256

typedef struct HealEffect
{
	bool gone;		   /* the failure's own condition no longer holds */
	int still_waiting; /* of the sufferers, those still in the very same wait */
	int sufferers;
} HealEffect;

/* Sessions waiting, directly or not, for the culprit; the longest waits first when there are too many. */
extern int heal_verify_sufferers(const HealSituation *situation,
								 const HealSubject *subject,
								 HealSufferer *sufferers, int max);
/* sufferers may be 0: then the failure's own condition alone decides. */
extern HealEffect heal_verify_effect(const HealSituation *situation,
									 const HealFailureLimits *limits, int kind,
									 const HealSubject *subject,
									 const HealSufferer *sufferers, int count);
extern bool heal_verify_healed(const HealEffect *effect);

#endif

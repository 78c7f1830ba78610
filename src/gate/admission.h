/*
 * admission.h
 *		Who may go on under the rules that fit, who waits, and who is next.
 *
 * Sets of rules are masks: bit n is rule n of the table. Each process has a place, by its
 * number; it alone writes there, and who vanished is found by whoever looks, so nobody
 * can leave a slot taken behind. Asking is done under a lock; leaving needs none, as it
 * must be possible after an error, when other locks may be held.
 */
#ifndef HEAL_ADMISSION_H
#define HEAL_ADMISSION_H

#include "gate/throttle.h"

typedef struct HealPlace
{
	_Atomic uint32_t holding; /* counts for these rules */
	_Atomic uint32_t waiting; /* these do not let it go on */
	_Atomic uint64_t ticket;  /* order of arrival; 0 = has not come */
	_Atomic int32_t pid;	  /* whose holding and waiting this is */
} HealPlace;

typedef struct HealBucket
{
	double tokens;
	HealTime filled_at; /* 0 = never: it is full */
} HealBucket;

/* All zero is empty. */
typedef struct HealAdmission
{
	uint64_t last_ticket;
	HealBucket bucket[HEAL_THROTTLES];
	int32_t places;
	HealPlace place[];
} HealAdmission;

extern void
heal_admission_arrive(HealAdmission *admission, int me, int32_t pid);
/*
 * Which of the rules in mask hold it up; 0 = it may go on, and counts from now. Who came
 * before and still waits for the same rule goes first.
 */
extern uint32_t
heal_admission_ask(HealAdmission *admission, int me, uint32_t mask,
				   const HealThrottle rule[HEAL_THROTTLES], HealTime now);
/* Waits for these without asking. */
extern void
heal_admission_wait(HealAdmission *admission, int me, uint32_t mask);
/* Goes on without asking, and counts: beyond the limit if need be. */
extern void
heal_admission_pass(HealAdmission *admission, int me, uint32_t mask,
					const HealThrottle rule[HEAL_THROTTLES], HealTime now);
/* Microseconds until asking again may help, at most longest. */
extern HealTime heal_admission_patience(const HealAdmission *admission, int me,
										uint32_t blocked,
										const HealThrottle rule[HEAL_THROTTLES],
										HealTime longest);
/* Returns what it held. */
extern uint32_t heal_admission_leave(HealAdmission *admission, int me);
/* Who came first of those that wait for this rule; -1 = nobody. */
extern int heal_admission_next(const HealAdmission *admission, int rule);
extern int heal_admission_holding(const HealAdmission *admission, int rule);
extern int heal_admission_waiting(const HealAdmission *admission, int rule);
/* Rules somebody counts for. */
extern uint32_t heal_admission_in_use(const HealAdmission *admission);

#endif

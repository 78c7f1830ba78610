/*
 * probe.h
 *		The proof that the database works: how its newest run ended, when the next one is due, and what that
 *		says of the component.
 *
 * Times here are of a clock that nobody sets, but for those that are shown.
 */
#ifndef HEAL_PROBE_H
#define HEAL_PROBE_H

#include "health/health.h"

typedef enum HealProbeResult
{
	HEAL_PROBE_NONE,  /* none has ended yet */
	HEAL_PROBE_WROTE, /* written, flushed, read back */
	HEAL_PROBE_READ,  /* a standby: read */
	HEAL_PROBE_FAILED,
	HEAL_PROBE_IMPOSSIBLE /* what it needs is not there: says nothing of the database */
} HealProbeResult;

/* Why one did not work, as far as it says what to do. */
typedef enum HealProbeTrouble
{
	HEAL_PROBE_TROUBLE_OTHER,
	HEAL_PROBE_LOCKED,		 /* its table, by somebody */
	HEAL_PROBE_TOO_LATE,	 /* beyond its time, or cancelled */
	HEAL_PROBE_NO_SPACE,	 /* on the volume of the data directory */
	HEAL_PROBE_NOT_WRITABLE, /* that volume, or the files are somebody else's */
	HEAL_PROBE_READ_ONLY,	 /* sessions are, by a setting */
	HEAL_PROBE_TABLE,		 /* is not as it should be */
	HEAL_PROBE_TROUBLES
} HealProbeTrouble;

#define HEAL_PROBE_REST_AT_MOST HEAL_MINUTE /* between two that fail */
#define HEAL_PROBE_GRACE \
	(2 * HEAL_SECOND) /* beyond its time, before it hangs */

typedef struct HealProbe
{
	int64_t began;	  /* of the one that runs; 0 = none does */
	int64_t ended;	  /* of the newest; 0 = none has */
	int64_t count;	  /* that have ended, since the server started */
	int32_t result;	  /* HealProbeResult, of the newest */
	int32_t failures; /* in a row */
	int32_t slow;	  /* in a row */
	int32_t spare;
	int64_t took;	   /* us, of the newest that did not fail; 0 = none yet */
	HealTime ended_at; /* by the wall clock */
	HealTime since;	   /* when the failures in a row began, by the wall clock */
	char reason[HEAL_SENTENCE]; /* why the newest failed or was impossible */
} HealProbe;

typedef struct HealProbeLimits
{
	int64_t interval; /* us */
	int64_t timeout;  /* us */
} HealProbeLimits;

/*
 * One that failed is repeated after the interval, so that a mishap is soon known to be one; each further one in a
 * row doubles the time, to a minute at most, unless the interval is longer.
 */
extern bool heal_probe_is_due(const HealProbe *probe, int64_t now,
							  const HealProbeLimits *limits);
extern void heal_probe_begin(HealProbe *probe, int64_t now);
/* took in us; reason NULL unless it failed or was impossible. */
extern void heal_probe_end(HealProbe *probe, HealProbeResult result,
						   int64_t took, const char *reason, int64_t now,
						   HealTime wall, const HealProbeLimits *limits);
/*
 * Of an error by its SQLSTATE, five characters. A missing privilege is trouble with the files, as to the scribe no
 * other is missing; all else of its class is our own table's.
 */
extern HealProbeTrouble heal_probe_trouble(const char *sqlstate);
/* Whether that says anything of the database. */
extern HealProbeResult heal_probe_result_of(HealProbeTrouble trouble);
/* What to do: sentences for a hint. */
extern const char *heal_probe_advice(HealProbeTrouble trouble);

/*
 * What is to be said of the component: degraded by one that failed or two that were slow, failed by two in a row or one
 * that does not end, unknown when none ended lately or none is possible.
 */
extern void
heal_probe_opine(const HealProbe *probe, int64_t now, HealTime wall,
				 const HealProbeLimits *limits, HealOpinion *opinion);

#endif

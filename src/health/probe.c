/*
 * probe.c
 *		The proof that the database works, as far as it needs no database.
 */
#include "health/probe.h"

#include <stdio.h>
#include <string.h>

#define LATE 3		 /* intervals without a result until nobody knows */
#define SLOW_SHARE 2 /* more than half of its time is slow */

static int64_t
rest_after(const HealProbe *probe, const HealProbeLimits *limits);
static double seconds(int64_t microseconds);
static void opine_failed(const HealProbe *probe, HealOpinion *opinion);

bool
heal_probe_is_due(const HealProbe *probe, int64_t now,
				  const HealProbeLimits *limits)
{
	if (probe->began != 0)
		return false;
	return probe->ended == 0 || now - probe->ended >= rest_after(probe, limits);
}

void
heal_probe_begin(HealProbe *probe, int64_t now)
{
	probe->began = now;
}

void
heal_probe_end(HealProbe *probe, HealProbeResult result, int64_t took,
			   const char *reason, int64_t now, HealTime wall,
			   const HealProbeLimits *limits)
{
	bool worked = result == HEAL_PROBE_WROTE || result == HEAL_PROBE_READ;

	if (worked && took > limits->timeout)
	{
		worked = false;
		result = HEAL_PROBE_FAILED;
		reason = "what was written and read back came too late";
	}
	if (result != HEAL_PROBE_FAILED)
		probe->failures = 0;
	else if (probe->failures++ == 0)
		probe->since = wall;
	if (!worked)
		probe->slow = 0;
	else if (took <= limits->timeout / SLOW_SHARE)
		probe->slow = 0;
	else if (probe->slow++ == 0)
		probe->since = wall;
	if (worked)
		probe->took = took;
	probe->began = 0;
	probe->ended = now;
	probe->ended_at = wall;
	probe->result = result;
	probe->count++;
	snprintf(probe->reason, sizeof(probe->reason), "%s",
			 worked || reason == NULL ? "" : reason);
}

/* The first that the SQLSTATE begins with. */
static const struct
{
	const char *sqlstate;
	HealProbeTrouble trouble;
} troubles[] = {
	{"55P03", HEAL_PROBE_LOCKED},	 {"57014", HEAL_PROBE_TOO_LATE},
	{"53100", HEAL_PROBE_NO_SPACE},	 {"42501", HEAL_PROBE_NOT_WRITABLE},
	{"25006", HEAL_PROBE_READ_ONLY}, {"42", HEAL_PROBE_TABLE},
};

HealProbeTrouble
heal_probe_trouble(const char *sqlstate)
{
	for (size_t i = 0; i < heal_lengthof(troubles); i++)
		if (strncmp(sqlstate, troubles[i].sqlstate,
					strlen(troubles[i].sqlstate)) == 0)
			return troubles[i].trouble;
	return HEAL_PROBE_TROUBLE_OTHER;
}

HealProbeResult
heal_probe_result_of(HealProbeTrouble trouble)
{
	return trouble == HEAL_PROBE_TABLE ? HEAL_PROBE_IMPOSSIBLE
									   : HEAL_PROBE_FAILED;
}

const char *
heal_probe_advice(HealProbeTrouble trouble)
{
	static const char *const advice[HEAL_PROBE_TROUBLES] = {
		[HEAL_PROBE_TROUBLE_OTHER] =
			"UPDATE selfheal.probe SET number = number shows whether users get the same error; "
			"selfheal.health shows whether it lasts.",
		[HEAL_PROBE_LOCKED] =
			"See who holds selfheal.probe in pg_locks and end that: nobody but selfheal needs it.",
		[HEAL_PROBE_TOO_LATE] =
			"See selfheal.metrics and the system's own tools for what keeps the disks busy; "
			"selfheal.health_check_timeout is the time it has.",
		[HEAL_PROBE_NO_SPACE] =
			"Make room on the volume of the data directory; selfheal.disk shows how full it is.",
		[HEAL_PROBE_NOT_WRITABLE] =
			"See the system's log for why the volume of the data directory cannot be written, and whose its files are.",
		[HEAL_PROBE_READ_ONLY] =
			"Switch default_transaction_read_only off where that is not wanted; "
			"selfheal.setting_changes shows when it was switched on.",
		[HEAL_PROBE_TABLE] = "selfheal.diagnose() says how to make it again.",
	};

	return advice[trouble];
}

void
heal_probe_opine(const HealProbe *probe, int64_t now, HealTime wall,
				 const HealProbeLimits *limits, HealOpinion *opinion)
{
	char reason[HEAL_SENTENCE];
	int64_t silent = now - probe->ended;

	if (probe->began != 0 &&
		now - probe->began > limits->timeout + HEAL_PROBE_GRACE)
	{
		snprintf(
			reason, sizeof(reason),
			"a probe has been writing and reading for %.0f s and does not end",
			seconds(now - probe->began));
		heal_opinion_add(opinion, HEAL_HEALTH_FAILED,
						 wall - (now - probe->began), reason);
	}
	else if (probe->ended == 0)
		heal_opinion_add(opinion, HEAL_HEALTH_UNKNOWN, 0,
						 "no probe has ended yet");
	else if (silent > LATE * rest_after(probe, limits) + limits->timeout +
						  HEAL_PROBE_GRACE)
	{
		snprintf(reason, sizeof(reason), "no probe has ended for %.0f s",
				 seconds(silent));
		heal_opinion_add(opinion, HEAL_HEALTH_UNKNOWN, wall - silent, reason);
	}
	else if (probe->result == HEAL_PROBE_FAILED)
		opine_failed(probe, opinion);
	else if (probe->result == HEAL_PROBE_IMPOSSIBLE)
		heal_opinion_add(opinion, HEAL_HEALTH_UNKNOWN, 0, probe->reason);
	else if (probe->slow > 1)
	{
		snprintf(reason, sizeof(reason),
				 "the last %d probes were slow: writing and reading a row took "
				 "%.1f s",
				 probe->slow, seconds(probe->took));
		heal_opinion_add(opinion, HEAL_HEALTH_DEGRADED, probe->since, reason);
	}
}

static void
opine_failed(const HealProbe *probe, HealOpinion *opinion)
{
	char reason[HEAL_SENTENCE];

	if (probe->failures > 1)
		snprintf(reason, sizeof(reason), "the last %d probes failed: %.190s",
				 probe->failures, probe->reason);
	else
		snprintf(reason, sizeof(reason), "the last probe failed: %.190s",
				 probe->reason);
	heal_opinion_add(opinion,
					 probe->failures > 1 ? HEAL_HEALTH_FAILED
										 : HEAL_HEALTH_DEGRADED,
					 probe->since, reason);
}

static int64_t
rest_after(const HealProbe *probe, const HealProbeLimits *limits)
{
	int64_t rest = limits->interval;

	for (int i = 1; i < probe->failures && rest < HEAL_PROBE_REST_AT_MOST; i++)
		rest *= 2;
	if (rest > HEAL_PROBE_REST_AT_MOST)
		rest = HEAL_PROBE_REST_AT_MOST;
	return rest > limits->interval ? rest : limits->interval;
}

static double
seconds(int64_t microseconds)
{
	return (double) microseconds / HEAL_SECOND;
}

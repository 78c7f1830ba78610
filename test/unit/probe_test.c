/*
 * probe_test.c
 *		When the next probe is due, and what the last ones say.
 */
#include "health/probe.h"

#include <string.h>

#include "tap.h"

#define WALL (INT64_C(9000) * HEAL_DAY)

static const HealProbeLimits limits = {.interval = 10 * HEAL_SECOND,
									   .timeout = 3 * HEAL_SECOND};
static HealProbe probe;
static int64_t now;

static void
begin(void)
{
	memset(&probe, 0, sizeof(probe));
	now = 1000 * HEAL_SECOND;
}

static HealTime
wall(void)
{
	return WALL + now;
}

static void
end(HealProbeResult result, int64_t took, const char *reason)
{
	heal_probe_begin(&probe, now);
	now += took;
	heal_probe_end(&probe, result, took, reason, now, wall(), &limits);
}

static HealOpinion
opine(void)
{
	HealOpinion opinion;

	heal_opinion_begin(&opinion);
	heal_probe_opine(&probe, now, wall(), &limits, &opinion);
	return opinion;
}

/* Seconds from now on until the next is due. */
static int
due_in(void)
{
	int seconds = 0;

	while (!heal_probe_is_due(&probe, now + seconds * HEAL_SECOND, &limits) &&
		   seconds < 10000)
		seconds++;
	return seconds;
}

static void
works(void)
{
	begin();
	is_int(due_in(), 0, "the first is due at once");
	is_int(opine().state, HEAL_HEALTH_UNKNOWN, "before it nobody knows");
	heal_probe_begin(&probe, now);
	ok(!heal_probe_is_due(&probe, now + HEAL_HOUR, &limits),
	   "while one runs there is no other");
	end(HEAL_PROBE_WROTE, 4 * HEAL_MILLISECOND, NULL);
	is_int(opine().state, HEAL_HEALTH_HEALTHY,
		   "one that wrote says nothing bad");
	is_int(probe.took, 4000, "and how long it took");
	is_int(due_in(), 10, "the next is due after the interval");
	end(HEAL_PROBE_READ, 1, NULL);
	is_int(opine().state, HEAL_HEALTH_HEALTHY, "a standby that reads is well");
	now += 40 * HEAL_SECOND;
	is_int(opine().state, HEAL_HEALTH_UNKNOWN, "long without one nobody knows");
}

static void
fails(void)
{
	HealOpinion opinion;

	begin();
	end(HEAL_PROBE_WROTE, 1000, NULL);
	now += 10 * HEAL_SECOND;
	end(HEAL_PROBE_FAILED, 2000, "no space left");
	opinion = opine();
	is_int(opinion.state, HEAL_HEALTH_DEGRADED,
		   "one that failed is no proof yet");
	is_string(opinion.reason, "the last probe failed: no space left",
			  "with the reason");
	is_int(due_in(), 10, "it is tried again after the interval");
	now += 10 * HEAL_SECOND;
	end(HEAL_PROBE_FAILED, 2000, "no space left");
	opinion = opine();
	is_int(opinion.state, HEAL_HEALTH_FAILED, "two in a row are");
	is_string(opinion.reason, "the last 2 probes failed: no space left",
			  "with the reason");
	is_int(opinion.since, WALL + 1010 * HEAL_SECOND + 3000,
		   "since the first of them");
	is_int(probe.took, 1000, "a failure tells no duration");
	is_int(due_in(), 20, "the next comes later");
	end(HEAL_PROBE_FAILED, 2000, "no space left");
	is_int(due_in(), 40, "and later");
	end(HEAL_PROBE_FAILED, 2000, "no space left");
	is_int(due_in(), 60, "but within a minute");
	for (int i = 0; i < 100; i++)
		end(HEAL_PROBE_FAILED, 2000, "no space left");
	is_int(due_in(), 60, "however often");
	now += 150 * HEAL_SECOND;
	is_int(opine().state, HEAL_HEALTH_FAILED, "until the next it is known");
	now += 100 * HEAL_SECOND;
	is_int(opine().state, HEAL_HEALTH_UNKNOWN, "long after it no more");
	end(HEAL_PROBE_WROTE, 1000, NULL);
	is_int(opine().state, HEAL_HEALTH_HEALTHY, "one that works ends it");
	is_string(probe.reason, "", "with its reason");
	is_int(due_in(), 10, "and the pace is as before");
}

/* What the errors mean that a probe ends with. */
static void
troubles(void)
{
	static const struct
	{
		const char *sqlstate;
		HealProbeResult result;
		const char *advice; /* a part of it */
	} expected[] = {
		{"55P03", HEAL_PROBE_FAILED, "pg_locks"},
		{"57014", HEAL_PROBE_FAILED, "health_check_timeout"},
		{"53100", HEAL_PROBE_FAILED, "Make room"},
		/* as the server says of a file on a volume that has become read-only */
		{"42501", HEAL_PROBE_FAILED, "cannot be written"},
		{"25006", HEAL_PROBE_FAILED, "default_transaction_read_only"},
		{"42P01", HEAL_PROBE_IMPOSSIBLE, "diagnose()"},
		{"42703", HEAL_PROBE_IMPOSSIBLE, "diagnose()"},
		{"58030", HEAL_PROBE_FAILED, "UPDATE selfheal.probe"},
		{"XX001", HEAL_PROBE_FAILED, "UPDATE selfheal.probe"},
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
	{
		HealProbeTrouble trouble = heal_probe_trouble(expected[i].sqlstate);

		is_int(heal_probe_result_of(trouble), expected[i].result,
			   expected[i].sqlstate);
		ok(strstr(heal_probe_advice(trouble), expected[i].advice) != NULL,
		   expected[i].advice);
	}
}

static void
slow_ones(void)
{
	begin();
	end(HEAL_PROBE_WROTE, 2 * HEAL_SECOND, NULL);
	is_int(opine().state, HEAL_HEALTH_HEALTHY, "a slow one may be by chance");
	end(HEAL_PROBE_WROTE, 2 * HEAL_SECOND, NULL);
	is_int(opine().state, HEAL_HEALTH_DEGRADED, "two in a row are not");
	is_string(
		opine().reason,
		"the last 2 probes were slow: writing and reading a row took 2.0 s",
		"which it says");
	end(HEAL_PROBE_WROTE, HEAL_SECOND, NULL);
	is_int(opine().state, HEAL_HEALTH_HEALTHY, "until one is not");
	end(HEAL_PROBE_WROTE, 4 * HEAL_SECOND, NULL);
	is_int(opine().state, HEAL_HEALTH_DEGRADED,
		   "one that is too slow has failed");
	is_int(probe.failures, 1, "and counts as one that did");
}

static void
hangs(void)
{
	HealOpinion opinion;

	begin();
	end(HEAL_PROBE_WROTE, 1000, NULL);
	heal_probe_begin(&probe, now);
	now += limits.timeout + HEAL_PROBE_GRACE;
	is_int(opine().state, HEAL_HEALTH_HEALTHY,
		   "one that runs may take its time");
	now += 4 * HEAL_SECOND;
	opinion = opine();
	is_int(opinion.state, HEAL_HEALTH_FAILED, "beyond it the database hangs");
	is_string(opinion.reason,
			  "a probe has been writing and reading for 9 s and does not end",
			  "which it says");
	is_int(opinion.since, wall() - 9 * HEAL_SECOND, "since it began");
}

static void
impossible(void)
{
	begin();
	end(HEAL_PROBE_FAILED, 0, "locked");
	end(HEAL_PROBE_IMPOSSIBLE, 0, "there is no table");
	is_int(opine().state, HEAL_HEALTH_UNKNOWN,
		   "one that could not be made tells nothing");
	is_string(opine().reason, "there is no table", "but why");
	end(HEAL_PROBE_FAILED, 0, "locked");
	is_int(probe.failures, 1,
		   "and failures before it are not in a row with those after");
}

static void
long_interval(void)
{
	HealProbeLimits rare = {.interval = HEAL_HOUR, .timeout = HEAL_SECOND};

	begin();
	end(HEAL_PROBE_FAILED, 0, "locked");
	end(HEAL_PROBE_FAILED, 0, "locked");
	ok(!heal_probe_is_due(&probe, now + HEAL_HOUR - 1, &rare) &&
		   heal_probe_is_due(&probe, now + HEAL_HOUR, &rare),
	   "an interval above a minute holds for failures, too");
}

int
main(void)
{
	works();
	fails();
	troubles();
	slow_ones();
	hangs();
	impossible();
	long_interval();
	return done_testing();
}

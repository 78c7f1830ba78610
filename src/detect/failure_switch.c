/*
 * failure_switch.c
 *		A switch was turned that should not have been: writes are refused, plans are bad, autovacuum stands still.
 *
 * Somebody may have turned it on purpose, so only what changed in the last quarter of an hour counts, and only
 * where the harm is seen.
 */
#include "config/setting.h"
#include "detect/failure_proof.h"
#include "recover/parameter.h"

#include <stdio.h>
#include <string.h>

#define STILL_REFUSED (10 * HEAL_SECOND)
#define NOT_REFUSED HEAL_SECOND /* the settle time comes on top */
#define FEW_REFUSED 2			/* one may be somebody who tries it out */

/* As catalogs and files spell it; the server's own are spelt "on" and "off". */
static bool
is_on(const HealSuspect *suspect)
{
	return strcmp(heal_parameter_switch(suspect->new_value), "on") == 0;
}

static bool
is_off(const HealSuspect *suspect)
{
	return strcmp(heal_parameter_switch(suspect->new_value), "off") == 0;
}

static HealFinding
finding_about(const HealSituation *situation, const HealFailureLimits *limits,
			  HealFailureKind kind, const HealSuspect *suspect)
{
	HealFinding finding = {
		.kind = kind,
		.subject = heal_suspect_subject(suspect),
		.since = suspect->at,
		.due = situation->taken_at + limits->patience[kind],
		.culprit = -1,
	};

	return finding;
}

static const char *
level_of(const HealSuspect *suspect)
{
	if (suspect->role == HEAL_ALL_ROLES)
		return "all roles";
	if (suspect->role != 0)
		return "a role";
	return suspect->database != 0 ? "a database" : "the server";
}

/* Read-only by default */

int
heal_read_only_find(const HealSituation *situation,
					const HealFailureLimits *limits, HealFinding *findings,
					int max)
{
	for (int i = 0; i < situation->suspects && max > 0; i++)
	{
		const HealSuspect *suspect = &situation->suspect[i];
		HealFinding finding = finding_about(situation, limits,
											HEAL_READ_ONLY_BY_DEFAULT, suspect);
		char ago[HEAL_DURATION_SIZE];

		if (situation->in_recovery || !is_on(suspect) ||
			strcmp(suspect->name, "default_transaction_read_only") != 0 ||
			suspect->refused < FEW_REFUSED ||
			situation->taken_at - suspect->refused_at > STILL_REFUSED)
			continue;
		snprintf(finding.evidence, sizeof(finding.evidence),
				 "default_transaction_read_only was switched on for %s %s ago; "
				 "since then writes have been refused, at least %d of them",
				 level_of(suspect),
				 heal_duration_format(situation->taken_at - suspect->at, ago),
				 suspect->refused);
		findings[0] = finding;
		return 1;
	}
	return 0;
}

/*
 * A value of the server's reaches every session; one of a database or a role only those that log in from then
 * on, so of the others nothing else can be expected.
 */
bool
heal_read_only_gone(const HealSituation *situation,
					const HealFailureLimits *limits, const HealSubject *subject)
{
	const HealSuspect *suspect = heal_suspect_lookup(situation, subject);
	bool server = subject->database == 0 && subject->role == 0;

	(void) limits;
	return suspect == NULL ||
		   (!is_on(suspect) &&
			situation->taken_at -
					(server ? suspect->refused_at : suspect->refused_fresh) >
				NOT_REFUSED);
}

/* Planner switches */

/* A switch is clearer a cause than other settings, so less harm proves it than failure_setting.c asks for. */
#define SLOWER 1.5
#define READS_MORE 3.0 /* rows read for each statement */
#define A_LITTLE_SLOWER 1.2
#define BUSIER 1.2
#define NOT_WORTH_MS 1.0

bool
heal_suspect_is_planner_switch(const HealSuspect *suspect)
{
	return strncmp(suspect->name, "enable_", 7) == 0 && is_off(suspect);
}

static bool
is_slower(const HealSuspect *suspect, double times)
{
	return suspect->latency_now >= times * suspect->latency_before &&
		   suspect->latency_now - suspect->latency_before >= NOT_WORTH_MS;
}

static bool
reads_more(const HealSuspect *suspect)
{
	return suspect->rows_now * suspect->rate_before >=
			   READS_MORE * suspect->rows_before * suspect->rate_now &&
		   suspect->rows_now > 0;
}

/* False for NaN: what is not known proves nothing. */
static bool
made_worse(const HealSuspect *suspect)
{
	return suspect->rate_now <= BUSIER * suspect->rate_before &&
		   (is_slower(suspect, SLOWER) ||
			(reads_more(suspect) && is_slower(suspect, A_LITTLE_SLOWER)));
}

int
heal_planner_switch_find(const HealSituation *situation,
						 const HealFailureLimits *limits, HealFinding *findings,
						 int max)
{
	for (int i = 0; i < situation->suspects && max > 0; i++)
	{
		const HealSuspect *suspect = &situation->suspect[i];
		HealFinding finding =
			finding_about(situation, limits, HEAL_PLANNER_SWITCH_OFF, suspect);
		char ago[HEAL_DURATION_SIZE];

		if (!heal_suspect_is_planner_switch(suspect) || !made_worse(suspect))
			continue;
		snprintf(
			finding.evidence, sizeof(finding.evidence),
			"%s was switched off for %s %s ago; since then 95 %% of the "
			"statements take up to %.1f ms instead of %.1f ms, and %.0f rows a "
			"second are read instead of %.0f",
			suspect->name, level_of(suspect),
			heal_duration_format(situation->taken_at - suspect->at, ago),
			suspect->latency_now, suspect->latency_before, suspect->rows_now,
			suspect->rows_before);
		findings[0] = finding;
		return 1;
	}
	return 0;
}

bool
heal_planner_switch_gone(const HealSituation *situation,
						 const HealFailureLimits *limits,
						 const HealSubject *subject)
{
	const HealSuspect *suspect = heal_suspect_lookup(situation, subject);

	(void) limits;
	return suspect == NULL ||
		   suspect->latency_now < A_LITTLE_SLOWER * suspect->latency_before ||
		   suspect->latency_now - suspect->latency_before < NOT_WORTH_MS;
}

/* Autovacuum */

/* That it stands still does harm by itself, only later. */
int
heal_autovacuum_off_find(const HealSituation *situation,
						 const HealFailureLimits *limits, HealFinding *findings,
						 int max)
{
	for (int i = 0; i < situation->suspects && max > 0; i++)
	{
		const HealSuspect *suspect = &situation->suspect[i];
		char ago[HEAL_DURATION_SIZE];

		if (situation->in_recovery || !is_off(suspect) ||
			strcmp(suspect->name, "autovacuum") != 0)
			continue;
		findings[0] =
			finding_about(situation, limits, HEAL_AUTOVACUUM_OFF, suspect);
		snprintf(findings[0].evidence, sizeof(findings[0].evidence),
				 "autovacuum was switched off for the server %s ago",
				 heal_duration_format(situation->taken_at - suspect->at, ago));
		return 1;
	}
	return 0;
}

bool
heal_autovacuum_off_gone(const HealSituation *situation,
						 const HealFailureLimits *limits,
						 const HealSubject *subject)
{
	const HealSuspect *suspect = heal_suspect_lookup(situation, subject);

	(void) limits;
	return suspect == NULL || !is_off(suspect);
}

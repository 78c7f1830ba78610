/*
 * failure_login_storm.c
 *		Logins that fail, faster than people type or pools retry.
 *
 * Each of them costs a process and the check of a password, and some day one may be right. Those who are let in are
 * no storm: an application without a pool may do that all day.
 *
 * What a throttle refuses was not answered, so it is no failed login: the rate falls when guessing does.
 */
#include "detect/failure_proof.h"
#include "gate/login_table.h"

#include <stdio.h>
#include <string.h>


static bool
is_storm(const HealSource *source, double least)
{
	return source->trouble == HEAL_SOURCE_OF_LOGINS && source->rate >= least;
}

int
heal_login_storm_find(const HealSituation *situation,
					  const HealFailureLimits *limits, HealFinding *findings,
					  int max)
{
	int count = 0;

	for (int i = 0; i < situation->sources; i++)
	{
		const HealSource *source = &situation->source[i];
		bool guarded = source->protection != HEAL_PROTECTED_NOT;
		HealFinding finding = {
			.kind = HEAL_LOGIN_STORM,
			.subject = heal_subject_of_source(source),
			.since = situation->taken_at,
			.due = situation->taken_at + limits->patience[HEAL_LOGIN_STORM],
			.culprit = -1,
		};

		if (!is_storm(source, HEAL_LOGINS_A_STORM))
			continue;
		/* a role and an address are shorter than that */
		snprintf(finding.evidence, sizeof(finding.evidence),
				 "%.155s: %.0f logins fail in a second%s%s", source->words,
				 source->rate, guarded ? "; protected: it " : "",
				 guarded ? heal_protection_reason(source->protection) : "");
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}

/* Any storm from there: the same address may go on with another role, or the role from elsewhere. */
bool
heal_login_storm_gone(const HealSituation *situation,
					  const HealFailureLimits *limits,
					  const HealSubject *subject)
{
	(void) limits;
	for (int i = 0; i < situation->sources; i++)
	{
		const HealSource *source = &situation->source[i];
		bool there = subject->schema[0] != '\0'
						 ? strcmp(source->address, subject->schema) == 0
						 : source->role == subject->role;

		if (there && is_storm(source, HEAL_LOGINS_CALM))
			return false;
	}
	return true;
}

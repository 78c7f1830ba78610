/*
 * failure_prepared.c
 *		Prepared transactions that nobody finishes.
 *
 * One holds its locks and the horizon of vacuum until somebody commits it or rolls it back, over every
 * restart. When others wait behind it that is a pile-up; when nobody does it is still an orphan after an
 * hour. Which of the two is right, only the transaction manager that prepared it knows, so rolling one back
 * is always asked for.
 */
#include "detect/failure_proof.h"

#include <inttypes.h>
#include <stdio.h>

static HealFinding
finding_about(const HealPrepared *prepared, HealFailureKind kind)
{
	HealFinding finding = {
		.kind = kind,
		.subject = {.kind = HEAL_SUBJECT_PREPARED,
					.database = prepared->database,
					.role = prepared->role,
					.number = prepared->transaction},
		.culprit = -1,
		.waiters = prepared->waiters,
		.oldest_wait = prepared->oldest_wait,
	};

	return finding;
}

static int
lookup(const HealSituation *situation, const HealSubject *subject)
{
	for (int i = 0; i < situation->prepared_count; i++)
		if (situation->prepared[i].transaction == subject->number)
			return i;
	return -1;
}

int
heal_prepared_blocker_find(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   HealFinding *findings, int max)
{
	HealTime patience = limits->patience[HEAL_LOCK_PILEUP_PREPARED];
	int count = 0;

	for (int i = 0; i < situation->prepared_count; i++)
	{
		const HealPrepared *prepared = &situation->prepared[i];
		HealFinding finding =
			finding_about(prepared, HEAL_LOCK_PILEUP_PREPARED);
		char waited[HEAL_DURATION_SIZE];

		if (prepared->waiters == 0)
			continue;
		finding.since = prepared->oldest_wait;
		finding.due =
			finding.since + heal_failure_patience(patience, prepared->waiters);
		snprintf(finding.evidence, sizeof(finding.evidence),
				 "%d %s behind prepared transaction %" PRIu64
				 "; the longest for %s",
				 prepared->waiters,
				 prepared->waiters == 1 ? "session waits" : "sessions wait",
				 prepared->transaction,
				 heal_duration_format(
					 situation->taken_at - prepared->oldest_wait, waited));
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}

bool
heal_prepared_blocker_gone(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   const HealSubject *subject)
{
	int index = lookup(situation, subject);

	(void) limits;
	return index < 0 || situation->prepared[index].waiters == 0;
}

int
heal_orphaned_prepared_find(const HealSituation *situation,
							const HealFailureLimits *limits,
							HealFinding *findings, int max)
{
	int count = 0;

	for (int i = 0; i < situation->prepared_count; i++)
	{
		const HealPrepared *prepared = &situation->prepared[i];
		HealFinding finding = finding_about(prepared, HEAL_ORPHANED_PREPARED);

		finding.since = situation->taken_at;
		finding.due =
			situation->taken_at + limits->patience[HEAL_ORPHANED_PREPARED];
		snprintf(finding.evidence, sizeof(finding.evidence),
				 "prepared transaction %" PRIu64
				 " is neither committed nor rolled back; it keeps its locks "
				 "and holds vacuum back",
				 prepared->transaction);
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}

bool
heal_prepared_gone(const HealSituation *situation,
				   const HealFailureLimits *limits, const HealSubject *subject)
{
	(void) limits;
	return lookup(situation, subject) < 0;
}

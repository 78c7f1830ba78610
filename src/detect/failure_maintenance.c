/*
 * failure_maintenance.c
 *		What autovacuum should have done and did not, and what a failed index build left behind.
 *
 * The scanner finds these; here is what makes a failure of them: that they are still there when the patience is over. Of
 * a kind a few at a time, the worst: when autovacuum is off everywhere, hundreds of open failures
 * would tell nobody more than these do.
 */
#include "detect/failure_proof.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FAILURES_OF_A_KIND 4

static HealSubject
subject_of(const HealAilment *ailment)
{
	HealSubject subject = {
		.kind = HEAL_SUBJECT_RELATION,
		.database = ailment->database,
		.relation = ailment->relation,
		.number = ailment->kind == HEAL_AILMENT_AGE ? HEAL_VACUUM_FREEZE : 0,
	};

	memcpy(subject.schema, ailment->schema, sizeof(subject.schema));
	memcpy(subject.name, ailment->name, sizeof(subject.name));
	return subject;
}

static void
describe(const HealAilment *ailment, HealTime now, char *evidence, size_t size)
{
	char seen[HEAL_DURATION_SIZE];

	heal_duration_format(now - ailment->first_at, seen);
	switch (ailment->kind)
	{
		case HEAL_AILMENT_INDEX:
			snprintf(evidence, size,
					 "index \"%s\".\"%s\" was left invalid by a build that "
					 "failed: it is maintained and not used; seen for %s",
					 ailment->schema, ailment->name, seen);
			break;
		case HEAL_AILMENT_STATISTICS:
			snprintf(evidence, size,
					 "in table \"%s\".\"%s\" %.1f times as many rows have "
					 "changed since ANALYZE as bring autovacuum; seen for %s",
					 ailment->schema, ailment->name, ailment->value, seen);
			break;
		case HEAL_AILMENT_DEAD_ROWS:
			snprintf(evidence, size,
					 "table \"%s\".\"%s\" has %.1f times as many rows to "
					 "vacuum as bring autovacuum; seen for %s",
					 ailment->schema, ailment->name, ailment->value, seen);
			break;
		case HEAL_AILMENT_AUTOVACUUM_OFF:
			snprintf(evidence, size,
					 "table \"%s\".\"%s\" switches autovacuum off and has "
					 "%.1f times as many rows to vacuum as bring it; seen for "
					 "%s",
					 ailment->schema, ailment->name, ailment->value, seen);
			break;
		default:
			snprintf(evidence, size,
					 "table \"%s\".\"%s\" is %.2f times as old as brings "
					 "autovacuum to freeze it; seen for %s",
					 ailment->schema, ailment->name, ailment->value, seen);
			break;
	}
}

static bool
is_of(const HealAilment *ailment, HealFailureKind kind)
{
	switch (ailment->kind)
	{
		case HEAL_AILMENT_INDEX:
			return kind == HEAL_INVALID_INDEX;
		case HEAL_AILMENT_STATISTICS:
			return kind == HEAL_STALE_STATISTICS;
		case HEAL_AILMENT_AUTOVACUUM_OFF:
			return kind == HEAL_AUTOVACUUM_OFF_TABLE;
		default:
			return kind == HEAL_OVERDUE_VACUUM;
	}
}

/* A busy table is overdue all the time between two that come as they should. */
static bool
was_done_lately(const HealAilment *ailment, HealTime now, HealTime patience)
{
	HealTime since = now - ailment->done_at;

	return ailment->done_at != 0 && since >= 0 && since < patience;
}

/* Index of the worst one that is not taken yet, -1 when there is none left. */
static int
next_worst(const HealSituation *situation, HealFailureKind kind,
		   HealTime patience, const bool *taken)
{
	int worst = -1;

	for (int i = 0; i < situation->ailments; i++)
		if (!taken[i] && is_of(&situation->ailment[i], kind) &&
			!was_done_lately(&situation->ailment[i], situation->taken_at,
							 patience) &&
			(worst < 0 || heal_ailment_weight(&situation->ailment[i]) >
							  heal_ailment_weight(&situation->ailment[worst])))
			worst = i;
	return worst;
}

static int
find(HealFailureKind kind, const HealSituation *situation,
	 const HealFailureLimits *limits, HealFinding *findings, int max)
{
	bool taken[HEAL_MAX_AILMENTS] = {false};
	int count = 0;
	int worst;

	if (situation->in_recovery)
		return 0;
	while (count < max && count < FAILURES_OF_A_KIND &&
		   (worst = next_worst(situation, kind, limits->patience[kind],
							   taken)) >= 0)
	{
		const HealAilment *ailment = &situation->ailment[worst];
		HealFinding *finding = &findings[count++];

		taken[worst] = true;
		*finding = (HealFinding){.kind = kind,
								 .since = ailment->first_at,
								 .subject = subject_of(ailment),
								 .culprit = -1};
		finding->due = heal_later(ailment->first_at + limits->patience[kind],
								  ailment->rest_until);
		describe(ailment, situation->taken_at, finding->evidence,
				 sizeof(finding->evidence));
	}
	return count;
}

int
heal_invalid_index_find(const HealSituation *situation,
						const HealFailureLimits *limits, HealFinding *findings,
						int max)
{
	return find(HEAL_INVALID_INDEX, situation, limits, findings, max);
}

int
heal_stale_statistics_find(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   HealFinding *findings, int max)
{
	return find(HEAL_STALE_STATISTICS, situation, limits, findings, max);
}

int
heal_overdue_vacuum_find(const HealSituation *situation,
						 const HealFailureLimits *limits, HealFinding *findings,
						 int max)
{
	return find(HEAL_OVERDUE_VACUUM, situation, limits, findings, max);
}

static bool
gone(HealFailureKind kind, const HealSituation *situation,
	 const HealFailureLimits *limits, const HealSubject *subject)
{
	for (int i = 0; i < situation->ailments; i++)
	{
		HealSubject about = subject_of(&situation->ailment[i]);

		if (is_of(&situation->ailment[i], kind) &&
			heal_subject_same(&about, subject) &&
			!was_done_lately(&situation->ailment[i], situation->taken_at,
							 limits->patience[kind]))
			return false;
	}
	return true;
}

bool
heal_invalid_index_gone(const HealSituation *situation,
						const HealFailureLimits *limits,
						const HealSubject *subject)
{
	return gone(HEAL_INVALID_INDEX, situation, limits, subject);
}

bool
heal_stale_statistics_gone(const HealSituation *situation,
						   const HealFailureLimits *limits,
						   const HealSubject *subject)
{
	return gone(HEAL_STALE_STATISTICS, situation, limits, subject);
}

bool
heal_overdue_vacuum_gone(const HealSituation *situation,
						 const HealFailureLimits *limits,
						 const HealSubject *subject)
{
	return gone(HEAL_OVERDUE_VACUUM, situation, limits, subject);
}

int
heal_autovacuum_off_table_find(const HealSituation *situation,
							   const HealFailureLimits *limits,
							   HealFinding *findings, int max)
{
	return find(HEAL_AUTOVACUUM_OFF_TABLE, situation, limits, findings, max);
}

bool
heal_autovacuum_off_table_gone(const HealSituation *situation,
							   const HealFailureLimits *limits,
							   const HealSubject *subject)
{
	return gone(HEAL_AUTOVACUUM_OFF_TABLE, situation, limits, subject);
}

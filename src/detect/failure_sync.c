/*
 * failure_sync.c
 *		Commits that wait for standbys that are not there, and a guarantee that was given up for it.
 *
 * Both ends of one story. While too few of the standbys stream that synchronous_standby_names asks for, no commit returns.
 * To ask for fewer lets them return, and from then on what is acknowledged may be on this server only. So the
 * second failure is open all the time until the names are as before: given back by us, when enough standbys
 * are there again, or changed by somebody, whose wish counts.
 */
#include "detect/failure_proof.h"

#include <inttypes.h>
#include <stdio.h>

static HealSubject
subject_of(int64_t recovery)
{
	HealSubject subject = {.kind = HEAL_SUBJECT_SETTING, .number = recovery};

	snprintf(subject.name, sizeof(subject.name), HEAL_SYNC_SETTING);
	return subject;
}

int
heal_sync_lost_find(const HealSituation *situation,
					const HealFailureLimits *limits, HealFinding *findings,
					int max)
{
	const HealSync *sync = &situation->sync;

	if (max < 1 || !sync->known || sync->present >= sync->wanted ||
		sync->waiters == 0)
		return 0;
	findings[0] = (HealFinding){
		.kind = HEAL_SYNC_STANDBY_LOST,
		.since = situation->taken_at,
		.due = situation->taken_at + limits->patience[HEAL_SYNC_STANDBY_LOST],
		.subject = subject_of(0),
		.culprit = -1,
		.waiters = sync->waiters,
	};
	snprintf(
		findings[0].evidence, sizeof(findings[0].evidence),
		"%d %s for %d %s of " HEAL_SYNC_SETTING ", and %d %s; not there: %s",
		sync->waiters, sync->waiters == 1 ? "commit waits" : "commits wait",
		sync->wanted, sync->wanted == 1 ? "standby" : "standbys", sync->present,
		sync->present == 1 ? "streams" : "stream", sync->missing);
	return 1;
}

/* That nobody commits just now is no cure. */
bool
heal_sync_lost_gone(const HealSituation *situation,
					const HealFailureLimits *limits, const HealSubject *subject)
{
	const HealSync *sync = &situation->sync;

	(void) limits;
	(void) subject;
	return situation->in_recovery ||
		   (sync->known && sync->present >= sync->wanted && sync->hung == 0);
}

/* Known to all from the first moment; to be given back when who is back has been there for a while. */
int
heal_sync_degraded_find(const HealSituation *situation,
						const HealFailureLimits *limits, HealFinding *findings,
						int max)
{
	const HealSync *sync = &situation->sync;
	HealTime patience = limits->patience[HEAL_SYNC_DEGRADED];
	char back[HEAL_DURATION_SIZE];

	if (max < 1 || sync->given_up_by == 0)
		return 0;
	findings[0] = (HealFinding){
		.kind = HEAL_SYNC_DEGRADED,
		.since = sync->given_up_at,
		.due = (sync->back_since != 0 ? sync->back_since
									  : situation->taken_at + HEAL_MINUTE) +
			   patience,
		.subject = subject_of(sync->given_up_by),
		.culprit = -1,
	};
	snprintf(
		findings[0].evidence, sizeof(findings[0].evidence),
		"commits are acknowledged without \"%.80s\" since recovery "
		"%" PRId64 ", so they may be on this server only; %d of %d %s%s%s",
		sync->given_up, sync->given_up_by, sync->given_up_present,
		sync->given_up_wanted,
		sync->given_up_wanted == 1 ? "standby streams" : "standbys stream",
		sync->back_since != 0 ? " and keeps up, for " : "",
		sync->back_since != 0
			? heal_duration_format(situation->taken_at - sync->back_since, back)
			: "");
	return 1;
}

/* And no commit hangs for it. */
bool
heal_sync_degraded_gone(const HealSituation *situation,
						const HealFailureLimits *limits,
						const HealSubject *subject)
{
	(void) limits;
	return situation->in_recovery ||
		   (situation->sync.given_up_by != (int64_t) subject->number &&
			situation->sync.hung == 0);
}

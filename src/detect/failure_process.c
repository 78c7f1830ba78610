/*
 * failure_process.c
 *		A process of the server's own that hangs or is in the way.
 *
 * An autovacuum worker that others wait for is cancelled by the server itself, when the first of them has
 * waited for deadlock_timeout. What is left are workers that the server did not ask, because that timeout is
 * long, or asked once and in vain. One that keeps transaction ids from running out is never meant.
 *
 * A receiver ends itself when it has heard nothing for wal_receiver_timeout; one that has heard nothing for twice as
 * long hangs. Where that is switched off, silence may also mean that the primary has nothing to say, so
 * it has to last four times the patience.
 */
#include "detect/failure_proof.h"

#include <inttypes.h>
#include <stdio.h>

static HealSubject
subject_of(HealIdentity id, uint32_t database, HealProcess process)
{
	HealSubject subject = {
		.kind = HEAL_SUBJECT_PROCESS, .database = database, .session = id};

	snprintf(subject.name, sizeof(subject.name), "%s",
			 heal_process_name(process));
	return subject;
}

int
heal_vacuum_blocks_find(const HealSituation *situation,
						const HealFailureLimits *limits, HealFinding *findings,
						int max)
{
	HealTime patience = limits->patience[HEAL_VACUUM_BLOCKS];
	int count = 0;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *worker = &situation->session[i];
		char waited[HEAL_DURATION_SIZE];

		if (worker->process != HEAL_PROCESS_AUTOVACUUM || worker->wraparound ||
			worker->waiters == 0 || worker->waiting)
			continue;
		HealFinding finding = {
			.kind = HEAL_VACUUM_BLOCKS,
			.since = worker->oldest_wait,
			.due = worker->oldest_wait +
				   heal_failure_patience(patience, worker->waiters),
			.subject = subject_of(worker->id, worker->database,
								  HEAL_PROCESS_AUTOVACUUM),
			.culprit = -1,
			.waiters = worker->waiters,
			.oldest_wait = worker->oldest_wait,
		};

		snprintf(finding.evidence, sizeof(finding.evidence),
				 "%d %s behind autovacuum worker %" PRId32
				 ", which the server did not get out of the way; the longest "
				 "for %s",
				 worker->waiters,
				 worker->waiters == 1 ? "session waits" : "sessions wait",
				 worker->id.pid,
				 heal_duration_format(situation->taken_at - worker->oldest_wait,
									  waited));
		count = heal_finding_insert(findings, count, max, &finding);
	}
	return count;
}

static HealTime
longest_silence(const HealReceiver *receiver, const HealFailureLimits *limits)
{
	HealTime patience = limits->patience[HEAL_WAL_RECEIVER_SILENT];

	return receiver->timeout > 0 ? heal_later(patience, 2 * receiver->timeout)
								 : 4 * patience;
}

int
heal_receiver_silent_find(const HealSituation *situation,
						  const HealFailureLimits *limits,
						  HealFinding *findings, int max)
{
	const HealReceiver *receiver = &situation->receiver;
	HealTime silence = situation->taken_at - receiver->heard_at;
	char heard[HEAL_DURATION_SIZE];

	/* every pause between two messages is a silence: tell from half of it on */
	if (max < 1 || receiver->id.pid == 0 || receiver->heard_at == 0 ||
		silence < longest_silence(receiver, limits) / 2)
		return 0;
	findings[0] = (HealFinding){
		.kind = HEAL_WAL_RECEIVER_SILENT,
		.since = receiver->heard_at,
		.due = receiver->heard_at + longest_silence(receiver, limits),
		.subject = subject_of(receiver->id, 0, HEAL_PROCESS_WAL_RECEIVER),
		.culprit = -1,
	};
	snprintf(findings[0].evidence, sizeof(findings[0].evidence),
			 "walreceiver %" PRId32
			 " is streaming and has heard nothing of its sender for %s",
			 receiver->id.pid, heal_duration_format(silence, heard));
	return 1;
}

/* A process that ended is no cure: it is one that hears. */
bool
heal_receiver_silent_gone(const HealSituation *situation,
						  const HealFailureLimits *limits,
						  const HealSubject *subject)
{
	const HealReceiver *receiver = &situation->receiver;

	(void) subject;
	return !situation->in_recovery ||
		   (receiver->id.pid != 0 && receiver->heard_at != 0 &&
			situation->taken_at - receiver->heard_at <
				longest_silence(receiver, limits) / 2);
}

/*
 * failure_maintenance_test.c
 *		What scans found, as failures; and processes of the server's own.
 */
#include "detect/failure.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

#define NOW (1000 * HEAL_HOUR)

static HealSession session[4];
static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

static void
begin(void)
{
	memset(session, 0, sizeof(session));
	memset(&situation, 0, sizeof(situation));
	situation.taken_at = NOW;
	situation.session = session;
	situation.capacity = 4;
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		limits.patience[kind] = heal_failures[kind].patience;
}

static HealAilment *
ail(HealAilmentKind kind, uint32_t relation, double value)
{
	HealAilment *ailment = &situation.ailment[situation.ailments++];

	ailment->kind = kind;
	ailment->database = 5;
	ailment->relation = relation;
	ailment->value = value;
	ailment->first_at = NOW - HEAL_MINUTE;
	snprintf(ailment->schema, sizeof(ailment->schema), "shop");
	snprintf(ailment->name, sizeof(ailment->name), "t%u", (unsigned) relation);
	return ailment;
}

static int
find(HealFailureKind kind)
{
	return heal_failures[kind].find(&situation, &limits, found,
									HEAL_MAX_FINDINGS);
}

static bool
gone(HealFailureKind kind, HealSubject subject)
{
	return heal_failures[kind].gone(&situation, &limits, &subject);
}

static void
test_ailments(void)
{
	HealSubject subject;

	begin();
	is_int(find(HEAL_STALE_STATISTICS), 0, "nothing ails");
	ail(HEAL_AILMENT_STATISTICS, 100, 12);
	ail(HEAL_AILMENT_INDEX, 101, 8192);
	is_int(find(HEAL_STALE_STATISTICS), 1, "a stale table is one failure");
	is_int(found[0].subject.kind, HEAL_SUBJECT_RELATION, "about a relation");
	is_int(found[0].subject.relation, 100, "that one");
	is_string(found[0].subject.schema, "shop", "with its schema");
	is_string(found[0].subject.name, "t100", "and its name");
	is_int(found[0].due, NOW - HEAL_MINUTE + 15 * HEAL_MINUTE,
		   "when it was seen for as long as the patience");
	is_string(found[0].evidence,
			  "in table \"shop\".\"t100\" 12.0 times as many rows have "
			  "changed since ANALYZE as bring autovacuum; seen for 60.0 s",
			  "with values");
	subject = found[0].subject;
	ok(!gone(HEAL_STALE_STATISTICS, subject), "it is not gone");
	is_int(find(HEAL_INVALID_INDEX), 1, "an index is another kind");
	is_int(find(HEAL_OVERDUE_VACUUM), 0, "nothing is overdue");
	situation.ailment[0].done_at = NOW - 14 * HEAL_MINUTE;
	is_int(find(HEAL_STALE_STATISTICS), 0,
		   "what was analyzed within the patience is merely busy");
	ok(gone(HEAL_STALE_STATISTICS, subject), "and one that failed is over");
	situation.ailment[0].done_at = NOW - 16 * HEAL_MINUTE;
	is_int(find(HEAL_STALE_STATISTICS), 1, "before that autovacuum is late");
	ok(!gone(HEAL_STALE_STATISTICS, subject), "and nothing is over");
	situation.ailment[0].done_at = NOW + HEAL_DAY;
	is_int(find(HEAL_STALE_STATISTICS), 1, "a wrong clock hides nothing");
	situation.ailment[0].rest_until = NOW + HEAL_HOUR;
	is_int(find(HEAL_STALE_STATISTICS), 1, "one that was put off is seen");
	is_int(found[0].due, NOW + HEAL_HOUR, "and not due before");
	situation.ailments = 0;
	ok(gone(HEAL_STALE_STATISTICS, subject), "not found again it is gone");
}

static void
test_worst_first(void)
{
	begin();
	for (int i = 0; i < 10; i++)
		ail(HEAL_AILMENT_DEAD_ROWS, 100 + i, 5 + i);
	ail(HEAL_AILMENT_AGE, 50, 1.1);
	is_int(find(HEAL_OVERDUE_VACUUM), 4, "a few of them are failures");
	is_int(found[0].subject.relation, 50, "an age first");
	is_int(found[0].subject.number, HEAL_VACUUM_FREEZE, "to be frozen");
	is_int(found[1].subject.relation, 109, "then the worst");
	is_int(found[1].subject.number, 0, "to be vacuumed");
	is_int(
		heal_failures[HEAL_OVERDUE_VACUUM].find(&situation, &limits, found, 1),
		1, "never more than there is room for");
	situation.in_recovery = true;
	is_int(find(HEAL_OVERDUE_VACUUM), 0, "nothing of it on a standby");
}

static void
test_vacuum_blocks(void)
{
	begin();
	situation.sessions = 1;
	session[0] = (HealSession){
		.id = {10, 500},
		.process = HEAL_PROCESS_AUTOVACUUM,
		.waiters = 1,
		.oldest_wait = NOW - HEAL_MINUTE,
	};
	is_int(find(HEAL_VACUUM_BLOCKS), 1, "an autovacuum worker in the way");
	is_int(found[0].subject.kind, HEAL_SUBJECT_PROCESS, "is a process");
	is_string(found[0].subject.name, "autovacuum worker", "of this kind");
	is_int(found[0].due, NOW - HEAL_MINUTE + 4 * HEAL_SECOND,
		   "when they waited for as long as the patience");
	is_int(found[0].culprit, -1, "and no session that could be ended");
	session[0].wraparound = true;
	is_int(find(HEAL_VACUUM_BLOCKS), 0, "one against wraparound never is");
	session[0].wraparound = false;
	session[0].waiters = 0;
	is_int(find(HEAL_VACUUM_BLOCKS), 0, "nor one that is in nobody's way");
	session[0].waiters = 1;
	session[0].process = HEAL_PROCESS_OTHER;
	is_int(find(HEAL_VACUUM_BLOCKS), 0, "nor anything else");
}

static void
test_receiver(void)
{
	HealReceiver *receiver = &situation.receiver;
	HealSubject subject;

	begin();
	situation.in_recovery = true;
	is_int(find(HEAL_WAL_RECEIVER_SILENT), 0, "there is no receiver");
	*receiver = (HealReceiver){
		.id = {10, 500}, .heard_at = NOW - HEAL_MINUTE, .timeout = HEAL_MINUTE};
	is_int(find(HEAL_WAL_RECEIVER_SILENT), 0, "a pause is no silence");
	receiver->heard_at = NOW - 4 * HEAL_MINUTE;
	is_int(find(HEAL_WAL_RECEIVER_SILENT), 1, "a long one is");
	is_int(found[0].due, NOW + HEAL_MINUTE, "when the patience is over");
	subject = found[0].subject;
	ok(!gone(HEAL_WAL_RECEIVER_SILENT, subject), "it is not gone");
	receiver->timeout = 10 * HEAL_MINUTE;
	is_int(find(HEAL_WAL_RECEIVER_SILENT), 0,
		   "a receiver with a long timeout is waited for");
	receiver->timeout = 0;
	is_int(find(HEAL_WAL_RECEIVER_SILENT), 0,
		   "without a timeout it may be the primary that is quiet");
	receiver->heard_at = NOW - HEAL_HOUR;
	is_int(find(HEAL_WAL_RECEIVER_SILENT), 1, "but not for an hour");
	receiver->id.pid = 0;
	ok(!gone(HEAL_WAL_RECEIVER_SILENT, subject),
	   "no receiver is no better than a silent one");
	*receiver = (HealReceiver){.id = {11, 600}, .heard_at = NOW};
	ok(gone(HEAL_WAL_RECEIVER_SILENT, subject), "one that hears is the cure");
}

int
main(void)
{
	test_ailments();
	test_worst_first();
	test_vacuum_blocks();
	test_receiver();
	return done_testing();
}

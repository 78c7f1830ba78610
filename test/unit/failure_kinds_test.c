/*
 * failure_kinds_test.c
 *		The proofs that came after the first three: advisory locks, prepared transactions, queues of DDL, runaway statements.
 */
#include "detect/failure_proof.h"

#include <math.h>
#include <string.h>

#include "recover/remedy.h"
#include "tap.h"

#define MAX_SESSIONS 20
#define NOW (1000 * HEAL_HOUR)

static HealSession session[MAX_SESSIONS];
static HealSituation situation;
static HealFinding found[HEAL_MAX_FINDINGS];
static HealFailureLimits limits;

static void
begin(void)
{
	memset(session, 0, sizeof(session));
	situation = (HealSituation){.taken_at = NOW,
								.capacity = MAX_SESSIONS,
								.session = session,
								.slots_used = 10,
								.slots_total = 100,
								.cpu_used = 0.1};
	limits = (HealFailureLimits){.connection_slots_threshold = 0.9,
								 .runaway_age = HEAL_HOUR};
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		limits.patience[kind] = heal_failures[kind].patience;
}

static HealSession *
connect(int pid, HealSessionState state, HealTime in_state_for)
{
	HealSession *added = &session[situation.sessions++];

	added->id = (HealIdentity){pid, pid * HEAL_SECOND};
	added->client = true;
	added->state = state;
	added->state_change = NOW - in_state_for;
	added->statement_start = NOW - in_state_for;
	added->transaction_start = NOW - in_state_for;
	added->root = -1;
	added->blocker = -1;
	return added;
}

/* Directly behind a session, and behind whatever that one waits for. */
static HealSession *
wait_behind(int pid, int blocker, int mode, HealTime waits)
{
	HealSession *waiter = connect(pid, HEAL_SESSION_ACTIVE, waits);
	HealTime since = NOW - waits;

	waiter->waiting = true;
	waiter->wait_mode = mode;
	waiter->wait_start = NOW - waits;
	waiter->blocker = blocker;
	waiter->root = session[blocker].waiting ? session[blocker].root : blocker;
	for (int at = blocker; at >= 0; at = session[at].blocker)
	{
		session[at].waiters++;
		if (session[at].oldest_wait == 0 || since < session[at].oldest_wait)
			session[at].oldest_wait = since;
		if (session[at].wait_start > since)
			since = session[at].wait_start;
	}
	situation.waiters++;
	return waiter;
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
test_advisory_lock(void)
{
	begin();
	connect(10, HEAL_SESSION_IDLE, HEAL_HOUR);
	is_int(find(HEAL_LOCK_PILEUP_ADVISORY), 0, "idle and in nobody's way");
	wait_behind(11, 0, 7, 30 * HEAL_SECOND);
	is_int(find(HEAL_LOCK_PILEUP_ADVISORY), 1,
		   "a session that waits behind an idle one is a pile-up");
	is_int(found[0].since, NOW - 30 * HEAL_SECOND, "since it waits");
	is_int(found[0].due, NOW + 30 * HEAL_SECOND, "with a minute's patience");
	is_int(found[0].targets, 1, "the idle one is the target");
	ok(heal_subject_is_session(&found[0].subject, session[0].id),
	   "and the subject");
	session[0].state = HEAL_SESSION_IDLE_IN_TRANSACTION;
	is_int(find(HEAL_LOCK_PILEUP_ADVISORY), 0,
		   "in a transaction it is lock_pileup_idle");
	is_int(find(HEAL_LOCK_PILEUP_IDLE), 1, "which finds it");
}

static void
test_ddl_queue(void)
{
	begin();
	connect(10, HEAL_SESSION_ACTIVE, HEAL_HOUR); /* a long reader */
	wait_behind(11, 0, HEAL_ACCESS_EXCLUSIVE, 30 * HEAL_SECOND);
	is_int(find(HEAL_DDL_QUEUE), 0,
		   "a schema change that waits alone is its own affair");
	is_int(find(HEAL_LOCK_PILEUP_ACTIVE), 0, "and the reader is no culprit");
	wait_behind(12, 1, 1, 4 * HEAL_SECOND);
	wait_behind(13, 1, 3, 2 * HEAL_SECOND);
	is_int(find(HEAL_DDL_QUEUE), 1, "others behind it are a queue");
	ok(heal_subject_is_session(&found[0].subject, session[1].id),
	   "the one that waits for the exclusive lock is the culprit");
	is_int(found[0].waiters, 2, "those behind it suffer");
	is_int(found[0].since, NOW - 4 * HEAL_SECOND,
		   "since the first of them waits");
	ok(found[0].due > NOW && found[0].due < NOW + HEAL_SECOND,
	   "less than five seconds, as two wait");
	is_int(find(HEAL_LOCK_PILEUP_ACTIVE), 0, "still the reader is no culprit");
	session[1].wait_start = NOW - HEAL_SECOND;
	is_int(find(HEAL_DDL_QUEUE), 1, "when it waits for less time than they do");
	is_int(found[0].since, NOW - 4 * HEAL_SECOND,
		   "they wait for what it holds already");
	is_int(found[0].due, NOW + HEAL_SECOND,
		   "but it must have waited for two seconds itself");
	session[1].wait_start = NOW - 30 * HEAL_SECOND;
	wait_behind(14, 0, 3, HEAL_MINUTE);
	is_int(find(HEAL_LOCK_PILEUP_ACTIVE), 1,
		   "unless somebody else waits for it too");
	session[0].state = HEAL_SESSION_IDLE_IN_TRANSACTION;
	is_int(find(HEAL_DDL_QUEUE), 0,
		   "behind an idle transaction it is lock_pileup_idle's");
	session[0].state = HEAL_SESSION_ACTIVE;
	is_int(find(HEAL_DDL_QUEUE), 1, "as before");
	ok(!gone(HEAL_DDL_QUEUE, found[0].subject), "not gone while they queue");
	session[1].waiters = 0;
	ok(gone(HEAL_DDL_QUEUE, found[0].subject), "gone when nobody does");
	session[1].waiters = 2;
	session[1].protection = HEAL_PROTECTED_SUPERUSER;
	is_int(find(HEAL_DDL_QUEUE), 1, "that of a superuser is found as well");
	is_int(found[0].targets, 0, "but not touched");
}

static void
test_runaway(void)
{
	begin();
	connect(10, HEAL_SESSION_ACTIVE, 2 * HEAL_HOUR);
	connect(11, HEAL_SESSION_ACTIVE, 3 * HEAL_HOUR);
	connect(12, HEAL_SESSION_ACTIVE, 9 * HEAL_HOUR)->waiting = true;
	connect(13, HEAL_SESSION_IDLE, 9 * HEAL_HOUR);
	connect(14, HEAL_SESSION_ACTIVE, 9 * HEAL_HOUR)->client = false;
	is_int(find(HEAL_RUNAWAY_STATEMENT), 0, "age alone is no failure");
	situation.cpu_used = NAN;
	is_int(find(HEAL_RUNAWAY_STATEMENT), 0, "nor is it with an unknown load");
	situation.cpu_used = 0.97;
	is_int(find(HEAL_RUNAWAY_STATEMENT), 1, "with the CPU used up it is");
	is_int(found[0].culprit, 1,
		   "the longest of clients' that wait for nothing is the culprit");
	ok(!gone(HEAL_RUNAWAY_STATEMENT, found[0].subject), "while it runs");
	session[1].statement_start++;
	ok(gone(HEAL_RUNAWAY_STATEMENT, found[0].subject),
	   "the next statement is another matter");
	session[1].statement_start--;
	session[1].state = HEAL_SESSION_IDLE;
	ok(gone(HEAL_RUNAWAY_STATEMENT, found[0].subject), "its end is the end");
	limits.runaway_age = 0;
	is_int(find(HEAL_RUNAWAY_STATEMENT), 0, "0 switches it off");
}

static void
test_prepared(void)
{
	HealSubject subject;

	begin();
	is_int(find(HEAL_ORPHANED_PREPARED), 0, "there is none");
	situation.prepared[0] =
		(HealPrepared){.transaction = 700, .role = 5, .database = 6};
	situation.prepared[1] = (HealPrepared){.transaction = 701,
										   .role = 5,
										   .database = 6,
										   .waiters = 3,
										   .oldest_wait = NOW - HEAL_MINUTE};
	situation.prepared_count = 2;
	is_int(find(HEAL_ORPHANED_PREPARED), 2,
		   "each is an orphan, once its patience is over");
	is_int(found[0].due, NOW + HEAL_HOUR, "of an hour");
	is_int(find(HEAL_LOCK_PILEUP_PREPARED), 1, "one is in somebody's way");
	subject = found[0].subject;
	is_int(subject.number, 701, "named by its id");
	is_int(subject.database, 6, "and its database");
	is_int(found[0].culprit, -1, "no session is the culprit");
	ok(!gone(HEAL_LOCK_PILEUP_PREPARED, subject), "while they wait");
	situation.prepared[1].waiters = 0;
	ok(gone(HEAL_LOCK_PILEUP_PREPARED, subject), "nobody waits: gone");
	ok(!gone(HEAL_ORPHANED_PREPARED, subject), "but still an orphan");
	situation.prepared_count = 1;
	ok(gone(HEAL_ORPHANED_PREPARED, subject), "until it is finished");
}

static void
test_setting(void)
{
	HealSuspect *suspect = &situation.suspect[0];
	HealSubject subject;

	begin();
	is_int(find(HEAL_SETTING_MADE_SLOW), 0, "nothing has changed");
	*suspect = (HealSuspect){.at = NOW - HEAL_MINUTE,
							 .latency_before = 1,
							 .latency_now = 9,
							 .rate_before = 100,
							 .rate_now = 90};
	snprintf(suspect->name, sizeof(suspect->name), "work_mem");
	situation.suspects = 1;
	is_int(find(HEAL_SETTING_MADE_SLOW), 1,
		   "slower, and not busier: it is the setting");
	subject = found[0].subject;
	is_string(subject.name, "work_mem", "which is named");
	ok(!gone(HEAL_SETTING_MADE_SLOW, subject), "while it is slow");
	suspect->rate_now = 200;
	is_int(find(HEAL_SETTING_MADE_SLOW), 0, "more statements are more load");
	suspect->rate_now = NAN;
	is_int(find(HEAL_SETTING_MADE_SLOW), 0, "what is not known proves nothing");
	suspect->rate_now = 90;
	suspect->latency_before = NAN;
	is_int(find(HEAL_SETTING_MADE_SLOW), 0, "nor does an unknown before");
	suspect->latency_before = 0.1;
	suspect->latency_now = 1.5;
	is_int(find(HEAL_SETTING_MADE_SLOW), 0, "a millisecond is nobody's outage");
	suspect->latency_before = 10;
	suspect->latency_now = 29;
	is_int(find(HEAL_SETTING_MADE_SLOW), 0,
		   "less than three times as long is not enough");
	suspect->latency_now = 31;
	is_int(find(HEAL_SETTING_MADE_SLOW), 1, "more is");
	suspect->latency_now = 14;
	ok(gone(HEAL_SETTING_MADE_SLOW, subject),
	   "nearly as fast as before is as good");
	suspect->latency_now = 16;
	ok(!gone(HEAL_SETTING_MADE_SLOW, subject), "half as long again is not");
	situation.suspects = 0;
	ok(gone(HEAL_SETTING_MADE_SLOW, subject),
	   "what is no suspect any more is over");
}

static void
test_read_only(void)
{
	HealSuspect *suspect = &situation.suspect[0];
	HealSubject subject;

	begin();
	*suspect = (HealSuspect){.at = NOW - HEAL_MINUTE,
							 .role = 7,
							 .refused = 5,
							 .refused_at = NOW - HEAL_SECOND / 2,
							 .refused_fresh = NOW - HEAL_SECOND / 2};
	snprintf(suspect->name, sizeof(suspect->name),
			 "default_transaction_read_only");
	snprintf(suspect->new_value, sizeof(suspect->new_value), "on");
	situation.suspects = 1;
	is_int(find(HEAL_READ_ONLY_BY_DEFAULT), 1,
		   "switched on, and writes are refused");
	subject = found[0].subject;
	is_int((int) subject.role, 7, "it is about that role's setting");
	snprintf(suspect->new_value, sizeof(suspect->new_value), "True");
	is_int(find(HEAL_READ_ONLY_BY_DEFAULT), 1, "however it is spelt");
	situation.in_recovery = true;
	is_int(find(HEAL_READ_ONLY_BY_DEFAULT), 0, "a standby refuses anyway");
	situation.in_recovery = false;
	suspect->refused = 1;
	is_int(find(HEAL_READ_ONLY_BY_DEFAULT), 0, "one refusal is a trial");
	suspect->refused = 5;
	suspect->refused_at = NOW - HEAL_MINUTE;
	is_int(find(HEAL_READ_ONLY_BY_DEFAULT), 0, "nobody writes any more");
	suspect->refused_at = NOW;
	ok(!gone(HEAL_READ_ONLY_BY_DEFAULT, subject), "while it is on");
	snprintf(suspect->new_value, sizeof(suspect->new_value), "off");
	is_int(find(HEAL_READ_ONLY_BY_DEFAULT), 0, "off is no failure");
	ok(!gone(HEAL_READ_ONLY_BY_DEFAULT, subject),
	   "nor is it over while new sessions are refused");
	suspect->refused_fresh = 0;
	ok(gone(HEAL_READ_ONLY_BY_DEFAULT, subject),
	   "of old sessions nothing else can be expected");
	subject.role = suspect->role = 0;
	ok(!gone(HEAL_READ_ONLY_BY_DEFAULT, subject),
	   "but a value of the server's reaches them");
}

/* Every 10 s where 5 min are asked for, and each after as much WAL as brings one. */
static void
storm(void)
{
	begin();
	situation.pressure = (HealPressure){.requests = 3,
										.requested = {NOW - 5 * HEAL_SECOND,
													  NOW - 15 * HEAL_SECOND,
													  NOW - 25 * HEAL_SECOND},
										.wal_rate = 10 * 1024 * 1024,
										.wal_rate_lately = 10 * 1024 * 1024,
										.checkpoint_timeout = 5 * HEAL_MINUTE,
										.max_wal_size = 200,
										.wal_share = 0.5,
										.wal_free = 10000};
}

static void
test_checkpoint_storm(void)
{
	HealPressure *pressure = &situation.pressure;
	HealSubject subject;

	storm();
	is_int(find(HEAL_CHECKPOINT_STORM), 1, "three in a row, by volume");
	subject = found[0].subject;
	is_string(subject.name, "max_wal_size", "it is about max_wal_size");
	ok(!gone(HEAL_CHECKPOINT_STORM, subject), "while they come");
	is_double(heal_pressure_wal_needed(pressure), 3000, 1e-6,
			  "half as often as is too often, at this rate");
	ok(heal_pressure_needs_more(pressure, "max_wal_size", 1400),
	   "less is too small");
	ok(!heal_pressure_needs_more(pressure, "max_wal_size", 1600),
	   "more is not");
	pressure->wal_rate = 1024 * 1024;
	is_int(find(HEAL_CHECKPOINT_STORM), 0,
		   "with little WAL between them somebody asked for them");
	pressure->wal_rate = NAN;
	is_int(find(HEAL_CHECKPOINT_STORM), 0, "what is not known proves nothing");
	storm();
	pressure->requests = 2;
	is_int(find(HEAL_CHECKPOINT_STORM), 0, "two are no row");
	storm();
	pressure->checkpoint_timeout = 30 * HEAL_SECOND;
	is_int(find(HEAL_CHECKPOINT_STORM), 0,
		   "where 30 s are asked for 10 is fine");
	storm();
	situation.in_recovery = true;
	is_int(find(HEAL_CHECKPOINT_STORM), 0, "not on a standby");
	storm();
	for (int i = 0; i < 3; i++)
		pressure->requested[i] -= 15 * HEAL_SECOND;
	ok(gone(HEAL_CHECKPOINT_STORM, subject), "none for a while: gone");
	pressure->wal_rate_lately = NAN;
	ok(heal_pressure_needs_more(pressure, "max_wal_size", 1e6),
	   "what is not known may be needed");
}

static void
test_autovacuum_starved(void)
{
	HealPressure *pressure = &situation.pressure;
	HealSubject subject;

	begin();
	*pressure = (HealPressure){
		.vacuum_busy = 1, .vacuum_busy_lately = 1, .vacuum_cost_limit = 200};
	situation.ailments = 3;
	for (int i = 0; i < 3; i++)
		situation.ailment[i] = (HealAilment){.kind = HEAL_AILMENT_DEAD_ROWS,
											 .database = 1,
											 .relation = (uint32_t) i + 1};
	is_int(find(HEAL_AUTOVACUUM_STARVED), 1, "all busy, and tables wait");
	subject = found[0].subject;
	ok(!gone(HEAL_AUTOVACUUM_STARVED, subject), "while they do");
	pressure->vacuum_cost_limit = 0;
	is_int(find(HEAL_AUTOVACUUM_STARVED), 0, "without a limit none holds back");
	pressure->vacuum_cost_limit = 200;
	pressure->vacuum_busy = NAN;
	is_int(find(HEAL_AUTOVACUUM_STARVED), 0,
		   "what is not known proves nothing");
	pressure->vacuum_busy = 1;
	situation.ailment[2].kind = HEAL_AILMENT_STATISTICS;
	is_int(find(HEAL_AUTOVACUUM_STARVED), 0, "two tables are not many");
	ok(gone(HEAL_AUTOVACUUM_STARVED, subject), "so it is over");
	situation.ailment[2].kind = HEAL_AILMENT_AGE;
	pressure->vacuum_busy_lately = 0.7;
	ok(gone(HEAL_AUTOVACUUM_STARVED, subject), "as it is when one is free");
	situation.ailments = 0;
	*pressure = (HealPressure){.requests = 0};
}

static void
test_switches(void)
{
	HealSuspect *suspect = &situation.suspect[0];
	HealSubject subject;

	begin();
	*suspect = (HealSuspect){.at = NOW - HEAL_MINUTE,
							 .latency_before = 5,
							 .latency_now = 10,
							 .rate_before = 100,
							 .rate_now = 100,
							 .rows_before = 1000,
							 .rows_now = 1000};
	snprintf(suspect->name, sizeof(suspect->name), "enable_indexscan");
	snprintf(suspect->new_value, sizeof(suspect->new_value), "off");
	situation.suspects = 1;
	is_int(find(HEAL_PLANNER_SWITCH_OFF), 1, "twice as slow since it is off");
	subject = found[0].subject;
	ok(!gone(HEAL_PLANNER_SWITCH_OFF, subject), "while it is slow");
	suspect->latency_now = 50;
	is_int(find(HEAL_SETTING_MADE_SLOW), 0,
		   "a switch is no other setting as well");
	suspect->latency_now = 6.5;
	is_int(find(HEAL_PLANNER_SWITCH_OFF), 0, "a little slower proves nothing");
	suspect->rows_now = 9000;
	is_int(find(HEAL_PLANNER_SWITCH_OFF), 1, "unless much more is read");
	suspect->latency_now = 5;
	is_int(find(HEAL_PLANNER_SWITCH_OFF), 0, "which alone hurts nobody");
	ok(gone(HEAL_PLANNER_SWITCH_OFF, subject), "as fast as before: gone");
	suspect->latency_now = NAN;
	is_int(find(HEAL_PLANNER_SWITCH_OFF), 0,
		   "what is not known proves nothing");
	suspect->latency_now = 10;
	suspect->rate_now = 130;
	is_int(find(HEAL_PLANNER_SWITCH_OFF), 0, "more statements are more load");
	suspect->rate_now = 100;
	snprintf(suspect->new_value, sizeof(suspect->new_value), "on");
	is_int(find(HEAL_PLANNER_SWITCH_OFF), 0, "on is not off");
	snprintf(suspect->name, sizeof(suspect->name), "autovacuum");
	is_int(find(HEAL_AUTOVACUUM_OFF), 0, "nor for autovacuum");
	snprintf(suspect->new_value, sizeof(suspect->new_value), "off");
	is_int(find(HEAL_AUTOVACUUM_OFF), 1, "autovacuum off was found");
	subject = found[0].subject;
	ok(!gone(HEAL_AUTOVACUUM_OFF, subject), "while it is");
	situation.suspects = 0;
	ok(gone(HEAL_AUTOVACUUM_OFF, subject), "after a quarter of an hour it is "
										   "taken as wanted");
}

/* With the rail statistics_alone this is held twice: a ladder that it would stop is no ladder. */
static void
test_evidence(void)
{
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		const HealFailureType *type = &heal_failures[kind];
		bool destructive = false;

		ok(type->evidence >= HEAL_BY_PROOF && type->evidence <= HEAL_BY_BOTH,
		   type->name);
		for (int rung = 0; rung < HEAL_LADDER && type->ladder[rung]; rung++)
			destructive |= heal_remedy_is_destructive(
				heal_remedy_lookup(type->ladder[rung]));
		ok(type->evidence != HEAL_BY_ANOMALIES || !destructive,
		   "nothing destructive follows statistics alone");
	}
	ok(heal_remedy_is_destructive(HEAL_REMEDY_CANCEL_BLOCKER) &&
		   heal_remedy_is_destructive(HEAL_REMEDY_TERMINATE_BLOCKER) &&
		   heal_remedy_is_destructive(HEAL_REMEDY_ROLLBACK_PREPARED) &&
		   heal_remedy_is_destructive(HEAL_REMEDY_DROP_SLOT) &&
		   heal_remedy_is_destructive(HEAL_REMEDY_QUARANTINE_SOURCE) &&
		   heal_remedy_is_destructive(HEAL_REMEDY_RESTART_PROCESS),
	   "these cost somebody something");
	ok(!heal_remedy_is_destructive(HEAL_REMEDY_MONITOR) &&
		   !heal_remedy_is_destructive(HEAL_REMEDY_ANALYZE_TABLE) &&
		   !heal_remedy_is_destructive(HEAL_REMEDY_VACUUM_TABLE) &&
		   !heal_remedy_is_destructive(HEAL_REMEDY_RESTORE_SETTING) &&
		   !heal_remedy_is_destructive(HEAL_REMEDY_RAISE_SETTING),
	   "these do not");
}

int
main(void)
{
	test_evidence();
	test_advisory_lock();
	test_ddl_queue();
	test_runaway();
	test_prepared();
	test_setting();
	test_read_only();
	test_checkpoint_storm();
	test_autovacuum_starved();
	test_switches();
	return done_testing();
}

/*
 * ledger_test.c
 *		What each record does to the ledger, and what the ledger then answers.
 */
#include "history/ledger.h"

#include "tap.h"

#define NOW (1000000 * HEAL_SECOND)

static HealLedger ledger;
static uint64_t sequence;

static void
begin(void)
{
	heal_ledger_init(&ledger);
	sequence = 0;
}

static bool
apply(HealRecordType type, const void *payload)
{
	return heal_ledger_apply(&ledger, ++sequence, type, payload,
							 heal_record_size(type));
}

static HealRecovery
recovery(int64_t id, HealStage stage)
{
	HealRecovery made = {.id = id,
						 .kind = HEAL_LOCK_PILEUP_IDLE,
						 .remedy = HEAL_REMEDY_TERMINATE_BLOCKER,
						 .stage = stage};

	snprintf(made.component, sizeof(made.component), "locks");
	return made;
}

static void
put_recovery(int64_t id, HealStage stage)
{
	HealRecovery made = recovery(id, stage);

	apply(HEAL_RECORD_RECOVERY, &made);
}

static HealFailure
failure(int64_t id, int kind, int pid, HealFailureStatus status)
{
	HealFailure made = {.id = id,
						.kind = kind,
						.status = status,
						.subject = {.kind = HEAL_SUBJECT_SESSION,
									.session = {pid, pid * HEAL_SECOND}}};

	if (kind == HEAL_CONNECTION_SLOTS)
		made.subject = (HealSubject){.kind = HEAL_SUBJECT_SERVER};
	return made;
}

static void
put_failure(int64_t id, int kind, int pid, HealFailureStatus status)
{
	HealFailure made = failure(id, kind, pid, status);

	apply(HEAL_RECORD_FAILURE, &made);
}

static void
test_an_empty_one(void)
{
	begin();
	is_int(ledger.next_recovery, 1, "the first recovery has number 1");
	is_int(ledger.next_failure, 1, "and so has the first failure");
	ok(heal_ledger_has_room_for_recovery(&ledger), "an empty ledger has room");
	ok(heal_ledger_recovery(&ledger, 0) == NULL,
	   "a free slot is not recovery 0");
	ok(heal_ledger_failure(&ledger, 0) == NULL, "nor failure 0");
	ok(heal_ledger_recovery(&ledger, -1) == NULL, "nor is there a recovery -1");
	is_int(heal_ledger_acts_since(&ledger, 0, 0), 0, "nothing was done");
	is_int(heal_ledger_in_flight(&ledger, "locks", 0), 0,
		   "nothing is being done");
	ok(!heal_ledger_paused(&ledger, "locks", NOW), "nothing is paused");
}

static void
test_refused_records(void)
{
	HealLedger before;
	HealRecovery made = recovery(7, HEAL_PROPOSED);
	int taken = 0;

	begin();
	put_recovery(3, HEAL_PROPOSED);
	before = ledger;
	for (int type = -2; type <= HEAL_RECORD_TYPES + 1; type++)
		for (int off = -1; off <= 1; off += 2)
			taken += heal_ledger_apply(&ledger, 99, type, &made,
									   heal_record_size(type) + off);
	taken += heal_ledger_apply(&ledger, 99, HEAL_RECORD_NONE, &made, 0);
	taken += heal_ledger_apply(&ledger, 99, HEAL_RECORD_TYPES, &made, 0);
	taken +=
		heal_ledger_apply(&ledger, 99, HEAL_RECORD_STOP, &made, sizeof(made));
	is_int(taken, 0, "a record of no type, or of the wrong size, is refused");
	ok(memcmp(&before, &ledger, sizeof(ledger)) == 0, "and changes nothing");
	is_int(heal_record_size((HealRecordType) -1), 0,
		   "what is no type has no size");
}

/* Two records with one number would share a place in the journal, and one of them be lost. */
static void
test_a_refused_record_takes_no_number(void)
{
	HealRecovery nobody = recovery(0, HEAL_PROPOSED);
	HealRecovery made = recovery(7, HEAL_PROPOSED);
	uint64_t number = 99;

	begin();
	ok(heal_ledger_apply_next(&ledger, HEAL_RECORD_RECOVERY, &made, &number),
	   "one that makes sense is the next");
	is_int(number, 1, "and has its number");
	ok(!heal_ledger_apply_next(&ledger, HEAL_RECORD_RECOVERY, &nobody, &number),
	   "one that makes none is refused");
	ok(!heal_ledger_apply_next(&ledger, HEAL_RECORD_TYPES, &made, &number),
	   "and so is one of no type");
	is_int(number, 1, "and has no number that could be written");
	made.stage = HEAL_APPROVED;
	heal_ledger_apply_next(&ledger, HEAL_RECORD_RECOVERY, &made, &number);
	is_int(number, 2, "which is left to the next");
}

static void
test_health(void)
{
	HealDiagnosis diagnosis = {0};
	HealHealthChange change = {.from = HEAL_HEALTH_HEALTHY,
							   .to = HEAL_HEALTH_FAILED};

	begin();
	ok(!heal_ledger_apply(&ledger, 1, HEAL_RECORD_HEALTH, &change,
						  sizeof(change)),
	   "the health of nobody is refused");
	strcpy(change.component, "locks");
	change.to = HEAL_HEALTH_STATES;
	ok(!heal_ledger_apply(&ledger, 1, HEAL_RECORD_HEALTH, &change,
						  sizeof(change)),
	   "and a state that there is not");
	change.to = HEAL_HEALTH_FAILED;
	ok(!heal_ledger_apply(&ledger, 1, HEAL_RECORD_DIAGNOSIS, &diagnosis,
						  sizeof(diagnosis)),
	   "a diagnosis of no failure is no record");
	diagnosis.id = 1;
	diagnosis.confidence = 1.5;
	ok(!heal_ledger_apply(&ledger, 1, HEAL_RECORD_DIAGNOSIS, &diagnosis,
						  sizeof(diagnosis)),
	   "nor one that is surer than sure");
	diagnosis.confidence = 0.5;
	memset(diagnosis.path, 'x', sizeof(diagnosis.path));
	ok(!heal_ledger_apply(&ledger, 1, HEAL_RECORD_DIAGNOSIS, &diagnosis,
						  sizeof(diagnosis)),
	   "nor one with a text that does not end");
	diagnosis.path[0] = '\0';
	ok(heal_ledger_apply(&ledger, 1, HEAL_RECORD_DIAGNOSIS, &diagnosis,
						 sizeof(diagnosis)),
	   "others are");
	ok(heal_ledger_apply(&ledger, 1, HEAL_RECORD_HEALTH, &change,
						 sizeof(change)),
	   "any other change is taken");
	is_int(heal_health_kept(ledger.health, "locks"), HEAL_HEALTH_FAILED,
		   "and kept");
}

/* One with names that no table of this version has would be an index out of bounds later. */
static void
test_impossible_contents(void)
{
	HealRecovery made;
	HealFailure seen =
		failure(1, HEAL_FAILURE_KINDS, 10, HEAL_FAILURE_WATCHING);
	int taken = 0;

	begin();
	taken += apply(HEAL_RECORD_FAILURE, &seen);
	seen = failure(1, -1, 10, HEAL_FAILURE_WATCHING);
	taken += apply(HEAL_RECORD_FAILURE, &seen);
	seen = failure(0, HEAL_CONNECTION_SLOTS, 10, HEAL_FAILURE_WATCHING);
	taken += apply(HEAL_RECORD_FAILURE, &seen);
	made = recovery(1, HEAL_PROPOSED);
	made.remedy = HEAL_REMEDIES;
	taken += apply(HEAL_RECORD_RECOVERY, &made);
	made.remedy = -1;
	taken += apply(HEAL_RECORD_RECOVERY, &made);
	made = recovery(1, HEAL_STAGES);
	taken += apply(HEAL_RECORD_RECOVERY, &made);
	made = recovery(1, HEAL_PROPOSED);
	made.kind = HEAL_FAILURE_KINDS;
	taken += apply(HEAL_RECORD_RECOVERY, &made);
	made = recovery(1, HEAL_PROPOSED);
	made.targets = HEAL_MAX_TARGETS + 1;
	taken += apply(HEAL_RECORD_RECOVERY, &made);
	made = recovery(0, HEAL_PROPOSED);
	taken += apply(HEAL_RECORD_RECOVERY, &made);
	is_int(taken, 0,
		   "a recovery or failure that no table has a row for is refused");
	made = recovery(1, HEAL_PROPOSED);
	made.kind = -1;
	ok(apply(HEAL_RECORD_RECOVERY, &made), "one without a failure is not");
}

static void
test_numbers(void)
{
	int64_t floor[HEAL_NUMBERED] = {50, 70, 90, 110};
	int64_t lower[HEAL_NUMBERED] = {5, 7, 9, 11};

	begin();
	put_recovery(12, HEAL_PROPOSED);
	put_failure(30, HEAL_LOCK_PILEUP_IDLE, 10, HEAL_FAILURE_WATCHING);
	is_int(ledger.next_recovery, 13,
		   "the next recovery comes after the highest one seen");
	is_int(ledger.next_failure, 31, "and so does the next failure");
	put_recovery(4, HEAL_PROPOSED);
	is_int(ledger.next_recovery, 13,
		   "a lower number that comes late does not turn it back");
	apply(HEAL_RECORD_FLOOR, floor);
	is_int(ledger.next_failure, 50, "a floor lifts the next failure");
	is_int(ledger.next_recovery, 70, "and the next recovery");
	apply(HEAL_RECORD_FLOOR, lower);
	ok(ledger.next_failure == 50 && ledger.next_recovery == 70 &&
		   ledger.next_escalation == 90 && ledger.next_anomaly == 110,
	   "and never lowers them");
	is_int(ledger.sequence, sequence, "the ledger knows its newest record");
}

static void
test_whole_records(void)
{
	HealRecovery made = recovery(5, HEAL_PROPOSED);

	begin();
	apply(HEAL_RECORD_RECOVERY, &made);
	made.stage = HEAL_APPROVED;
	snprintf(made.decided_by, sizeof(made.decided_by), "anna");
	apply(HEAL_RECORD_RECOVERY, &made);
	ok(memcmp(heal_ledger_recovery(&ledger, 5), &made, sizeof(made)) == 0,
	   "a recovery is kept as its newest record says");
	is_int(ledger.recovery[1].id, 0, "in the slot it had");
	put_failure(8, HEAL_LOCK_PILEUP_IDLE, 10, HEAL_FAILURE_WATCHING);
	put_failure(8, HEAL_LOCK_PILEUP_IDLE, 10, HEAL_FAILURE_CONFIRMED);
	is_int(heal_ledger_failure(&ledger, 8)->status, HEAL_FAILURE_CONFIRMED,
		   "and so is a failure");
	is_int(ledger.failure[1].id, 0, "in the slot it had");
}

static void
test_the_oldest_end_is_forgotten(void)
{
	begin();
	for (int id = 1; id <= HEAL_MAX_RECOVERIES; id++)
		put_recovery(id, id == 5 || id == 9 ? HEAL_SUCCEEDED : HEAL_VERIFYING);
	ok(heal_ledger_has_room_for_recovery(&ledger),
	   "when no slot is free one that is over gives room");
	put_recovery(100, HEAL_PROPOSED);
	ok(heal_ledger_recovery(&ledger, 5) == NULL,
	   "the one that is over longest is forgotten first");
	ok(heal_ledger_recovery(&ledger, 9) != NULL &&
		   heal_ledger_recovery(&ledger, 100) != NULL,
	   "and no other");
	put_recovery(101, HEAL_PROPOSED);
	ok(heal_ledger_recovery(&ledger, 9) == NULL &&
		   heal_ledger_recovery(&ledger, 101) != NULL,
	   "then the next");
	ok(!heal_ledger_has_room_for_recovery(&ledger),
	   "when all are open there is no room");
	put_recovery(102, HEAL_PROPOSED);
	ok(heal_ledger_recovery(&ledger, 102) == NULL &&
		   heal_ledger_recovery(&ledger, 1) != NULL,
	   "an open recovery is never pushed out");
}

/* What was raised and is in effect is to be given back. */
static void
lend(int64_t id, int32_t done)
{
	HealRecovery loan = {.id = id,
						 .kind = -1,
						 .remedy = HEAL_REMEDY_RAISE_SETTING,
						 .stage = HEAL_SUCCEEDED,
						 .change = {.done = done}};

	apply(HEAL_RECORD_RECOVERY, &loan);
}

static void
test_loans_are_forgotten_last(void)
{
	HealRecovery back = {.id = 200,
						 .kind = -1,
						 .undoes = 1,
						 .remedy = HEAL_REMEDY_GIVE_BACK,
						 .stage = HEAL_EXECUTED,
						 .change = {.done = HEAL_TARGET_SIGNALLED}};

	begin();
	lend(1, HEAL_TARGET_SIGNALLED);
	for (int id = 2; id <= HEAL_MAX_RECOVERIES; id++)
		put_recovery(id, HEAL_SUCCEEDED);
	for (int id = 100; id < 99 + HEAL_MAX_RECOVERIES; id++)
		put_recovery(id, HEAL_VERIFYING);
	ok(heal_ledger_recovery(&ledger, 1) != NULL &&
		   heal_ledger_recovery(&ledger, 2) == NULL,
	   "what is to be given back is kept while others are over");
	begin();
	lend(1, HEAL_TARGET_SIGNALLED);
	ok(heal_recovery_is_a_loan(heal_ledger_recovery(&ledger, 1)),
	   "a raise in effect is a loan");
	ok(heal_ledger_is_topmost_loan(&ledger, heal_ledger_recovery(&ledger, 1)),
	   "the only one can be given back");
	lend(2, HEAL_TARGET_SIGNALLED);
	ok(!heal_ledger_is_topmost_loan(&ledger, heal_ledger_recovery(&ledger, 1)),
	   "one with another on top of it not yet");
	ok(heal_ledger_is_topmost_loan(&ledger, heal_ledger_recovery(&ledger, 2)),
	   "that one first");
	apply(HEAL_RECORD_RECOVERY, &back);
	ok(!heal_recovery_is_a_loan(heal_ledger_recovery(&ledger, 1)),
	   "until it is given back");
}

/* What became of taking it back is known of the change, too, and is not the same as undone. */
static void
test_what_was_not_undone(void)
{
	HealRecovery back = {.id = 200,
						 .kind = -1,
						 .undoes = 1,
						 .remedy = HEAL_REMEDY_GIVE_BACK,
						 .stage = HEAL_WITHDRAWN,
						 .change = {.done = HEAL_TARGET_LEFT}};

	begin();
	lend(1, HEAL_TARGET_SIGNALLED);
	apply(HEAL_RECORD_RECOVERY, &back);
	is_int(heal_ledger_recovery(&ledger, 1)->change.done, HEAL_TARGET_LEFT,
		   "what is left to somebody else is not undone");
	ok(!heal_recovery_is_a_loan(heal_ledger_recovery(&ledger, 1)),
	   "and nothing to be given back any more");
	lend(1, HEAL_TARGET_SIGNALLED);
	back.stage = HEAL_FAILED;
	back.change.done = HEAL_TARGET_NOT_IN_EFFECT;
	apply(HEAL_RECORD_RECOVERY, &back);
	is_int(heal_ledger_recovery(&ledger, 1)->change.done,
		   HEAL_TARGET_NOT_IN_EFFECT,
		   "nor is what was put back and is not in effect");
	lend(1, HEAL_TARGET_SIGNALLED);
	back.change.done = HEAL_TARGET_SKIPPED;
	apply(HEAL_RECORD_RECOVERY, &back);
	ok(heal_recovery_is_a_loan(heal_ledger_recovery(&ledger, 1)),
	   "one that could not be given back is still lent");
}

static void
test_owed(void)
{
	HealRecovery lent = {.id = 1,
						 .kind = HEAL_SYNC_STANDBY_LOST,
						 .remedy = HEAL_REMEDY_DEGRADE_SYNC,
						 .stage = HEAL_SUCCEEDED,
						 .change = {.done = HEAL_TARGET_SIGNALLED}};

	begin();
	ok(heal_ledger_owed(&ledger, HEAL_REMEDY_DEGRADE_SYNC) == NULL,
	   "nothing is owed");
	apply(HEAL_RECORD_RECOVERY, &lent);
	ok(heal_ledger_owed(&ledger, HEAL_REMEDY_DEGRADE_SYNC) ==
		   heal_ledger_recovery(&ledger, 1),
	   "what was given up is");
	lent.id = 2;
	lent.stage = HEAL_UNKNOWN;
	apply(HEAL_RECORD_RECOVERY, &lent);
	ok(heal_ledger_owed(&ledger, HEAL_REMEDY_DEGRADE_SYNC) ==
		   heal_ledger_recovery(&ledger, 2),
	   "also when its end is not known, and of two the newest");
	heal_ledger_recovery(&ledger, 1)->change.done = HEAL_TARGET_UNDONE;
	heal_ledger_recovery(&ledger, 2)->change.done = HEAL_TARGET_SKIPPED;
	ok(heal_ledger_owed(&ledger, HEAL_REMEDY_DEGRADE_SYNC) == NULL,
	   "until it is settled, or was not done");
}

static void
test_failures_give_room(void)
{
	begin();
	for (int id = 1; id <= HEAL_MAX_FAILURES; id++)
		put_failure(id, HEAL_LOCK_PILEUP_IDLE, id,
					id == 3 ? HEAL_FAILURE_CLOSED : HEAL_FAILURE_NEEDS_HUMAN);
	ok(heal_ledger_has_room_for_failure(&ledger),
	   "a closed failure gives room");
	put_failure(200, HEAL_LOCK_PILEUP_IDLE, 200, HEAL_FAILURE_WATCHING);
	ok(heal_ledger_failure(&ledger, 3) == NULL &&
		   heal_ledger_failure(&ledger, 200) != NULL,
	   "to the next one");
	ok(!heal_ledger_has_room_for_failure(&ledger),
	   "one that needs a human does not");
}

static void
test_open_failures(void)
{
	HealSubject culprit = {.kind = HEAL_SUBJECT_SESSION,
						   .session = {10, 10 * HEAL_SECOND}};
	HealSubject reused = {.kind = HEAL_SUBJECT_SESSION,
						  .session = {10, 11 * HEAL_SECOND}};
	HealSubject server = {.kind = HEAL_SUBJECT_SERVER};

	begin();
	put_failure(1, HEAL_LOCK_PILEUP_IDLE, 10, HEAL_FAILURE_WATCHING);
	ok(heal_ledger_open_failure(&ledger, HEAL_LOCK_PILEUP_IDLE, &culprit) !=
		   NULL,
	   "an open failure is found by its culprit");
	ok(heal_ledger_open_failure(&ledger, HEAL_LOCK_PILEUP_IDLE, &reused) ==
		   NULL,
	   "not by another session with the same pid");
	ok(heal_ledger_open_failure(&ledger, HEAL_LOCK_PILEUP_ACTIVE, &culprit) ==
		   NULL,
	   "not as one of another kind");
	put_failure(1, HEAL_LOCK_PILEUP_IDLE, 10, HEAL_FAILURE_CLOSED);
	ok(heal_ledger_open_failure(&ledger, HEAL_LOCK_PILEUP_IDLE, &culprit) ==
		   NULL,
	   "not when it is closed");
	put_failure(2, HEAL_CONNECTION_SLOTS, 10, HEAL_FAILURE_CONFIRMED);
	ok(heal_ledger_open_failure(&ledger, HEAL_CONNECTION_SLOTS, &server) !=
		   NULL,
	   "connection slots are one failure whoever uses them");
}

static void
test_quiet(void)
{
	begin();
	ok(heal_ledger_is_quiet(&ledger), "an empty ledger is quiet");
	put_failure(1, HEAL_LOCK_PILEUP_IDLE, 10, HEAL_FAILURE_WATCHING);
	ok(!heal_ledger_is_quiet(&ledger), "not while a failure's patience runs");
	put_failure(1, HEAL_LOCK_PILEUP_IDLE, 10, HEAL_FAILURE_CLOSED);
	ok(heal_ledger_is_quiet(&ledger), "again when it is closed");
	put_recovery(1, HEAL_PROPOSED);
	ok(!heal_ledger_is_quiet(&ledger), "not while a proposal waits");
	put_recovery(1, HEAL_WITHDRAWN);
	ok(heal_ledger_is_quiet(&ledger), "again when it has ended");
}

static void
test_acts_count_once(void)
{
	HealRecovery made = recovery(1, HEAL_SNAPSHOT);

	begin();
	apply(HEAL_RECORD_RECOVERY, &made);
	is_int(heal_ledger_acts_since(&ledger, 0, 0), 0,
		   "what has not acted is no act");
	made.stage = HEAL_EXECUTING;
	made.acted_at = NOW;
	made.autonomous = 1;
	made.targets = 1;
	apply(HEAL_RECORD_RECOVERY, &made);
	is_int(heal_ledger_acts_since(&ledger, 0, 0), 1,
		   "the durable intent is an act");
	made.stage = HEAL_EXECUTED;
	apply(HEAL_RECORD_RECOVERY, &made);
	made.stage = HEAL_VERIFYING;
	apply(HEAL_RECORD_RECOVERY, &made);
	made.stage = HEAL_EXECUTING;
	made.attempt = 2;
	apply(HEAL_RECORD_RECOVERY, &made);
	is_int(heal_ledger_acts_since(&ledger, 0, 0), 1,
		   "and counts once, whatever follows");
	is_int(heal_ledger_acts_since(&ledger, NOW, 0), 1,
		   "an act is in a window that begins with it");
	is_int(heal_ledger_acts_since(&ledger, NOW + 1, 0), 0,
		   "and in none that begins later");
	is_int(heal_ledger_last_own_act(&ledger, HEAL_LOCK_PILEUP_IDLE,
									HEAL_REMEDY_TERMINATE_BLOCKER, 0),
		   NOW, "the last act done unasked is known");
	is_int(heal_ledger_last_own_act(&ledger, HEAL_LOCK_PILEUP_ACTIVE,
									HEAL_REMEDY_TERMINATE_BLOCKER, 0),
		   0, "for its own failure only");
	is_int(heal_ledger_last_own_act(&ledger, HEAL_LOCK_PILEUP_IDLE,
									HEAL_REMEDY_CANCEL_BLOCKER, 0),
		   0, "and its own remedy only");
	is_int(heal_ledger_acts_since(&ledger, 0, 1), 0,
		   "a recovery's own act does not stand in its way");
	is_int(heal_ledger_last_own_act(&ledger, HEAL_LOCK_PILEUP_IDLE,
									HEAL_REMEDY_TERMINATE_BLOCKER, 1),
		   0, "nor does it cool itself down");
	made = recovery(2, HEAL_EXECUTING);
	made.acted_at = NOW + HEAL_MINUTE;
	apply(HEAL_RECORD_RECOVERY, &made);
	is_int(heal_ledger_acts_since(&ledger, 0, 0), 2,
		   "an act a human asked for counts as well");
	is_int(heal_ledger_last_own_act(&ledger, HEAL_LOCK_PILEUP_IDLE,
									HEAL_REMEDY_TERMINATE_BLOCKER, 0),
		   NOW, "but does not cool anything down");
}

static void
act(int64_t id, HealTime at)
{
	HealRecovery made = recovery(id, HEAL_EXECUTING);

	made.acted_at = at;
	made.autonomous = 1;
	apply(HEAL_RECORD_RECOVERY, &made);
	made.stage = HEAL_FAILED;
	apply(HEAL_RECORD_RECOVERY, &made);
}

static void
test_many_acts(void)
{
	begin();
	for (int id = 1; id < HEAL_MAX_ACTS; id++)
		act(id, NOW + id);
	is_int(heal_ledger_acts_since(&ledger, NOW, 0), HEAL_MAX_ACTS - 1,
		   "acts are counted even when their recoveries are forgotten");
	act(HEAL_MAX_ACTS, NOW + HEAL_MAX_ACTS);
	act(HEAL_MAX_ACTS + 1, NOW + HEAL_MAX_ACTS + 1);
	ok(heal_ledger_acts_since(&ledger, NOW, 0) > 100000,
	   "more acts than are kept count as more than any cap");
	is_int(heal_ledger_acts_since(&ledger, NOW + HEAL_MAX_ACTS, 0), 2,
		   "a window they do not fill is still counted exactly");
	act(1000, NOW - HEAL_HOUR);
	is_int(heal_ledger_acts_since(&ledger, NOW + HEAL_MAX_ACTS, 0), 2,
		   "a clock that went back takes no act out of the window");
}

static void
test_in_flight(void)
{
	HealRecovery made = recovery(3, HEAL_VERIFYING);

	begin();
	put_recovery(1, HEAL_PROPOSED);
	put_recovery(2, HEAL_APPROVED);
	is_int(heal_ledger_in_flight(&ledger, "locks", 0), 0,
		   "what waits is not in flight");
	for (HealStage stage = HEAL_CLAIMED; stage < HEAL_SUCCEEDED; stage++)
	{
		put_recovery(3, stage);
		if (heal_ledger_in_flight(&ledger, "locks", 0) != 1)
			diag("stage %s", heal_stage_name(stage));
	}
	is_int(heal_ledger_in_flight(&ledger, "locks", 0), 1,
		   "what has been taken on and is not over is");
	is_int(heal_ledger_in_flight(&ledger, "locks", 3), 0,
		   "a recovery does not stand in its own way");
	is_int(heal_ledger_in_flight(&ledger, "sessions", 0), 0,
		   "nor in that of another component");
	made.remedy = HEAL_REMEDY_MONITOR;
	apply(HEAL_RECORD_RECOVERY, &made);
	is_int(heal_ledger_in_flight(&ledger, "locks", 0), 0,
		   "watching stands in nobody's way");
	put_recovery(3, HEAL_UNKNOWN);
	is_int(heal_ledger_in_flight(&ledger, "locks", 0), 0,
		   "nor does what is over");
}

static void
put_pause(const char *scope, HealTime until)
{
	HealPause pause = {.until = until};

	snprintf(pause.scope, sizeof(pause.scope), "%s", scope);
	apply(HEAL_RECORD_PAUSE, &pause);
}

static void
test_pauses(void)
{
	begin();
	put_pause("locks", NOW + HEAL_MINUTE);
	ok(heal_ledger_paused(&ledger, "locks", NOW),
	   "a pause covers its component");
	ok(!heal_ledger_paused(&ledger, "sessions", NOW), "and no other");
	ok(!heal_ledger_paused(&ledger, "lock", NOW),
	   "not even one with a name that begins the same");
	ok(!heal_ledger_paused(&ledger, "locks", NOW + HEAL_MINUTE),
	   "it ends by itself");
	put_pause("all", NOW + HEAL_SECOND);
	ok(heal_ledger_paused(&ledger, "sessions", NOW),
	   "a pause of all covers everything");
	put_pause("all", 0);
	ok(!heal_ledger_paused(&ledger, "sessions", NOW),
	   "it is ended by its scope");
	ok(heal_ledger_paused(&ledger, "locks", NOW), "while others go on");
	put_pause("sessions", 0);
	ok(heal_ledger_paused(&ledger, "locks", NOW),
	   "ending one that is not there ends no other");
	put_pause("locks", NOW + HEAL_SECOND);
	ok(!heal_ledger_paused(&ledger, "locks", NOW + 2 * HEAL_SECOND),
	   "a second pause of one scope replaces the first");
}

static void
test_more_pauses_than_room(void)
{
	char scope[HEAL_NAME_SIZE];
	int kept = 0;

	begin();
	for (int i = 0; i <= HEAL_MAX_PAUSES; i++)
	{
		snprintf(scope, sizeof(scope), "component %d", i);
		put_pause(scope, NOW + (i + 1) * HEAL_MINUTE);
	}
	for (int i = 0; i <= HEAL_MAX_PAUSES; i++)
	{
		snprintf(scope, sizeof(scope), "component %d", i);
		kept += heal_ledger_paused(&ledger, scope, NOW);
	}
	is_int(kept, HEAL_MAX_PAUSES,
		   "with no slot left the pause that ends first gives way");
	ok(!heal_ledger_paused(&ledger, "component 0", NOW), "and only that one");
}

static void
start_engine(HealTime at, bool clean)
{
	HealEngineStart start = {.at = at, .after_clean_shutdown = clean};

	apply(HEAL_RECORD_ENGINE_START, &start);
}

static void
test_quick_starts(void)
{
	HealOrder none = {0};
	HealOrder passive = {.at = NOW};

	begin();
	start_engine(NOW, false);
	is_int(ledger.quick_starts, 0, "the first start is not a quick one");
	start_engine(NOW + HEAL_SECOND, false);
	start_engine(NOW + 2 * HEAL_SECOND, false);
	is_int(ledger.quick_starts, 2, "starts a second apart are");
	start_engine(NOW + 2 * HEAL_SECOND + HEAL_QUICK_START, false);
	is_int(ledger.quick_starts, 0,
		   "an engine that lasted a minute ends the row");
	start_engine(ledger.last_start.at + HEAL_QUICK_START - 1, false);
	is_int(ledger.quick_starts, 1, "one that lasted a little less does not");
	start_engine(ledger.last_start.at + 1, true);
	is_int(ledger.quick_starts, 0,
		   "a start after a clean shutdown is nobody's fault");
	start_engine(ledger.last_start.at + 1, false);
	start_engine(ledger.last_start.at - HEAL_HOUR, false);
	is_int(ledger.quick_starts, 0,
		   "nor is one that seems to come earlier because the clock went back");
	start_engine(ledger.last_start.at + 1, false);
	apply(HEAL_RECORD_PASSIVE, &passive);
	is_int(ledger.quick_starts, 1, "becoming passive keeps the count");
	is_int(ledger.passive.at, NOW, "and is kept");
	apply(HEAL_RECORD_PASSIVE, &none);
	is_int(ledger.quick_starts, 0, "a human who starts it begins anew");
	is_int(ledger.passive.at, 0, "and it is no longer passive");
}

static void
test_stop(void)
{
	HealOrder order = {.at = NOW, .by = "anna", .reason = "upgrade"};
	HealOrder none = {.by = "bert", .reason = "done"};

	begin();
	apply(HEAL_RECORD_STOP, &order);
	ok(memcmp(&ledger.stop, &order, sizeof(order)) == 0,
	   "a stop order is kept with who and why");
	start_engine(NOW, true);
	ok(ledger.stop.at != 0, "no start of the engine ends it");
	apply(HEAL_RECORD_STOP, &none);
	is_int(ledger.stop.at, 0, "the order to start does");
}

static void
put_end(int64_t id, HealRemedyId remedy, HealStage stage)
{
	HealRecovery made = recovery(id, stage);

	made.remedy = remedy;
	made.acted_at = NOW;
	apply(HEAL_RECORD_RECOVERY, &made);
}

static int
failures_of(int remedy)
{
	return heal_breaker_worst(ledger.breaker, remedy);
}

static void
test_breaker(void)
{
	int32_t remedy = HEAL_REMEDY_TERMINATE_BLOCKER;
	int32_t impossible = HEAL_REMEDIES;

	begin();
	put_end(1, remedy, HEAL_FAILED);
	put_end(2, remedy, HEAL_ROLLED_BACK);
	is_int(failures_of(remedy), 2,
		   "what failed or was rolled back counts against its remedy");
	put_end(2, remedy, HEAL_ROLLED_BACK);
	is_int(failures_of(remedy), 2, "once");
	put_recovery(3, HEAL_FAILED);
	put_recovery(4, HEAL_WITHDRAWN);
	put_recovery(5, HEAL_EXPIRED);
	put_recovery(6, HEAL_REJECTED);
	put_end(7, remedy, HEAL_UNKNOWN);
	is_int(failures_of(remedy), 2,
		   "what was not done, or not seen to the end, counts neither way");
	put_end(8, remedy, HEAL_SUCCEEDED);
	is_int(failures_of(remedy), 0, "a success closes the breaker");
	put_end(9, HEAL_REMEDY_CANCEL_BLOCKER, HEAL_FAILED);
	ok(failures_of(remedy) == 0 && failures_of(HEAL_REMEDY_CANCEL_BLOCKER) == 1,
	   "each remedy has its own");
	put_end(10, remedy, HEAL_FAILED);
	apply(HEAL_RECORD_BREAKER_RESET, &remedy);
	ok(failures_of(remedy) == 0 && failures_of(HEAL_REMEDY_CANCEL_BLOCKER) == 1,
	   "a reset is for one remedy");
	apply(HEAL_RECORD_BREAKER_RESET, &impossible);
	is_int(failures_of(HEAL_REMEDY_CANCEL_BLOCKER), 1,
		   "a reset of no remedy changes nothing");
}

static void
test_nth_act(void)
{
	begin();
	is_int(heal_ledger_nth_act(&ledger, 1), 0, "no act is the newest of none");
	for (int64_t id = 1; id <= 3; id++)
	{
		HealRecovery made = recovery(id, HEAL_SUCCEEDED);

		made.acted_at = NOW - (id == 2 ? 0 : id) * HEAL_SECOND;
		apply(HEAL_RECORD_RECOVERY, &made);
	}
	is_int(heal_ledger_nth_act(&ledger, 1), NOW, "the newest act");
	is_int(heal_ledger_nth_act(&ledger, 2), NOW - HEAL_SECOND, "the second");
	is_int(heal_ledger_nth_act(&ledger, 3), NOW - 3 * HEAL_SECOND, "the third");
	is_int(heal_ledger_nth_act(&ledger, 4), 0, "there is no fourth");
	is_int(heal_ledger_nth_act(&ledger, 0), 0, "nor one before the first");
}

static void
test_policies(void)
{
	HealComponentPolicy policy = {.in_force = 1,
								  .remedy = HEAL_LEFT_OPEN,
								  .autonomy = HEAL_APPROVE,
								  .max_retries = HEAL_LEFT_OPEN,
								  .timeout = HEAL_LEFT_OPEN,
								  .component = "locks"};

	begin();
	ok(apply(HEAL_RECORD_POLICY, &policy), "a policy is kept");
	ok(heal_component_policy_find(ledger.policy, "locks", HEAL_LEFT_OPEN) !=
		   NULL,
	   "and is found");
	policy.autonomy = 7;
	ok(!apply(HEAL_RECORD_POLICY, &policy), "one that makes no sense is not");
	is_int(ledger.policy[0].autonomy, HEAL_APPROVE, "and changes nothing");
	policy.autonomy = HEAL_LEFT_OPEN;
	policy.in_force = 0;
	ok(apply(HEAL_RECORD_POLICY, &policy), "it is taken back");
	ok(heal_component_policy_find(ledger.policy, "locks", HEAL_LEFT_OPEN) ==
		   NULL,
	   "and is gone");
	is_int(HEAL_RECORD_POLICY, 32,
		   "its number is fixed, as journals remember it");
}

static void
put_throttle(int64_t id, uint32_t role, HealStage stage, HealOrigin origin)
{
	HealRecovery made = recovery(id, stage);

	made.remedy = HEAL_REMEDY_SLOW_SOURCE;
	made.origin = origin;
	made.acted_at = NOW;
	made.subject = (HealSubject){.kind = HEAL_SUBJECT_SOURCE, .role = role};
	apply(HEAL_RECORD_RECOVERY, &made);
}

static void
test_throttled(void)
{
	HealSubject batch = {.kind = HEAL_SUBJECT_SOURCE, .role = 30};

	begin();
	put_recovery(1, HEAL_SUCCEEDED);
	is_int(heal_ledger_throttled(&ledger, &batch, 0), 0,
		   "nobody was throttled");
	put_throttle(2, 30, HEAL_SUCCEEDED, HEAL_BY_ENGINE);
	put_throttle(3, 30, HEAL_SUCCEEDED, HEAL_BY_ENGINE);
	put_throttle(4, 31, HEAL_SUCCEEDED, HEAL_BY_ENGINE);
	put_throttle(5, 30, HEAL_ROLLED_BACK, HEAL_BY_ENGINE);
	put_throttle(6, 30, HEAL_SUCCEEDED, HEAL_BY_HUMAN);
	is_int(heal_ledger_throttled(&ledger, &batch, NOW), 2,
		   "what helped counts, of the same source, and not a human's");
	is_int(heal_ledger_throttled(&ledger, &batch, NOW + 1), 0,
		   "what is long ago does not");
}

static void
put_escalation(int64_t id, int64_t failure, HealTime acknowledged_at)
{
	HealEscalation made = {.id = id,
						   .failure = failure,
						   .recovery = 7,
						   .kind = HEAL_LOCK_PILEUP_IDLE,
						   .raised_at = NOW,
						   .acknowledged_at = acknowledged_at};

	apply(HEAL_RECORD_ESCALATION, &made);
}

static void
test_escalations(void)
{
	HealEscalation none = {.id = 1, .kind = HEAL_FAILURE_KINDS};

	begin();
	is_int(ledger.next_escalation, 1, "the first escalation has number 1");
	ok(!apply(HEAL_RECORD_ESCALATION, &none),
	   "one about a failure that does not exist is not kept");
	put_escalation(1, 3, 0);
	is_int(ledger.next_escalation, 2, "the next one has the next number");
	ok(heal_ledger_escalated(&ledger, 3, 7), "it is known what it is about");
	ok(!heal_ledger_escalated(&ledger, 3, 0) &&
		   !heal_ledger_escalated(&ledger, 4, 7) &&
		   !heal_ledger_escalated(&ledger, 0, 0),
	   "another failure or recovery is another matter");
	put_escalation(1, 3, NOW);
	is_int(heal_ledger_escalation(&ledger, 1)->acknowledged_at, NOW,
		   "it is acknowledged");
	for (int id = 2; id <= HEAL_MAX_ESCALATIONS; id++)
		put_escalation(id, 3, id == 5 ? NOW : 0);
	put_escalation(100, 3, 0);
	put_escalation(101, 3, 0);
	ok(heal_ledger_escalation(&ledger, 1) == NULL &&
		   heal_ledger_escalation(&ledger, 5) == NULL,
	   "with no room those give way that somebody looks after");
	put_escalation(102, 3, 0);
	ok(heal_ledger_escalation(&ledger, 2) == NULL &&
		   heal_ledger_escalation(&ledger, 102) != NULL,
	   "then the oldest");
	is_int(HEAL_RECORD_ESCALATION, 33, "its number is fixed");
}

static void
test_events_change_nothing(void)
{
	HealLedger before;
	HealEvent event = {.at = NOW, .kind = "decision"};

	begin();
	put_recovery(1, HEAL_VERIFYING);
	before = ledger;
	apply(HEAL_RECORD_EVENT, &event);
	before.sequence = ledger.sequence;
	ok(memcmp(&before, &ledger, sizeof(ledger)) == 0,
	   "an event is for the tables, not for the ledger");
}

static void
test_status_names(void)
{
	is_string(heal_failure_status_name(HEAL_FAILURE_NEEDS_HUMAN),
			  "needs a human", "a failure's status has a name");
	is_string(heal_failure_status_name((HealFailureStatus) 77), "invalid",
			  "what is none has none");
}

int
main(void)
{
	test_an_empty_one();
	test_refused_records();
	test_a_refused_record_takes_no_number();
	test_health();
	test_impossible_contents();
	test_numbers();
	test_whole_records();
	test_the_oldest_end_is_forgotten();
	test_loans_are_forgotten_last();
	test_what_was_not_undone();
	test_owed();
	test_failures_give_room();
	test_open_failures();
	test_quiet();
	test_acts_count_once();
	test_many_acts();
	test_in_flight();
	test_pauses();
	test_more_pauses_than_room();
	test_quick_starts();
	test_stop();
	test_breaker();
	test_nth_act();
	test_policies();
	test_throttled();
	test_escalations();
	test_events_change_nothing();
	test_status_names();
	return done_testing();
}

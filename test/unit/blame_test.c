/*
 * blame_test.c
 *		Which of our own acts is suspected of a failure, and what follows from that.
 */
#include "decide/blame.h"

#include "tap.h"

#define NOW (100000 * HEAL_SECOND)
#define WINDOW (5 * HEAL_MINUTE)
#define FAILURE 9

/* As if cancel_statement changed something that can be put back. */
#define UNDOABLE HEAL_REMEDY_CANCEL_STATEMENT

static HealLedger ledger;

static bool
can_be_undone(const HealRecovery *recovery)
{
	return recovery->remedy == UNDOABLE;
}

static bool
is_over(const HealRecovery *recovery)
{
	return recovery->undoes == -1; /* as if it said so */
}

static HealRecovery *
act(int64_t id, int remedy, const char *component, HealTime acted_at)
{
	HealRecovery made = {
		.id = id,
		.failure = 1,
		.kind = HEAL_LOCK_PILEUP_IDLE,
		.remedy = remedy,
		.stage = HEAL_SUCCEEDED,
		.autonomous = 1,
		.acted_at = acted_at,
		.change = {.kept = 1, .done = HEAL_TARGET_SIGNALLED},
	};

	snprintf(made.component, sizeof(made.component), "%s", component);
	heal_ledger_apply(&ledger, ledger.sequence + 1, HEAL_RECORD_RECOVERY, &made,
					  sizeof(made));
	return heal_ledger_recovery(&ledger, id);
}

static HealBlame
blame(const char *component, HealTime since)
{
	return heal_blame(&ledger, FAILURE, component, since, WINDOW, can_be_undone,
					  is_over);
}

static void
is_blamed(HealTime since, HealBlameKind kind, const char *name)
{
	is_int(blame("locks", since).kind, kind, name);
}

static void
test_irreversible(void)
{
	HealBlame found;

	heal_ledger_init(&ledger);
	is_blamed(NOW, HEAL_BLAME_NONE, "who has done nothing is no suspect");
	act(3, HEAL_REMEDY_TERMINATE_BLOCKER, "locks", NOW);
	found = blame("locks", NOW + 40 * HEAL_SECOND);
	is_int(found.kind, HEAL_BLAME_ASK,
		   "after an act that cannot be put back a human is asked");
	is_int(found.recovery, 3, "the act is named");
	is_int(found.before, 40 * HEAL_SECOND, "and how long before it was");
	is_blamed(NOW, HEAL_BLAME_ASK, "at the same moment counts");
	is_blamed(NOW - 1, HEAL_BLAME_NONE,
			  "what began before the act is not due to it");
	is_blamed(NOW + WINDOW - 1, HEAL_BLAME_ASK, "the window");
	is_blamed(NOW + WINDOW, HEAL_BLAME_NONE, "ends");
	heal_ledger_recovery(&ledger, 3)->autonomous = 0;
	is_blamed(NOW, HEAL_BLAME_NONE, "one that a human decided on is his");
	heal_ledger_recovery(&ledger, 3)->autonomous = 1;
	is_int(blame("sessions", NOW).kind, HEAL_BLAME_NONE,
		   "another component is not what it touched");
	is_int(heal_blame(&ledger, 1, "locks", NOW, WINDOW, can_be_undone, is_over)
			   .kind,
		   HEAL_BLAME_NONE, "nor is it suspected of what it was for");
	is_int(heal_blame(&ledger, FAILURE, "locks", NOW, 0, can_be_undone, is_over)
			   .kind,
		   HEAL_BLAME_NONE, "no window, no suspicion");
}

static void
test_what_counts_as_done(void)
{
	static const struct
	{
		HealStage stage;
		HealBlameKind kind;
	} cases[] = {
		{HEAL_EXECUTING, HEAL_BLAME_NONE},	 {HEAL_VERIFYING, HEAL_BLAME_NONE},
		{HEAL_SUCCEEDED, HEAL_BLAME_ASK},	 {HEAL_FAILED, HEAL_BLAME_ASK},
		{HEAL_UNKNOWN, HEAL_BLAME_ASK},		 {HEAL_WITHDRAWN, HEAL_BLAME_NONE},
		{HEAL_ROLLED_BACK, HEAL_BLAME_NONE}, {HEAL_REJECTED, HEAL_BLAME_NONE},
	};

	for (size_t i = 0; i < heal_lengthof(cases); i++)
	{
		heal_ledger_init(&ledger);
		act(3, HEAL_REMEDY_TERMINATE_BLOCKER, "locks", NOW)->stage =
			cases[i].stage;
		is_blamed(NOW, cases[i].kind, heal_stage_name(cases[i].stage));
	}
	heal_ledger_init(&ledger);
	act(3, HEAL_REMEDY_TERMINATE_BLOCKER, "locks", 0);
	is_blamed(NOW, HEAL_BLAME_NONE, "what never acted is no suspect");
}

static void
test_reversible(void)
{
	HealRecovery undo = {.id = 5,
						 .failure = FAILURE,
						 .kind = HEAL_LOCK_PILEUP_IDLE,
						 .remedy = HEAL_REMEDY_UNDO_OWN_ACT,
						 .stage = HEAL_EXECUTING,
						 .acted_at = NOW + HEAL_SECOND,
						 .undoes = 3};

	heal_ledger_init(&ledger);
	act(3, UNDOABLE, "sessions", NOW);
	is_blamed(NOW, HEAL_BLAME_UNDO,
			  "one that can be put back is suspected everywhere");
	is_blamed(NOW + HEAL_BLAME_REVERSIBLE, HEAL_BLAME_UNDO, "for ten minutes");
	is_blamed(NOW + HEAL_BLAME_REVERSIBLE + 1, HEAL_BLAME_NONE, "no longer");
	act(4, HEAL_REMEDY_TERMINATE_BLOCKER, "locks", NOW);
	is_int(blame("locks", NOW).recovery, 3,
		   "and before one that cannot, as something can be done about it");
	heal_ledger_apply(&ledger, 10, HEAL_RECORD_RECOVERY, &undo, sizeof(undo));
	is_int(blame("locks", NOW).recovery, 3, "until it is undone:");
	undo.stage = HEAL_EXECUTED;
	undo.change.done = HEAL_TARGET_SIGNALLED;
	heal_ledger_apply(&ledger, 11, HEAL_RECORD_RECOVERY, &undo, sizeof(undo));
	is_int(heal_ledger_recovery(&ledger, 3)->change.done, HEAL_TARGET_UNDONE,
		   "the ledger knows that it is");
	is_int(blame("locks", NOW).recovery, 4, "then the other is left");
	heal_ledger_init(&ledger);
	act(3, UNDOABLE, "locks", NOW)->change.done = HEAL_TARGET_INTENDED;
	is_blamed(NOW, HEAL_BLAME_NONE, "what is not in effect need not be undone");
}

static void
test_for_a_while(void)
{
	heal_ledger_init(&ledger);
	act(3, HEAL_REMEDY_THROTTLE_SOURCE, "locks", NOW)->change.number = 60;
	is_blamed(NOW, HEAL_BLAME_ASK, "while it lasts");
	is_blamed(NOW + HEAL_MINUTE, HEAL_BLAME_NONE, "and not when it is over");
	is_int(blame("sessions", NOW).kind, HEAL_BLAME_NONE,
		   "nor elsewhere: it reaches only whom it names");
	act(2, UNDOABLE, "locks", NOW);
	heal_ledger_recovery(&ledger, 3)->undoes = -1;
	is_int(blame("locks", NOW).recovery, 2,
		   "one that was lifted hides no other");
	heal_ledger_recovery(&ledger, 2)->stage = HEAL_WITHDRAWN;
	is_blamed(NOW, HEAL_BLAME_NONE, "and is none itself");
}

static void
test_the_newest(void)
{
	heal_ledger_init(&ledger);
	act(3, HEAL_REMEDY_TERMINATE_BLOCKER, "locks", NOW - 2 * HEAL_SECOND);
	act(5, HEAL_REMEDY_CANCEL_BLOCKER, "locks", NOW - HEAL_SECOND);
	act(4, HEAL_REMEDY_TERMINATE_BLOCKER, "locks", NOW - 3 * HEAL_SECOND);
	is_int(blame("locks", NOW).recovery, 5, "of several the newest is named");
}

int
main(void)
{
	test_irreversible();
	test_what_counts_as_done();
	test_reversible();
	test_for_a_while();
	test_the_newest();
	return done_testing();
}

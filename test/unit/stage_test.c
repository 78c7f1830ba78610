/*
 * stage_test.c
 *		The table of legal moves, asked by its properties: no move is written down twice here.
 */
#include "recover/stage.h"

#include "tap.h"

static bool reachable[HEAL_STAGES]
					 [HEAL_STAGES]; /* [from][to], without the one left out */

/* Which stages can follow which, sooner or later, when nobody goes through the one left out. */
static void
explore_without(int left_out)
{
	memset(reachable, 0, sizeof(reachable));
	for (int from = 0; from < HEAL_STAGES; from++)
		for (int to = 0; to < HEAL_STAGES; to++)
			reachable[from][to] = from != left_out && to != left_out &&
								  (from == to || heal_stage_may_move(from, to));
	for (int via = 0; via < HEAL_STAGES; via++)
		for (int from = 0; from < HEAL_STAGES; from++)
			for (int to = 0; to < HEAL_STAGES; to++)
				if (reachable[from][via] && reachable[via][to])
					reachable[from][to] = true;
}

static void
explore(void)
{
	explore_without(-1);
}

static void
test_every_stage_is_reached(void)
{
	int missed = 0;

	explore();
	for (int stage = 0; stage < HEAL_STAGES; stage++)
		if (!reachable[HEAL_PROPOSED][stage])
		{
			diag("never reached: %s", heal_stage_name(stage));
			missed++;
		}
	is_int(missed, 0, "a proposal can come to every stage");
}

static void
test_every_stage_comes_to_an_end(void)
{
	int stuck = 0;

	explore();
	for (int stage = 0; stage < HEAL_STAGES; stage++)
	{
		bool ends = false;

		for (int end = 0; end < HEAL_STAGES; end++)
			ends |= reachable[stage][end] && heal_stage_is_final(end);
		stuck += !ends;
	}
	is_int(stuck, 0, "from every stage there is a way to an end");
}

static void
test_an_end_is_an_end(void)
{
	int ways_out = 0;
	int misplaced = 0;

	for (int stage = 0; stage < HEAL_STAGES; stage++)
	{
		misplaced += heal_stage_is_final(stage) != (stage >= HEAL_SUCCEEDED);
		for (int to = 0; to < HEAL_STAGES; to++)
			ways_out +=
				heal_stage_is_final(stage) && heal_stage_may_move(stage, to);
	}
	is_int(ways_out, 0, "no move leads out of a final stage");
	is_int(misplaced, 0,
		   "the final stages are those the header says are final");
}

static void
test_the_intent_comes_first(void)
{
	static const HealStage after_an_act[] = {HEAL_EXECUTED,		HEAL_VERIFYING,
											 HEAL_ROLLING_BACK, HEAL_SUCCEEDED,
											 HEAL_ROLLED_BACK,	HEAL_UNKNOWN};

	explore_without(HEAL_EXECUTING);
	for (size_t i = 0; i < sizeof(after_an_act) / sizeof(after_an_act[0]); i++)
	{
		char name[128];

		snprintf(name, sizeof(name),
				 "\"%s\" is not reached without a durable intent",
				 heal_stage_name(after_an_act[i]));
		ok(!reachable[HEAL_PROPOSED][after_an_act[i]], name);
	}
}

static void
test_a_human_or_the_rails_come_first(void)
{
	explore_without(HEAL_APPROVED);
	ok(!reachable[HEAL_PROPOSED][HEAL_CLAIMED],
	   "nothing is taken on without an approval");
	ok(!reachable[HEAL_PROPOSED][HEAL_EXECUTING],
	   "nothing is done without an approval");
	explore_without(HEAL_CLAIMED);
	ok(!reachable[HEAL_PROPOSED][HEAL_EXECUTING],
	   "nothing is done that no recoverer has taken on");
	explore_without(HEAL_SNAPSHOT);
	ok(!reachable[HEAL_PROPOSED][HEAL_EXECUTING],
	   "nothing is done before the state before it is kept");
	explore_without(HEAL_VERIFYING);
	ok(!reachable[HEAL_PROPOSED][HEAL_SUCCEEDED],
	   "nothing counts as a success that was not verified");
}

/* These say that nothing was done, so no act may lie behind them. */
static void
test_what_says_nothing_was_done(void)
{
	static const HealStage nothing_done[] = {HEAL_REJECTED, HEAL_EXPIRED,
											 HEAL_WITHDRAWN};

	explore();
	for (size_t i = 0; i < sizeof(nothing_done) / sizeof(nothing_done[0]); i++)
	{
		char name[128];

		snprintf(name, sizeof(name), "\"%s\" cannot follow an act",
				 heal_stage_name(nothing_done[i]));
		ok(!heal_stage_may_move(HEAL_EXECUTED, nothing_done[i]) &&
			   !heal_stage_may_move(HEAL_VERIFYING, nothing_done[i]) &&
			   !heal_stage_may_move(HEAL_ROLLING_BACK, nothing_done[i]),
		   name);
	}
	ok(heal_stage_may_move(HEAL_EXECUTING, HEAL_WITHDRAWN),
	   "an intent can be given up as long as the act has not happened");
	for (int stage = HEAL_CLAIMED; stage < HEAL_STAGES; stage++)
		if (heal_stage_may_move(stage, HEAL_REJECTED) ||
			heal_stage_may_move(stage, HEAL_EXPIRED))
			diag("%s", heal_stage_name(stage));
	ok(!reachable[HEAL_CLAIMED][HEAL_REJECTED] &&
		   !reachable[HEAL_CLAIMED][HEAL_EXPIRED],
	   "what has been taken on is neither rejected nor expires");
	ok(!heal_stage_may_move(HEAL_APPROVED, HEAL_REJECTED) &&
		   !heal_stage_may_move(HEAL_APPROVED, HEAL_PROPOSED),
	   "an approval is not taken back by rejecting or proposing again");
}

static void
test_trying_again(void)
{
	ok(heal_stage_may_move(HEAL_VERIFYING, HEAL_EXECUTING),
	   "another attempt goes through its own intent");
	for (int stage = 0; stage < HEAL_STAGES; stage++)
		if (heal_stage_may_move(stage, stage))
		{
			ok(false, "no stage follows itself");
			return;
		}
	ok(true, "no stage follows itself");
	ok(heal_stage_may_move(HEAL_EXECUTING, HEAL_UNKNOWN) &&
		   heal_stage_may_move(HEAL_EXECUTED, HEAL_UNKNOWN) &&
		   heal_stage_may_move(HEAL_VERIFYING, HEAL_UNKNOWN) &&
		   heal_stage_may_move(HEAL_ROLLING_BACK, HEAL_UNKNOWN),
	   "whatever is interrupted after the intent can end as unknown");
	ok(!heal_stage_may_move(HEAL_CLAIMED, HEAL_UNKNOWN) &&
		   !heal_stage_may_move(HEAL_SNAPSHOT, HEAL_UNKNOWN),
	   "what is interrupted before the intent is not unknown: nothing was done");
}

static void
test_names(void)
{
	int bad = 0;

	for (int stage = 0; stage < HEAL_STAGES; stage++)
	{
		const char *name = heal_stage_name(stage);

		/* an event's kind is "recovery_" and the name, in 32 bytes */
		bad += name == NULL || name[0] == '\0' || strlen(name) > 20 ||
			   heal_stage_meaning(stage)[0] == '\0';
		for (int other = 0; other < stage; other++)
			bad += strcmp(name, heal_stage_name(other)) == 0;
	}
	is_int(bad, 0, "every stage has a short name of its own and a meaning");
	is_string(heal_stage_name(HEAL_STAGES), "invalid",
			  "what is no stage has no name");
	is_string(heal_stage_name((HealStage) -1), "invalid",
			  "nor has a negative one");
	is_string(heal_stage_meaning((HealStage) 4711), "not a stage",
			  "nor a meaning");
	ok(!heal_stage_is_final((HealStage) 4711), "nor is it an end");
	ok(!heal_stage_may_move((HealStage) 4711, HEAL_PROPOSED) &&
		   !heal_stage_may_move(HEAL_PROPOSED, (HealStage) 4711) &&
		   !heal_stage_may_move((HealStage) -1, (HealStage) -1),
	   "nor are there moves to or from it");
}

int
main(void)
{
	test_every_stage_is_reached();
	test_every_stage_comes_to_an_end();
	test_an_end_is_an_end();
	test_the_intent_comes_first();
	test_a_human_or_the_rails_come_first();
	test_what_says_nothing_was_done();
	test_trying_again();
	test_names();
	return done_testing();
}

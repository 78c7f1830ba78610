/*
 * stage.c
 *		The legal moves of a recovery, as a table.
 *
 * A stage is journalled before what it names is done: "executing" means that the intent to act is
 * durable, not that the act has happened. What a restart must do with each unfinished stage follows
 * from that (see recover/launch_pg.c).
 */
#include "recover/stage.h"

typedef struct StageRow
{
	const char *name;
	const char *meaning;
	unsigned next; /* bit 1 << stage for each legal move */
} StageRow;

#define TO(stage) (1u << (stage))

static const StageRow stages[HEAL_STAGES] = {
	[HEAL_PROPOSED] = {"proposed", "waits for a human",
					   TO(HEAL_APPROVED) | TO(HEAL_REJECTED) |
						   TO(HEAL_EXPIRED) | TO(HEAL_WITHDRAWN)},
	[HEAL_APPROVED] = {"approved", "waits for a recoverer",
					   TO(HEAL_CLAIMED) | TO(HEAL_EXPIRED) |
						   TO(HEAL_WITHDRAWN) | TO(HEAL_FAILED)},
	[HEAL_CLAIMED] = {"claimed",
					  "a recoverer has taken it on; nothing has been done yet",
					  TO(HEAL_SNAPSHOT) | TO(HEAL_WITHDRAWN) | TO(HEAL_FAILED)},
	[HEAL_SNAPSHOT] =
		{"snapshot",
		 "the state before the act is kept; nothing has been done yet",
		 TO(HEAL_EXECUTING) | TO(HEAL_WITHDRAWN) | TO(HEAL_FAILED)},
	[HEAL_EXECUTING] =
		{"executing",
		 "the intent is durable; the act may or may not have happened",
		 TO(HEAL_EXECUTED) | TO(HEAL_WITHDRAWN) | TO(HEAL_FAILED) |
			 TO(HEAL_UNKNOWN) | TO(HEAL_ROLLING_BACK)},
	[HEAL_EXECUTED] = {"executed",
					   "the act is done; its effect is not known yet",
					   TO(HEAL_VERIFYING) | TO(HEAL_UNKNOWN) |
						   TO(HEAL_ROLLING_BACK) | TO(HEAL_FAILED)},
	[HEAL_VERIFYING] = {"verifying",
						"watches whether those who suffered get on",
						TO(HEAL_SUCCEEDED) | TO(HEAL_EXECUTING) |
							TO(HEAL_ROLLING_BACK) | TO(HEAL_FAILED) |
							TO(HEAL_UNKNOWN)},
	[HEAL_ROLLING_BACK] = {"rolling back", "undoes the act",
						   TO(HEAL_ROLLED_BACK) | TO(HEAL_FAILED) |
							   TO(HEAL_UNKNOWN)},
	[HEAL_SUCCEEDED] = {"succeeded",
						"the failure is gone and those who suffered get on", 0},
	[HEAL_ROLLED_BACK] = {"rolled back", "it did not help and was undone", 0},
	[HEAL_FAILED] =
		{"failed",
		 "it did not help, or could not be done; the message says which", 0},
	[HEAL_UNKNOWN] =
		{"unknown",
		 "interrupted where nobody can tell whether it helped: needs a human",
		 0},
	[HEAL_REJECTED] = {"rejected", "a human said no", 0},
	[HEAL_EXPIRED] = {"expired", "nobody answered in time", 0},
	[HEAL_WITHDRAWN] = {"withdrawn",
						"its reason went away before anything was done", 0},
};

static bool
is_stage(int stage)
{
	return stage >= 0 && stage < HEAL_STAGES;
}

const char *
heal_stage_name(HealStage stage)
{
	return is_stage(stage) ? stages[stage].name : "invalid";
}

const char *
heal_stage_meaning(HealStage stage)
{
	return is_stage(stage) ? stages[stage].meaning : "not a stage";
}

bool
heal_stage_is_final(HealStage stage)
{
	return is_stage(stage) && stages[stage].next == 0;
}

bool
heal_stage_may_move(HealStage from, HealStage to)
{
	return is_stage(from) && is_stage(to) && (stages[from].next & TO(to)) != 0;
}

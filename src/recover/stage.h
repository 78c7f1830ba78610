/*
 * stage.h
 *		The stages of a recovery and the legal moves between them.
 */
#ifndef HEAL_STAGE_H
#define HEAL_STAGE_H

#include <stdbool.h>

typedef enum HealStage
{
	HEAL_PROPOSED,
	HEAL_APPROVED,
	HEAL_CLAIMED,
	HEAL_SNAPSHOT,
	HEAL_EXECUTING,
	HEAL_EXECUTED,
	HEAL_VERIFYING,
	HEAL_ROLLING_BACK,
	/* from here on: final */
	HEAL_SUCCEEDED,
	HEAL_ROLLED_BACK,
	HEAL_FAILED,
	HEAL_UNKNOWN,
	HEAL_REJECTED,
	HEAL_EXPIRED,
	HEAL_WITHDRAWN,
	HEAL_STAGES
} HealStage;

extern const char *heal_stage_name(HealStage stage);
extern const char *heal_stage_meaning(HealStage stage);
extern bool heal_stage_is_final(HealStage stage);
extern bool heal_stage_may_move(HealStage from, HealStage to);

#endif

/*
 * change_columns_pg.c
 *		What a recovery changed, as columns of its row.
 */
#include "postgres.h"

#include "db/directory.h"
#include "gate/throttle_pg.h"
#include "history/rows_pg.h"
#include "recover/action_pg.h"

/* What was for a while only: its time has come, somebody lifted it, or the server was restarted. */
static bool
is_over(const HealRecovery *recovery)
{
	return heal_remedies[recovery->remedy].temporary &&
		   !heal_throttle_in_force(recovery->id);
}

/* Whoever intended it did not come to say whether it was done. */
static const char *
state_of_intent(const HealRecovery *recovery)
{
	switch ((HealStage) recovery->stage)
	{
		case HEAL_ROLLED_BACK:
			return "undone";
		case HEAL_FAILED:
		case HEAL_UNKNOWN:
			return "unknown";
		default:
			return heal_stage_is_final((HealStage) recovery->stage)
					   ? NULL
					   : "intended";
	}
}

/* What has become of what it changed; NULL = it has changed nothing. */
static const char *
change_state(const HealRecovery *recovery)
{
	switch ((HealTargetState) recovery->change.done)
	{
		case HEAL_TARGET_INTENDED:
			return state_of_intent(recovery);
		case HEAL_TARGET_SIGNALLED:
			return recovery->stage == HEAL_ROLLED_BACK ? "undone"
				   : is_over(recovery)				   ? "over"
													   : "in effect";
		case HEAL_TARGET_UNDONE:
			return "undone";
		case HEAL_TARGET_LEFT:
			return "left";
		case HEAL_TARGET_NOT_IN_EFFECT:
			return "not in effect";
		default:
			return NULL;
	}
}

void
heal_change_columns(HealRow *row, const HealRecovery *recovery)
{
	const HealAction *action = heal_action_of(recovery);
	const char *state = change_state(recovery);
	HealChanged changed = {0};

	if (action->changed != NULL && state != NULL)
	{
		heal_directory_refresh(); /* for names: not where there is nothing to name */
		changed = action->changed(recovery);
	}
	heal_row_int8_or_null(row, recovery->undoes);
	heal_row_text(row, changed.level);
	if (changed.level == NULL)
	{
		heal_row_null(row);
		heal_row_null(row);
	}
	else
	{
		heal_row_string(row, changed.name);
		heal_row_string(row, changed.parameter);
	}
	heal_row_text(row, changed.before);
	heal_row_text(row, changed.after);
	heal_row_text(row, changed.level != NULL || recovery->undoes != 0 ? state
																	  : NULL);
	heal_row_text(row, changed.level == NULL ? NULL
					   : action->undo_statement != NULL
						   ? action->undo_statement(recovery)
						   : heal_remedies[recovery->remedy].undo);
}

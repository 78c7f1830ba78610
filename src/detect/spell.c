/*
 * spell.c
 *		How many alarms came to nothing, and what the borders make of it.
 */
#include "detect/spell.h"

/* A failure has its patience, and its cause may be gone before it is confirmed. */
#define SLACK HEAL_MINUTE

bool
heal_spell_note(HealAlarmRecord *record, bool any_open, HealTime now)
{
	heal_budget_settle(&record->budget, HEAL_ALARMS_A_DAY, now);
	if (any_open == (record->begun_at != 0))
		return false;
	if (any_open)
	{
		record->begun_at = now;
		return false;
	}
	record->ended_at = now;
	return true;
}

void
heal_spell_end(HealAlarmRecord *record, bool confirmed)
{
	record->begun_at = 0;
	record->spells++;
	if (confirmed)
		return;
	record->unconfirmed++;
	heal_budget_spend(&record->budget);
}

void
heal_spell_mark(HealAlarmRecord *record)
{
	record->marked++;
	/* while a spell lasts its end will tell whether it was for nothing */
	if (record->begun_at == 0)
		heal_budget_spend(&record->budget);
}

bool
heal_spell_covers(HealTime begun_at, HealTime ended_at, HealTime confirmed_at,
				  HealTime closed_at)
{
	return confirmed_at != 0 && confirmed_at <= ended_at + SLACK &&
		   (closed_at == 0 || closed_at >= begun_at - SLACK);
}

bool
heal_spell_intact(const HealAlarmRecord *record)
{
	return heal_budget_intact(&record->budget) && record->spells >= 0 &&
		   record->unconfirmed >= 0 && record->marked >= 0 &&
		   record->doubted >= 0;
}

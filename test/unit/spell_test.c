/*
 * spell_test.c
 *		Alarms that come to nothing raise the borders; when most of it moves, it is doubted.
 */
#include "detect/spell.h"

#include "detect/doubt.h"
#include "tap.h"

static void
spells(void)
{
	HealAlarmRecord record = {0};
	HealTime now = HEAL_DAY;
	double raised;

	ok(!heal_spell_note(&record, false, now), "nothing is open, nothing ends");
	ok(!heal_spell_note(&record, true, now += HEAL_SECOND), "one opens");
	is_int(record.begun_at, now, "a spell begins");
	ok(!heal_spell_note(&record, true, now += HEAL_SECOND), "it lasts");
	ok(heal_spell_note(&record, false, now += HEAL_SECOND), "it ends");
	is_int(record.ended_at, now, "and says when");
	heal_spell_end(&record, false);
	ok(record.spells == 1 && record.unconfirmed == 1, "it is counted");
	raised = record.budget.raised;
	ok(raised > 0.1, "one that came to nothing raises the borders");

	heal_spell_note(&record, true, now += HEAL_SECOND);
	heal_spell_note(&record, false, now += HEAL_SECOND);
	heal_spell_end(&record, true);
	ok(record.spells == 2 && record.unconfirmed == 1,
	   "one that was a failure is counted as that");
	is_double(record.budget.raised, raised, 0.001, "and raises nothing");

	heal_spell_mark(&record);
	ok(record.budget.raised > raised, "what somebody calls false does");
	raised = record.budget.raised;
	for (int i = 0; i < 24; i++)
		heal_spell_note(&record, false, now += HEAL_HOUR);
	ok(record.budget.raised < raised - 0.1, "a day without lowers them again");
	for (int i = 0; i < 100; i++)
		heal_spell_end(&record, false);
	ok(record.budget.raised <= 1.5, "they are not raised without end");
	ok(heal_spell_intact(&record), "such a record is believed");
	record.budget.raised = NAN;
	ok(!heal_spell_intact(&record), "another is not");
	record.budget.raised = 1.6;
	ok(!heal_spell_intact(&record),
	   "nor one that is raised farther than it can be");
}

static void
marks_in_a_spell(void)
{
	HealAlarmRecord record = {0};

	heal_spell_note(&record, true, HEAL_DAY);
	heal_spell_mark(&record);
	is_double(record.budget.raised, 0, 1e-9,
			  "what is marked while it is open counts at the end");
	heal_spell_end(&record, false);
	is_double(record.budget.raised, 0.15, 1e-9, "and once");
}

static void
failures(void)
{
	HealTime begun = HEAL_DAY;
	HealTime ended = begun + HEAL_HOUR;

	ok(heal_spell_covers(begun, ended, begun + 1, 0), "one confirmed in it");
	ok(heal_spell_covers(begun, ended, begun - HEAL_HOUR, begun + 1),
	   "one that was open when it began");
	ok(heal_spell_covers(begun, ended, ended + 10 * HEAL_SECOND, 0),
	   "one confirmed just after it");
	ok(!heal_spell_covers(begun, ended, ended + HEAL_HOUR, 0),
	   "not one of later");
	ok(!heal_spell_covers(begun, ended, begun - 2 * HEAL_HOUR,
						  begun - HEAL_HOUR),
	   "nor one that was over");
	ok(!heal_spell_covers(begun, ended, 0, 0), "nor one that never was");
}

static void
doubts(void)
{
	HealDoubt doubt = {0};
	int doubted = 0;

	ok(!heal_doubt_row(&doubt, 19, 19), "few metrics cannot be doubted");
	ok(!heal_doubt_row(&doubt, 60, 200), "a burst of the workload is none");
	ok(heal_doubt_row(&doubt, 120, 200), "half of all metrics at once is");
	for (int i = 0; i < 200; i++)
		doubted += heal_doubt_row(&doubt, 120, 200);
	is_int(doubted, HEAL_DOUBT_ROWS - 2, "what lasts is believed");
	ok(!heal_doubt_row(&doubt, 0, 200), "all is well again");
	ok(heal_doubt_row(&doubt, 120, 200), "and the next time is doubted");
}

int
main(void)
{
	spells();
	marks_in_a_spell();
	failures();
	doubts();
	return done_testing();
}

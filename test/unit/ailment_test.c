/*
 * ailment_test.c
 *		The table of what a remedy can heal: the worst stay, what is not found again goes.
 */
#include "scan/ailment.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

static HealAilments ailments;

static HealAilment
stale(uint32_t relation, double value, HealTime at)
{
	HealAilment ailment = {.kind = HEAL_AILMENT_STATISTICS,
						   .database = 5,
						   .relation = relation,
						   .table = relation,
						   .value = value,
						   .seen_at = at};

	snprintf(ailment.schema, sizeof(ailment.schema), "public");
	snprintf(ailment.name, sizeof(ailment.name), "t%u", (unsigned) relation);
	return ailment;
}

static void
note(HealAilment ailment)
{
	heal_ailment_note(&ailments, &ailment);
}

static HealAilment *
of(uint32_t relation)
{
	return heal_ailment_find(&ailments, HEAL_AILMENT_STATISTICS, 5, relation);
}

static int
used(void)
{
	int count = 0;

	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
		count += ailments.row[i].database != 0;
	return count;
}

static void
test_kinds(void)
{
	is_int(heal_ailment_kind(HEAL_SCAN_ANALYZE_OVERDUE, 2.9), -1,
		   "a little overdue is left to autovacuum");
	is_int(heal_ailment_kind(HEAL_SCAN_ANALYZE_OVERDUE, 3),
		   HEAL_AILMENT_STATISTICS, "three times is an ailment");
	is_int(heal_ailment_kind(HEAL_SCAN_AUTOVACUUM_OFF, 10),
		   HEAL_AILMENT_AUTOVACUUM_OFF, "a table without autovacuum");
	is_int(heal_ailment_kind(HEAL_SCAN_AUTOVACUUM_OFF, 2.9), -1,
		   "that does not need it");
	is_int(heal_ailment_kind(HEAL_SCAN_VACUUM_OVERDUE, 10),
		   HEAL_AILMENT_DEAD_ROWS, "so are dead rows");
	is_int(heal_ailment_kind(HEAL_SCAN_FREEZE_AGE, 1.05), HEAL_AILMENT_AGE,
		   "and an age beyond the limit");
	is_int(heal_ailment_kind(HEAL_SCAN_MULTIXACT_AGE, 1.05), HEAL_AILMENT_AGE,
		   "of multixacts too");
	is_int(heal_ailment_kind(HEAL_SCAN_INVALID_INDEX, 0), HEAL_AILMENT_INDEX,
		   "an empty invalid index counts");
	is_int(heal_ailment_kind(HEAL_SCAN_UNUSED_INDEX, 1e12), -1,
		   "what nobody may drop by itself does not");
}

static void
test_seen_again(void)
{
	memset(&ailments, 0, sizeof(ailments));
	note(stale(100, 4, 1000));
	of(100)->rests = 2;
	of(100)->rest_until = 7000;
	note(stale(100, 6, 2000));
	is_int(used(), 1, "seen again it is the same");
	is_int(of(100)->first_at, 1000, "since it was first seen");
	is_int(of(100)->seen_at, 2000, "and seen now");
	is_double(of(100)->value, 6, 0, "as bad as it is now");
	is_int(of(100)->rest_until, 7000, "its rest goes on");

	HealAilment renamed = stale(100, 6, 3000);

	snprintf(renamed.name, sizeof(renamed.name), "other");
	note(renamed);
	is_int(used(), 1, "by another name it takes the place");
	is_int(of(100)->first_at, 3000, "and is another one, seen just now");
	is_int(of(100)->rest_until, 0, "that rests from nothing");
}

static void
test_gone(void)
{
	memset(&ailments, 0, sizeof(ailments));
	note(stale(100, 4, 1000));
	note(stale(200, 4, 1000));
	note(stale(300, 4, 1000));
	note(stale(200, 4, 2000));
	heal_ailment_sweep(&ailments, 5, 100, 300, 2000);
	ok(of(100) != NULL, "what was not looked at stays");
	ok(of(200) != NULL, "what was found again stays");
	ok(of(300) == NULL, "what was looked for and not found is gone");
	heal_ailment_keep(&ailments, 5, 100, 3000);
	heal_ailment_sweep(&ailments, 5, 0, 1000, 3000);
	ok(of(100) != NULL, "what could not be looked at stays");
	ok(of(200) == NULL, "the other does not");
	heal_ailment_sweep(&ailments, 6, 0, 1000, 9000);
	ok(of(100) != NULL, "another database's pass says nothing");
}

static void
test_full(void)
{
	memset(&ailments, 0, sizeof(ailments));
	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
		note(stale(100 + i, 10 + i, 1000));
	note(stale(900, 5, 1000));
	ok(of(900) == NULL, "a full table has no room for one less bad");
	note(stale(901, 50, 1000));
	ok(of(901) != NULL, "but for one that is worse");
	ok(of(100) == NULL, "in the place of the least bad");
	is_int(used(), HEAL_MAX_AILMENTS, "and none else");

	HealAilment old = stale(902, 1.05, 1000);

	old.kind = HEAL_AILMENT_AGE;
	note(old);
	ok(heal_ailment_find(&ailments, HEAL_AILMENT_AGE, 5, 902) != NULL,
	   "an age is worse than any number of changed rows");
}

/* Tables that change all the time, and are analyzed all the time. */
static void
test_done_lately(void)
{
	HealTime now = HEAL_DAY;

	memset(&ailments, 0, sizeof(ailments));
	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
	{
		HealAilment busy = stale(100 + i, 1000 + i, now);

		busy.done_at = now - HEAL_MINUTE;
		note(busy);
	}
	note(stale(900, 5, now));
	ok(of(900) != NULL, "what nobody does has room before all of them");
	ok(of(100) != NULL || of(101) != NULL, "in the place of one");

	HealAilment busier = stale(901, 1e6, now);

	busier.done_at = now - HEAL_MINUTE;
	note(busier);
	ok(of(901) == NULL && of(900) != NULL, "and another of them has none");
	busier.done_at = now - 2 * HEAL_HOUR;
	note(busier);
	ok(of(901) != NULL, "unless it was done hours ago");
}

static void
test_rest(void)
{
	memset(&ailments, 0, sizeof(ailments));
	note(stale(100, 4, 1000));
	note(stale(200, 4, 1000));
	of(200)->rest_until = 9000;
	heal_ailment_rest_kind(&ailments, HEAL_AILMENT_STATISTICS, 5000);
	is_int(of(100)->rest_until, 5000, "all of a kind rest");
	is_int(of(200)->rest_until, 9000, "one that rests longer does");
	heal_ailment_rest_kind(&ailments, HEAL_AILMENT_INDEX, 99000);
	is_int(of(100)->rest_until, 5000, "other kinds are not meant");
}

int
main(void)
{
	test_kinds();
	test_seen_again();
	test_gone();
	test_full();
	test_done_lately();
	test_rest();
	return done_testing();
}

/*
 * patience_test.c
 *		A list of patiences, well and badly written.
 */
#include "detect/patience.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

static HealTime patience[HEAL_FAILURE_KINDS];
static char error[256];

static bool
reads(const char *text)
{
	memset(patience, 0, sizeof(patience));
	error[0] = '\0';
	return heal_patience_read(text, patience, error, sizeof(error));
}

static void
test_good_lists(void)
{
	ok(reads(NULL) && reads("") && reads("  "), "an empty list says nothing");
	ok(reads("ddl_queue=10s"), "one item");
	is_int(patience[HEAL_DDL_QUEUE], 10 * HEAL_SECOND, "is ten seconds");
	is_int(patience[HEAL_ORPHANED_PREPARED], 0, "and nothing else is set");
	ok(reads(" ddl_queue = 250 ms ,orphaned_prepared=1.5h,"
			 "lock_pileup_idle=2min , runaway_statement=7d"),
	   "several, with blanks");
	is_int(patience[HEAL_DDL_QUEUE], 250 * HEAL_MILLISECOND, "milliseconds");
	is_int(patience[HEAL_ORPHANED_PREPARED], 90 * HEAL_MINUTE, "hours");
	is_int(patience[HEAL_LOCK_PILEUP_IDLE], 2 * HEAL_MINUTE, "minutes");
	is_int(patience[HEAL_RUNAWAY_STATEMENT], 7 * HEAL_DAY, "days");
	ok(reads("ddl_queue=0s"), "none at all is a patience");
}

static void
test_bad_lists(void)
{
	static const char *const bad[] = {
		"ddl_queue",
		"ddl_queue=",
		"ddl_queue=10",
		"ddl_queue=s",
		"ddl_queue=-1s",
		"ddl_queue=10 weeks",
		"ddl_queue=8d",
		"ddl_queue=1e99d",
		"ddl_queue=nan s",
		"ddl_queue=1s;",
		"ddl_queue=1s ddl_queue=2s",
		"ddl_queue=inf d",
		"=1s",
		",",
		"ddl_queues=1s",
		"DDL_QUEUE=1s",
		"ddl_queue==1s",
	};

	for (size_t i = 0; i < heal_lengthof(bad); i++)
		ok(!reads(bad[i]) && error[0] != '\0', bad[i]);
	ok(!reads("no_such_thing=1s"), "an unknown name is refused");
	ok(strstr(error, "\"no_such_thing\"") != NULL, "and named");
}

/* Whatever is written there: no crash, no step beyond. */
static void
test_garbage(void)
{
	static const char letters[] = "ddl_queue=1.0smhin, \xff\x01-e";
	char text[64];

	srand(7);
	for (int round = 0; round < 20000; round++)
	{
		size_t length = (size_t) rand() % (sizeof(text) - 1);

		for (size_t i = 0; i < length; i++)
			text[i] = letters[(size_t) rand() % (sizeof(letters) - 1)];
		text[length] = '\0';
		(void) reads(text);
		for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
			if (patience[kind] < 0 || patience[kind] > HEAL_LONGEST_PATIENCE)
				ok(false, text);
	}
	ok(true, "20000 random texts give no impossible time");
}

int
main(void)
{
	test_good_lists();
	test_bad_lists();
	test_garbage();
	return done_testing();
}

/*
 * usermetric_test.c
 *		A metric of a user has one row, is run when it is due, and a run that nobody ends has failed.
 */
#include <math.h>
#include <string.h>

#include "sample/usermetric.h"
#include "tap.h"

#define START (INT64_C(800000000) * HEAL_SECOND)

static HealUserSlot slots[HEAL_USER_METRICS];
static HealUserDefinition definitions[HEAL_USER_METRICS + 1];
static HealUserChange change;

static HealUserDefinition
definition(const char *name, HealTime added_at)
{
	HealUserDefinition metric = {
		.database = "shop", .interval = 10 * HEAL_SECOND, .added_at = added_at};

	strcpy(metric.name, name);
	return metric;
}

static void
bind(int count, HealTime now)
{
	heal_user_bind(slots, definitions, count, now, &change);
}

static int
row_of(const char *name)
{
	for (int i = 0; i < HEAL_USER_METRICS; i++)
		if (slots[i].state == HEAL_USER_BOUND &&
			strcmp(slots[i].definition.name, name) == 0)
			return i;
	return -1;
}

static int
count_of(const bool *flag)
{
	int count = 0;

	for (int i = 0; i < HEAL_USER_METRICS; i++)
		count += flag[i];
	return count;
}

static void
test_names(void)
{
	static const char *const bad[] = {
		"",
		"1st",
		"_x",
		"Orders",
		"orders waiting",
		"orders-waiting",
		"orders;",
		"ord\"er",
		"\xc3\xa4rger",
		"a\nb",
		"a123456789012345678901234567890123456789012345678901234567890123"};
	int accepted = 0;

	for (size_t i = 0; i < heal_lengthof(bad); i++)
		accepted += heal_user_name_problem(bad[i]) == NULL;
	is_int(accepted, 0, "a name that is none is refused");
	ok(heal_user_name_problem("a") == NULL, "one letter is a name");
	ok(heal_user_name_problem("orders_waiting_2") == NULL, "so is this");
	ok(heal_user_name_problem("a1234567890123456789012345678901234567890"
							  "1234567890123456789012") == NULL,
	   "63 characters are not too many");
	ok(!heal_user_interval_is_valid(HEAL_SECOND - 1) &&
		   heal_user_interval_is_valid(HEAL_SECOND) &&
		   heal_user_interval_is_valid(HEAL_DAY) &&
		   !heal_user_interval_is_valid(HEAL_DAY + 1),
	   "an interval is between a second and a day");
}

static void
test_backoff(void)
{
	is_int(heal_user_backoff(HEAL_SECOND, 0), HEAL_SECOND,
		   "without a failure the interval is what it is");
	is_int(heal_user_backoff(HEAL_SECOND, 3), 8 * HEAL_SECOND,
		   "each failure doubles it");
	is_int(heal_user_backoff(HEAL_SECOND, 30), HEAL_HOUR, "up to an hour");
	is_int(heal_user_backoff(HEAL_DAY, 30), HEAL_DAY,
		   "but it is never run more often than asked for");
	is_int(heal_user_backoff(50 * HEAL_MINUTE, 1), HEAL_HOUR,
		   "an hour is an hour");
	is_int(heal_user_backoff(HEAL_SECOND, 2000000000), HEAL_HOUR,
		   "however long it fails");
}

static void
test_rows(void)
{
	int first;

	memset(slots, 0, sizeof(slots));
	definitions[0] = definition("a", START);
	definitions[1] = definition("b", START);
	bind(2, START);
	ok(row_of("a") >= 0 && row_of("b") >= 0, "each has its row");
	is_int(count_of(change.bound), 2, "both are new");
	is_int(count_of(change.freed), 0, "none is freed");
	is_int(slots[row_of("a")].runs.due_at, START, "a new one is due at once");

	definitions[0].unit = HEAL_BYTES;
	slots[row_of("a")].runs.begun = 7;
	bind(2, START);
	is_int(count_of(change.bound), 0, "the same again changes no name");
	is_int(slots[row_of("a")].definition.unit, HEAL_BYTES,
		   "but what it says is taken");
	is_int(slots[row_of("a")].runs.begun, 7, "and its runs are its runs");

	first = row_of("a");
	definitions[0] = definition("a", START + 5);
	bind(2, START + 5);
	ok(change.freed[first], "one added again is another one");
	ok(row_of("a") >= 0 && row_of("a") != first, "with a row of its own");
	is_int(slots[row_of("a")].runs.begun, 0, "which has not been run");

	definitions[0] = definitions[1];
	bind(1, START + 6);
	is_int(row_of("a"), -1, "one that is removed has none");
	is_int(count_of(change.freed), 1, "and its row is to be forgotten");
}

static void
test_rest(void)
{
	int freed;

	memset(slots, 0, sizeof(slots));
	for (int i = 0; i <= HEAL_USER_METRICS; i++)
	{
		definitions[i] = definition("m", START);
		snprintf(definitions[i].name, HEAL_NAME_SIZE, "m%d", i);
	}
	bind(HEAL_USER_METRICS, START);
	is_int(change.waiting, 0, "there is room for so many");
	freed = row_of("m3");
	definitions[3] = definitions[HEAL_USER_METRICS];
	bind(HEAL_USER_METRICS, START);
	is_int(change.waiting, 1, "a row that was freed rests");
	is_int(slots[freed].state, HEAL_USER_FREE, "so that its values are gone");
	bind(HEAL_USER_METRICS, START + HEAL_USER_SLOT_RESTS - 1);
	is_int(change.waiting, 1, "for a minute");
	bind(HEAL_USER_METRICS, START + HEAL_USER_SLOT_RESTS);
	is_int(change.waiting, 0, "and is used again after that");
	is_int(row_of("m64"), freed, "by the one that waited");
}

static void
test_kept(void)
{
	memset(slots, 0, sizeof(slots));
	slots[2].state = slots[4].state = HEAL_USER_KEPT;
	strcpy(slots[2].definition.name, "a");
	strcpy(slots[4].definition.name, "gone");
	is_int(heal_user_due(slots, NULL, START), -1,
		   "one of which only the name is known is not run");
	definitions[0] = definition("b", START);
	definitions[1] = definition("a", START);
	bind(2, START);
	is_int(row_of("a"), 2, "one kept over a restart has the row it had");
	ok(change.bound[2] && !change.freed[2], "with its samples");
	ok(change.freed[4], "one that does not exist any more is forgotten");
	ok(row_of("b") >= 0 && row_of("b") != 4, "its row rests like any other");
}

static void
test_due(void)
{
	memset(slots, 0, sizeof(slots));
	definitions[0] = definition("a", START);
	definitions[1] = definition("b", START);
	strcpy(definitions[1].database, "other");
	bind(2, START);
	slots[row_of("b")].runs.due_at = START - 1;
	is_int(heal_user_due(slots, NULL, START), row_of("b"),
		   "the one that is due first comes first");
	is_int(heal_user_due(slots, "shop", START), row_of("a"),
		   "in one database, the first of that database");
	is_int(heal_user_due(slots, "nowhere", START), -1, "in another, none");
	is_int(heal_user_due(slots, NULL, START - 2), -1,
		   "none is run before it is due");
	is_int(heal_user_due(slots, "shop", START - HEAL_DAY), row_of("a"),
		   "but a clock set back does not put it off for a day");
	heal_user_begin(&slots[row_of("a")], START);
	is_int(heal_user_due(slots, "shop", START + HEAL_DAY), -1,
		   "one that is being run is not run a second time");
}

static void
test_life(void)
{
	HealUserSlot *slot = &slots[0];
	const HealUserRuns *runs = &slot->runs;

	memset(slots, 0, sizeof(slots));
	definitions[0] = definition("a", START);
	bind(1, START);
	is_string(heal_user_state_name(runs), "new", "not run yet, it is new");
	heal_user_begin(slot, START);
	is_string(heal_user_state_name(runs), "new",
			  "nor does its first run make it a failing one");
	is_int(runs->due_at, START + 20 * HEAL_SECOND,
		   "its back-off is fixed before it is called");
	is_int(runs->failures, 1, "and so is that it has failed");
	heal_user_succeed(slot, 4.5, START + 3);
	is_string(heal_user_state_name(runs), "ok", "unless it succeeds");
	is_int(runs->failures, 0, "which takes the failure back");
	is_int(runs->due_at, START + 10 * HEAL_SECOND - HEAL_USER_EARLY,
		   "then its interval counts from when it began");
	ok(!runs->sampled && runs->value == 4.5, "its value waits to be sampled");
	is_int(runs->took, 3, "how long it took is counted");

	heal_user_begin(slot, START + 10);
	heal_user_fail(slot, "no", false, START + 11);
	is_string(heal_user_state_name(runs), "failing", "one failure is one");
	ok(isnan(runs->value), "after a failure there is no value");
	heal_user_begin(slot, START + 20);
	is_string(heal_user_state_name(runs), "failing",
			  "a run that may still succeed says nothing yet");
	heal_user_fail(slot, "no", false, START + 21);
	is_string(heal_user_state_name(runs), "backing off",
			  "after two it backs off");
	is_int(runs->due_at, START + 20 + 40 * HEAL_SECOND, "and it does");
	heal_user_begin(slot, START + 30);
	heal_user_fail(slot, "nothing there", true, START + 31);
	is_string(heal_user_state_name(runs), "gone", "what is gone is gone");
	is_int(runs->begun, 4, "every run is counted");
	heal_user_refuse(slot, "no such database", true, START + 40);
	is_int(runs->begun, 4, "one that could not begin is not");
	is_int(runs->failures, 4, "but has failed");
	ok(!runs->running, "and is not running");
	heal_user_begin(slot, START + 50);
	heal_user_succeed(slot, NAN, START + 51);
	is_string(heal_user_state_name(runs), "ok", "one that is back is well");
	ok(isnan(runs->value), "and what is missing is missing");
	is_string(runs->error, "", "an error is forgotten by a success");
}

int
main(void)
{
	test_names();
	test_backoff();
	test_rows();
	test_rest();
	test_kept();
	test_due();
	test_life();
	return done_testing();
}

/*
 * remedy_test.c
 *		The remedy catalogue, and the ladders that name its rows.
 */
#include "recover/remedy.h"

#include "detect/failure.h"

#include "tap.h"

static const char *const strategies[] = {"restart",		"failover", "scale",
										 "reconfigure", "clear",	"throttle",
										 "monitor"};

static bool
is_strategy(const char *name)
{
	for (size_t i = 0; i < heal_lengthof(strategies); i++)
		if (strcmp(strategies[i], name) == 0)
			return true;
	return false;
}

static int
count(const char *text, const char *word)
{
	int found = 0;

	for (const char *at = strstr(text, word); at != NULL;
		 at = strstr(at + 1, word))
		found++;
	return found;
}

static void
test_rows(void)
{
	int not_found = 0;
	int incomplete = 0;
	int not_matching = 0;
	int too_wide = 0;

	for (int i = 0; i < HEAL_REMEDIES; i++)
	{
		const HealRemedy *remedy = &heal_remedies[i];
		bool touches;

		not_found += heal_remedy_lookup(remedy->name) != i;
		incomplete += remedy->name[0] == '\0' ||
					  strlen(remedy->name) >= HEAL_NAME_SIZE ||
					  !is_strategy(remedy->strategy) ||
					  remedy->does[0] == '\0' || remedy->needs[0] == '\0' ||
					  remedy->locks[0] == '\0' || remedy->acts_as[0] == '\0' ||
					  remedy->undo[0] == '\0' || remedy->expects[0] == '\0';
		touches = heal_remedy_touches((HealRemedyId) i);
		not_matching +=
			touches != (remedy->max_targets > 0) ||
			touches != (remedy->risk > HEAL_RISK_NONE) ||
			(touches && remedy->verify_ms <= 0) ||
			(remedy->action == HEAL_ACTION_SIGNAL) != (remedy->call != NULL) ||
			(remedy->reversible && remedy->risk == HEAL_RISK_HIGH);
		too_wide +=
			remedy->max_targets < 0 || remedy->max_targets > HEAL_MAX_TARGETS;
	}
	is_int(not_found, 0, "every name is found and is its own");
	is_int(
		incomplete, 0,
		"every row says what it does, how it is undone and what is expected");
	is_int(
		not_matching, 0,
		"whoever touches something has a risk and a time to verify, whoever signals a call; what is reversible is no high risk");
	is_int(too_wide, 0,
		   "a recovery can hold as many targets as any remedy may concern");
}

static void
test_lists(void)
{
	char unknown[64] = "";

	ok(!heal_remedy_listed(NULL, HEAL_REMEDY_MONITOR), "no list has nobody");
	ok(heal_remedy_listed("monitor , rollback_prepared",
						  HEAL_REMEDY_ROLLBACK_PREPARED),
	   "a name of the list is in it");
	ok(!heal_remedy_listed("rollback_prepared_x,rollback",
						   HEAL_REMEDY_ROLLBACK_PREPARED),
	   "what begins like it is not");
	ok(!heal_remedy_list_unknown(" monitor,rollback_prepared ", unknown, 64),
	   "known names");
	ok(heal_remedy_list_unknown("monitor,drop_everything", unknown, 64),
	   "and one that is none");
	is_string(unknown, "drop_everything", "which is told");
	heal_remedy_bind(0, &(HealRemedy){.name = "flush"});
	ok(!heal_remedy_list_unknown("user.anything, monitor", unknown, 64),
	   "one of a user may not be known yet");
	ok(heal_remedy_list_unknown("flush", unknown, 64), "but says whose it is");
	ok(heal_remedy_listed("monitor,user.flush",
						  (HealRemedyId) HEAL_FIRST_USER_REMEDY),
	   "by which it is in the list");
	ok(!heal_remedy_listed("flush, user.flush_all, user.",
						   (HealRemedyId) HEAL_FIRST_USER_REMEDY),
	   "and not without, or by another name");
	ok(!heal_remedy_listed("user.monitor", HEAL_REMEDY_MONITOR),
	   "nor is one of ours a user's");
	heal_remedy_bind(0, NULL);
}

/* One pid goes in, through the format: nothing else may be asked for. */
static void
test_calls(void)
{
	int bad = 0;

	for (int i = 0; i < HEAL_REMEDIES; i++)
	{
		const char *call = heal_remedies[i].call;

		if (call == NULL)
			continue;
		bad += count(call, "%") != 1 || count(call, "%d") != 1 ||
			   strncmp(call, "pg_catalog.", 11) != 0;
	}
	is_int(bad, 0, "every call is schema-qualified and takes one process id");
}

static void
test_lookup_refuses(void)
{
	is_int(heal_remedy_lookup("restart_the_universe"), -1,
		   "an unknown name is not found");
	is_int(heal_remedy_lookup(""), -1, "nor is the empty one");
	is_int(heal_remedy_lookup("MONITOR"), -1, "names are compared exactly");
	is_string(heal_risk_name(HEAL_RISK_HIGH), "high", "risks have names");
	is_string(heal_risk_name((HealRisk) 9), "invalid",
			  "what is no risk has none");
	is_string(heal_risk_name((HealRisk) -1), "invalid",
			  "nor has a negative one");
}

static void
test_ladders(void)
{
	int unknown = 0;
	int no_act = 0;
	int early = 0;
	int falling = 0;
	int twice = 0;
	int empty = 0;

	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
	{
		const HealFailureType *type = &heal_failures[kind];
		int before = HEAL_RISK_NONE;
		bool used[HEAL_REMEDIES] = {false};

		empty += type->ladder[0] == NULL;
		for (int rung = 0; rung < HEAL_LADDER && type->ladder[rung] != NULL;
			 rung++)
		{
			int remedy = heal_remedy_lookup(type->ladder[rung]);

			if (remedy < 0)
			{
				diag("%s names %s", type->name, type->ladder[rung]);
				unknown++;
				continue;
			}
			/* to hand it over is what is left when no act is */
			if (remedy == HEAL_REMEDY_HAND_OVER)
				early += rung == 0 || (rung + 1 < HEAL_LADDER &&
									   type->ladder[rung + 1] != NULL);
			else
				no_act += heal_remedies[remedy].max_targets <= 0;
			falling += remedy != HEAL_REMEDY_HAND_OVER &&
					   (int) heal_remedies[remedy].risk < before;
			before = heal_remedies[remedy].risk;
			twice += used[remedy];
			used[remedy] = true;
		}
	}
	is_int(unknown, 0, "every rung of every ladder is a remedy");
	is_int(empty, 0, "no ladder is empty");
	is_int(early, 0, "it is handed over only after all else, and something is");
	is_int(no_act, 0, "every other rung does something");
	is_int(falling, 0, "no rung costs less than the one before it");
	is_int(twice, 0, "no ladder has the same rung twice");
}

int
main(void)
{
	test_rows();
	test_lists();
	test_calls();
	test_lookup_refuses();
	test_ladders();
	return done_testing();
}

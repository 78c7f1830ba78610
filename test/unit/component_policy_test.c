/*
 * component_policy_test.c
 *		Which of several policies counts: the strictest autonomy, the most particular numbers.
 */
#include "decide/component_policy.h"

#include "tap.h"

static HealComponentPolicy policies[HEAL_MAX_POLICIES];

static HealComponentPolicy
policy(const char *component, int remedy, int autonomy, int retries,
	   int timeout)
{
	HealComponentPolicy made = {.in_force = 1,
								.remedy = remedy,
								.autonomy = autonomy,
								.max_retries = retries,
								.timeout = timeout,
								.at = HEAL_SECOND};

	snprintf(made.component, sizeof(made.component), "%s", component);
	return made;
}

static bool
put(const char *component, int remedy, int autonomy, int retries, int timeout)
{
	HealComponentPolicy made =
		policy(component, remedy, autonomy, retries, timeout);

	return heal_component_policy_store(policies, &made);
}

static HealPolicyInForce
in_force(const char *component, int remedy)
{
	return heal_component_policy_in_force(policies, component, remedy, 3, 60);
}

static void
test_none(void)
{
	HealPolicyInForce found;

	memset(policies, 0, sizeof(policies));
	found = in_force("locks", HEAL_REMEDY_CANCEL_BLOCKER);
	ok(!found.restricted, "without a policy nothing is restricted");
	is_int(found.max_retries, 3, "retries are the setting's");
	is_int(found.timeout, 60, "and so is the timeout");
}

static void
test_whose_word_counts(void)
{
	HealPolicyInForce found;

	memset(policies, 0, sizeof(policies));
	put("locks", HEAL_LEFT_OPEN, HEAL_LIMITED, 1, 30);
	put("all", HEAL_REMEDY_TERMINATE_BLOCKER, HEAL_APPROVE, 2, HEAL_LEFT_OPEN);
	put("locks", HEAL_REMEDY_TERMINATE_BLOCKER, HEAL_FULL, HEAL_LEFT_OPEN, 7);

	found = in_force("locks", HEAL_REMEDY_CANCEL_BLOCKER);
	is_int(found.strictest, HEAL_LIMITED, "the component's is heard");
	is_int(found.max_retries, 1, "with its retries");
	found = in_force("locks", HEAL_REMEDY_TERMINATE_BLOCKER);
	is_int(found.strictest, HEAL_APPROVE, "the strictest of all three counts");
	is_int(found.max_retries, 2,
		   "retries: the remedy's before the component's");
	is_int(found.timeout, 7, "timeout: that of the remedy on the component");
	found = in_force("sessions", HEAL_REMEDY_TERMINATE_BLOCKER);
	is_int(found.strictest, HEAL_APPROVE, "the remedy's holds everywhere");
	is_int(found.timeout, 60, "what it leaves open the setting decides");
	ok(!in_force("sessions", HEAL_REMEDY_CANCEL_BLOCKER).restricted,
	   "what is said of others is not said of this");
	is_int(in_force("locks", HEAL_LEFT_OPEN).strictest, HEAL_LIMITED,
		   "of a component as a whole only its own policy speaks");
}

static void
test_numbers_alone(void)
{
	HealPolicyInForce found;

	memset(policies, 0, sizeof(policies));
	put("locks", HEAL_LEFT_OPEN, HEAL_LEFT_OPEN, 0, HEAL_LEFT_OPEN);
	found = in_force("locks", HEAL_REMEDY_CANCEL_BLOCKER);
	ok(!found.restricted, "numbers alone restrict nothing");
	is_int(found.max_retries, 0, "and 0 retries is a number");
}

static void
test_slots(void)
{
	HealComponentPolicy gone;

	memset(policies, 0, sizeof(policies));
	put("locks", HEAL_LEFT_OPEN, HEAL_APPROVE, 1, 1);
	put("locks", HEAL_LEFT_OPEN, HEAL_OBSERVE, HEAL_LEFT_OPEN, HEAL_LEFT_OPEN);
	is_int(in_force("locks", 1).strictest, HEAL_OBSERVE,
		   "a second one about the same takes the place of the first");
	is_int(in_force("locks", 1).max_retries, 3, "as a whole");
	for (int i = 1; i < HEAL_MAX_POLICIES; i++)
	{
		char name[HEAL_NAME_SIZE];

		snprintf(name, sizeof(name), "component %d", i);
		if (!put(name, HEAL_LEFT_OPEN, HEAL_APPROVE, 1, 1))
			ok(false, "there is room for all");
	}
	ok(!put("one more", HEAL_LEFT_OPEN, HEAL_APPROVE, 1, 1),
	   "with every slot taken there is no room for another");
	ok(put("locks", HEAL_LEFT_OPEN, HEAL_FULL, 1, 1),
	   "but for a change of one there is");
	gone = policy("locks", HEAL_LEFT_OPEN, HEAL_LEFT_OPEN, HEAL_LEFT_OPEN,
				  HEAL_LEFT_OPEN);
	gone.in_force = 0;
	ok(heal_component_policy_store(policies, &gone), "one is taken back");
	ok(!in_force("locks", 1).restricted, "and holds no longer");
	ok(put("one more", HEAL_LEFT_OPEN, HEAL_APPROVE, 1, 1),
	   "its slot is another's");
}

static void
test_what_is_valid(void)
{
	HealComponentPolicy made = policy("locks", 0, HEAL_FULL, 100, 3600);

	ok(heal_component_policy_valid(&made), "the greatest numbers are valid");
	made.max_retries++;
	ok(!heal_component_policy_valid(&made), "101 retries are not");
	made = policy("locks", HEAL_REMEDIES, HEAL_FULL, 1, 1);
	ok(!heal_component_policy_valid(&made), "nor a remedy that does not exist");
	made = policy("locks", -2, HEAL_FULL, 1, 1);
	ok(!heal_component_policy_valid(&made), "nor one below all");
	made = policy("locks", 1, HEAL_FULL + 1, 1, 1);
	ok(!heal_component_policy_valid(&made), "nor more than full autonomy");
	made = policy("locks", 1, HEAL_FULL, 1, 0);
	ok(!heal_component_policy_valid(&made), "nor no time at all");
	made = policy("", 1, HEAL_FULL, 1, 1);
	ok(!heal_component_policy_valid(&made), "nor a component without a name");
	made = policy("locks", 1, HEAL_FULL, 1, 1);
	memset(made.component, 'x', sizeof(made.component));
	ok(!heal_component_policy_valid(&made), "nor a name that does not end");
}

static void
test_names(void)
{
	for (int i = HEAL_OBSERVE; i <= HEAL_FULL; i++)
		is_int(heal_autonomy_lookup(heal_autonomy_name((HealAutonomy) i)), i,
			   "each autonomy is found by its name");
	is_int(heal_autonomy_lookup("off"), HEAL_OBSERVE, "off is observe");
	is_int(heal_autonomy_lookup("Full"), -1, "names are as they are written");
	is_string(heal_autonomy_name((HealAutonomy) 9), "invalid",
			  "what is none has no name");
}

int
main(void)
{
	test_names();
	test_none();
	test_whose_word_counts();
	test_numbers_alone();
	test_slots();
	test_what_is_valid();
	return done_testing();
}

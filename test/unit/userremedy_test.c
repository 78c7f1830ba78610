/*
 * userremedy_test.c
 *		A remedy of a user is next when it is gentlest, and is run only as it was planned.
 */
#include <string.h>

#include "recover/userremedy.h"
#include "tap.h"

static HealUserRemedy remedies[HEAL_USER_REMEDIES];

static HealUserRemedy
remedy(const char *name, HealRisk risk, HealTime added_at)
{
	HealUserRemedy made = {
		.risk = risk,
		.treats = UINT64_C(1) << HEAL_DDL_QUEUE,
		.time_limit = HEAL_SECOND,
		.verify_within = HEAL_SECOND,
		.added_at = added_at,
	};

	strcpy(made.name, name);
	strcpy(made.strategy, "clear");
	strcpy(made.owner, "ops");
	strcpy(made.description, "flush the queue");
	strcpy(made.fingerprint, "0123456789abcdef0123456789abcdef");
	strcpy(made.function[HEAL_USER_ACT].schema, "ops");
	strcpy(made.function[HEAL_USER_ACT].name, "flush");
	return made;
}

static void
test_next(void)
{
	is_int(heal_user_remedy_next(remedies, HEAL_DDL_QUEUE, 0), -1,
		   "without any there is none");
	remedies[1] = remedy("late", HEAL_RISK_LOW, 30);
	remedies[4] = remedy("strong", HEAL_RISK_HIGH, 10);
	remedies[15] = remedy("early", HEAL_RISK_LOW, 20);
	is_int(heal_user_remedy_next(remedies, HEAL_RUNAWAY_STATEMENT, 0), -1,
		   "none for what none treats");
	is_int(heal_user_remedy_next(remedies, HEAL_DDL_QUEUE, 0), 15,
		   "the gentlest first, of these the one that was added first");
	is_int(heal_user_remedy_next(remedies, HEAL_DDL_QUEUE, 1u << 15), 1,
		   "then the other");
	is_int(heal_user_remedy_next(remedies, HEAL_DDL_QUEUE, 1u << 15 | 1u << 1),
		   4, "then the stronger");
	is_int(heal_user_remedy_next(remedies, HEAL_DDL_QUEUE,
								 1u << 15 | 1u << 1 | 1u << 4),
		   -1, "and no more");
}

static void
test_plan(void)
{
	HealUserRemedy flush = remedy("flush", HEAL_RISK_LOW, 1);
	HealUserRemedy other;
	HealRecovery recovery = {.remedy = HEAL_FIRST_USER_REMEDY + 3};
	HealRecovery own = {.remedy = HEAL_REMEDY_RESTORE_SETTING};
	char name[HEAL_NAME_SIZE];

	heal_user_remedy_plan(&recovery, &flush);
	ok(heal_user_remedy_is_planned(&recovery, &flush), "it is what is planned");
	ok(!heal_recovery_can_be_undone(&recovery),
	   "without a function that does so it cannot be undone");
	other = flush;
	other.fingerprint[31] = '0';
	ok(!heal_user_remedy_is_planned(&recovery, &other),
	   "with another fingerprint it is not");
	other = flush;
	strcpy(other.name, "flush_all");
	ok(!heal_user_remedy_is_planned(&recovery, &other),
	   "nor under another name");
	memset(&other, 0, sizeof(other));
	ok(!heal_user_remedy_is_planned(&recovery, &other), "nor when it is gone");
	is_string(heal_recovery_remedy_name(&recovery, name), "flush",
			  "its name is known from the record, also then");
	is_string(heal_recovery_strategy(&recovery), "clear", "and its strategy");
	strcpy(flush.function[HEAL_USER_UNDO].name, "unflush");
	heal_user_remedy_plan(&recovery, &flush);
	ok(heal_recovery_can_be_undone(&recovery), "with one it can");
	is_string(heal_recovery_remedy_name(&own, name), "restore_setting",
			  "one of ours has its own name");
	ok(heal_recovery_can_be_undone(&own), "and its own way back");
}

static void
test_bind(void)
{
	HealUserRemedy flush = remedy("flush", HEAL_RISK_MEDIUM, 1);
	HealRemedyId row = (HealRemedyId) (HEAL_FIRST_USER_REMEDY + 3);

	heal_user_remedy_bind(3, NULL);
	is_int(heal_remedy_lookup("flush"), -1, "nobody's row has no name");
	ok(heal_remedy_touches(row) && heal_remedies[row].max_targets == 0,
	   "and is no way to do anything");
	heal_user_remedy_bind(3, &flush);
	memset(&flush, 0, sizeof(flush));
	is_int(heal_remedy_lookup("flush"), (int) row, "a bound one is found");
	is_string(heal_remedies[row].call, "ops.flush(bigint, text, jsonb)",
			  "with texts of its own");
	ok(heal_remedy_needs_grant(row), "what nobody takes back asks");
	flush = remedy("flush", HEAL_RISK_MEDIUM, 1);
	strcpy(flush.function[HEAL_USER_UNDO].name, "unflush");
	heal_user_remedy_bind(3, &flush);
	ok(!heal_remedy_needs_grant(row), "what can be taken back need not");
	flush.risk = HEAL_RISK_HIGH;
	flush.time_limit = HEAL_MINUTE;
	heal_user_remedy_bind(3, &flush);
	ok(heal_remedy_needs_grant(row), "unless the risk is high");
	ok(heal_remedies[row].slow, "one that takes long keeps no cure waiting");
	heal_user_remedy_bind(3, NULL);
	is_int(heal_remedy_lookup("flush"), -1, "taken away it is gone");
}

static void
test_values(void)
{
	ok(heal_remedy_is_valid(0) && heal_remedy_is_valid(HEAL_REMEDIES - 1) &&
		   heal_remedy_is_valid(HEAL_FIRST_USER_REMEDY) &&
		   heal_remedy_is_valid(HEAL_REMEDY_ROWS - 1),
	   "numbers that are a row's");
	ok(!heal_remedy_is_valid(-1) && !heal_remedy_is_valid(HEAL_REMEDIES) &&
		   !heal_remedy_is_valid(HEAL_FIRST_USER_REMEDY - 1) &&
		   !heal_remedy_is_valid(HEAL_REMEDY_ROWS),
	   "and those that are not, between them too");
	is_int(heal_user_risk_lookup("medium"), HEAL_RISK_MEDIUM, "a risk");
	is_int(heal_user_risk_lookup("none"), -1, "an act has some");
	ok(heal_strategy_exists("failover") && !heal_strategy_exists("Failover"),
	   "seven strategies, and no others");
	ok(heal_user_time_is_valid(HEAL_USER_LEAST_TIME) &&
		   heal_user_time_is_valid(HEAL_USER_MOST_TIME) &&
		   !heal_user_time_is_valid(HEAL_USER_LEAST_TIME - 1) &&
		   !heal_user_time_is_valid(HEAL_USER_MOST_TIME + 1),
	   "times have bounds");
}

int
main(void)
{
	test_next();
	test_plan();
	test_bind();
	test_values();
	return done_testing();
}

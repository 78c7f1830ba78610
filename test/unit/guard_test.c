/*
 * guard_test.c
 *		Each rail alone, all of them together, and a hundred thousand random cases against the rules in prose.
 */
#include "decide/guard.h"

#include <stdlib.h>

#include "tap.h"

#define NOW (1000000 * HEAL_SECOND)

/* A case in which nothing speaks against the act, nobody was asked and nobody need be. */
static HealGuardFacts
clear_way(void)
{
	HealGuardFacts facts = {
		.remedy = HEAL_REMEDY_TERMINATE_BLOCKER,
		.enabled = true,
		.autonomy = HEAL_FULL,
		.now = NOW,
		.newest_sample = NOW - HEAL_SECOND,
		.sample_interval = HEAL_SECOND,
		.targets = 1,
		.max_acts_10min = 6,
		.max_acts_hour = 20,
		.max_acts_day = 100,
		.cooldown = 5 * HEAL_MINUTE,
		.breaker_failures = 3,
		.youth = HEAL_YOUNG_TRANSACTION,
	};

	return facts;
}

static void
is_judged(const HealGuardFacts *facts, HealJudgementKind kind, const char *rail,
		  const char *name)
{
	HealJudgement verdict = heal_guard_judge(facts);
	char said[512];

	snprintf(said, sizeof(said), "%d %s", verdict.kind, verdict.rail);
	char expected[512];

	snprintf(expected, sizeof(expected), "%d %s", kind, rail);
	is_string(said, expected, name);
}

static void
test_nothing_in_the_way(void)
{
	HealGuardFacts facts = clear_way();
	HealJudgement verdict = heal_guard_judge(&facts);

	is_int(verdict.kind, HEAL_GO, "with nothing in the way it may be done");
	is_string(verdict.rail, "", "and no rail has spoken");
	is_string(verdict.reason, "", "and there is no reason to tell");
}

/* Each condition alone: what it does to an act, to an approved act, and to watching. */
typedef struct Alone
{
	const char *rail;
	void (*arrange)(HealGuardFacts *facts);
	HealJudgementKind unasked;
	HealJudgementKind human;
	HealJudgementKind monitor;
} Alone;

static void
arrange_stop(HealGuardFacts *facts)
{
	facts->stopped = true;
}

static void
arrange_disabled(HealGuardFacts *facts)
{
	facts->enabled = false;
}

static void
arrange_passive(HealGuardFacts *facts)
{
	facts->passive = true;
}

static void
arrange_pause(HealGuardFacts *facts)
{
	facts->paused = true;
}

static void
arrange_observe(HealGuardFacts *facts)
{
	facts->autonomy = HEAL_OBSERVE;
}

static void
arrange_no_target(HealGuardFacts *facts)
{
	facts->targets = 0;
}

static void
arrange_two_targets(HealGuardFacts *facts)
{
	facts->targets = 2;
}

static void
arrange_changed(HealGuardFacts *facts)
{
	facts->targets_changed = 1;
}

static void
arrange_protected(HealGuardFacts *facts)
{
	facts->protection = HEAL_PROTECTED_SUPERUSER;
}

static void
arrange_no_sample(HealGuardFacts *facts)
{
	facts->newest_sample = 0;
}

static void
arrange_old_sample(HealGuardFacts *facts)
{
	facts->newest_sample = NOW - 3 * HEAL_SECOND - 1;
}

static void
arrange_step_forwards(HealGuardFacts *facts)
{
	facts->clock_step = HEAL_SECOND + 1;
}

static void
arrange_step_backwards(HealGuardFacts *facts)
{
	facts->clock_step = -HEAL_SECOND - 1;
}

static void
arrange_another(HealGuardFacts *facts)
{
	facts->in_flight = 1;
}

static void
arrange_approve_mode(HealGuardFacts *facts)
{
	facts->autonomy = HEAL_APPROVE;
}

static void
arrange_limited_mode(HealGuardFacts *facts)
{
	facts->autonomy = HEAL_LIMITED;
}

static void
arrange_cap_10min(HealGuardFacts *facts)
{
	facts->acts_10min = facts->max_acts_10min;
}

static void
arrange_cap_hour(HealGuardFacts *facts)
{
	facts->acts_hour = facts->max_acts_hour;
}

static void
arrange_cap_day(HealGuardFacts *facts)
{
	facts->acts_day = facts->max_acts_day;
}

static void
arrange_cooldown(HealGuardFacts *facts)
{
	facts->last_own_act = NOW - facts->cooldown + 1;
}

static void
arrange_breaker(HealGuardFacts *facts)
{
	facts->consecutive_failures = facts->breaker_failures;
}

static void
arrange_quarantine(HealGuardFacts *facts)
{
	facts->remedy = HEAL_REMEDY_QUARANTINE_SOURCE;
}

static void
arrange_comeback(HealGuardFacts *facts)
{
	facts->remedy = HEAL_REMEDY_THROTTLE_SOURCE;
	facts->comebacks = HEAL_MOST_COMEBACKS;
}

static void
arrange_many(HealGuardFacts *facts)
{
	facts->open_failures = HEAL_MANY_FAILURES + 1;
}

static void
arrange_contested(HealGuardFacts *facts)
{
	facts->contested = true;
}

static void
arrange_young(HealGuardFacts *facts)
{
	facts->youngest = NOW - HEAL_YOUNG_TRANSACTION + 1;
}

static void
arrange_policy_observe(HealGuardFacts *facts)
{
	facts->restricted = true;
	facts->policy = HEAL_OBSERVE;
}

static void
arrange_policy_approve(HealGuardFacts *facts)
{
	facts->restricted = true;
	facts->policy = HEAL_APPROVE;
}

static void
arrange_critical(HealGuardFacts *facts)
{
	facts->remedy = HEAL_REMEDY_CANCEL_BLOCKER;
	facts->autonomy = HEAL_LIMITED;
	facts->critical = true;
}

static void
arrange_policy_critical(HealGuardFacts *facts)
{
	facts->remedy = HEAL_REMEDY_CANCEL_BLOCKER;
	facts->restricted = true;
	facts->policy = HEAL_LIMITED;
	facts->critical = true;
}

static void
arrange_statistics(HealGuardFacts *facts)
{
	facts->granted = true;
	facts->statistical = true;
}

static void
arrange_blamed(HealGuardFacts *facts)
{
	facts->blamed = true;
}

/* Whatever the row of nobody's remedy says, even to watch by it. */
static void
arrange_removed(HealGuardFacts *facts)
{
	heal_remedy_bind(0, NULL);
	facts->remedy = HEAL_FIRST_USER_REMEDY;
}

static const Alone alone[] = {
	{"stop_flag", arrange_stop, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"disabled", arrange_disabled, HEAL_REFUSE, HEAL_REFUSE, HEAL_REFUSE},
	{"passive", arrange_passive, HEAL_REFUSE, HEAL_REFUSE, HEAL_REFUSE},
	{"paused", arrange_pause, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"observe_mode", arrange_observe, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"remedy_gone", arrange_removed, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"empty_target", arrange_no_target, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"too_many_targets", arrange_two_targets, HEAL_REFUSE, HEAL_REFUSE,
	 HEAL_GO},
	{"target_changed", arrange_changed, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"protected_session", arrange_protected, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"stale_evidence", arrange_no_sample, HEAL_REFUSE, HEAL_GO, HEAL_GO},
	{"stale_evidence", arrange_old_sample, HEAL_REFUSE, HEAL_GO, HEAL_GO},
	{"clock_stepped", arrange_step_forwards, HEAL_REFUSE, HEAL_GO, HEAL_GO},
	{"clock_stepped", arrange_step_backwards, HEAL_REFUSE, HEAL_GO, HEAL_GO},
	{"one_at_a_time", arrange_another, HEAL_REFUSE, HEAL_REFUSE, HEAL_GO},
	{"component_off", arrange_policy_observe, HEAL_REFUSE, HEAL_REFUSE,
	 HEAL_GO},
	{"component_policy", arrange_policy_approve, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"critical", arrange_critical, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"critical", arrange_policy_critical, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"autonomy", arrange_approve_mode, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"autonomy", arrange_limited_mode, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"cap_reached", arrange_cap_10min, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"cap_reached", arrange_cap_hour, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"cap_reached", arrange_cap_day, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"cooldown", arrange_cooldown, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"many_at_once", arrange_many, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"contested", arrange_contested, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"young_transaction", arrange_young, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"own_act", arrange_blamed, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"breaker_open", arrange_breaker, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"refuses_work", arrange_quarantine, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"comes_back", arrange_comeback, HEAL_ASK, HEAL_GO, HEAL_GO},
	{"statistics_alone", arrange_statistics, HEAL_ASK, HEAL_GO, HEAL_GO},
};

static void
test_each_alone(void)
{
	for (size_t i = 0; i < heal_lengthof(alone); i++)
	{
		const Alone *this = &alone[i];
		HealGuardFacts facts = clear_way();
		char name[128];

		this->arrange(&facts);
		snprintf(name, sizeof(name), "%s: an act nobody was asked about",
				 this->rail);
		is_judged(&facts, this->unasked, this->rail, name);
		facts.human = true;
		snprintf(name, sizeof(name), "%s: the same act, approved", this->rail);
		is_judged(&facts, this->human, this->human == HEAL_GO ? "" : this->rail,
				  name);
		facts.remedy = HEAL_REMEDY_MONITOR;
		facts.human = false;
		snprintf(name, sizeof(name), "%s: watching", this->rail);
		is_judged(&facts, this->monitor,
				  this->monitor == HEAL_GO ? "" : this->rail, name);
	}
}

/* Every rail of the table is exercised above, but for those no remedy of today can meet. */
static void
test_no_rail_is_forgotten(void)
{
	for (int i = 0; i < heal_rail_count; i++)
	{
		const char *name = heal_rails[i].name;
		bool tried = strcmp(name, "not_on_standby") == 0 ||
					 strcmp(name, "irreversible") == 0 ||
					 strcmp(name, "nothing_to_change") == 0;

		for (size_t j = 0; j < heal_lengthof(alone); j++)
			tried |= strcmp(alone[j].rail, name) == 0;
		if (!tried)
			diag("not tried: %s", name);
		ok(tried, "a rail has a case of its own");
	}
}

static void
test_nothing_to_change(void)
{
	HealGuardFacts facts = clear_way();

	facts.no_plan = true;
	is_judged(&facts, HEAL_REFUSE, "nothing_to_change",
			  "a value that is not known is not set");
	facts.human = true;
	is_judged(&facts, HEAL_REFUSE, "nothing_to_change",
			  "nor when a human asks");
	facts.remedy = HEAL_REMEDY_MONITOR;
	is_judged(&facts, HEAL_GO, "", "but the failure may be watched");
}

static void
test_boundaries(void)
{
	HealGuardFacts facts = clear_way();

	facts.acts_10min = facts.max_acts_10min - 1;
	facts.acts_hour = facts.max_acts_hour - 1;
	facts.acts_day = facts.max_acts_day - 1;
	is_judged(&facts, HEAL_GO, "", "one act below every cap is allowed");
	facts.acts_day++;
	is_judged(&facts, HEAL_ASK, "cap_reached", "the cap itself is reached");
	facts = clear_way();
	facts.max_acts_hour = 0;
	is_judged(&facts, HEAL_ASK, "cap_reached",
			  "a cap of 0 lets nothing through unasked");

	facts = clear_way();
	facts.last_own_act = NOW - facts.cooldown;
	is_judged(&facts, HEAL_GO, "",
			  "the cool-down is over when its time is over");
	facts.last_own_act = NOW + HEAL_HOUR;
	is_judged(
		&facts, HEAL_ASK, "cooldown",
		"an act of the future, after the clock went back, still cools down");
	facts.cooldown = 0;
	facts.last_own_act = NOW;
	is_judged(&facts, HEAL_GO, "", "a cool-down of 0 is none");

	facts = clear_way();
	facts.newest_sample = NOW - 3 * HEAL_SECOND;
	is_judged(&facts, HEAL_GO, "", "two intervals and a second are fresh");
	facts.newest_sample = NOW + HEAL_SECOND;
	is_judged(&facts, HEAL_GO, "", "a sample that is a little ahead is fresh");

	facts = clear_way();
	facts.clock_step = -HEAL_SECOND;
	is_judged(&facts, HEAL_GO, "",
			  "a clock that was set by a second can be trusted");
	facts.clock_step = INT64_MAX;
	is_judged(&facts, HEAL_REFUSE, "clock_stepped",
			  "one that jumped as far as it can cannot");
	facts.clock_step = -INT64_MAX;
	is_judged(&facts, HEAL_REFUSE, "clock_stepped",
			  "nor one that jumped back as far");

	facts = clear_way();
	facts.consecutive_failures = facts.breaker_failures - 1;
	is_judged(&facts, HEAL_GO, "",
			  "the breaker is closed one failure before its limit");

	facts = clear_way();
	facts.youngest = NOW - HEAL_YOUNG_TRANSACTION;
	is_judged(&facts, HEAL_GO, "",
			  "a transaction that has lasted long enough is not young");

	facts = clear_way();
	facts.open_failures = HEAL_MANY_FAILURES;
	is_judged(&facts, HEAL_GO, "",
			  "as many failures as may be at once do not make it doubt");

	facts = clear_way();
	facts.remedy = HEAL_REMEDY_TERMINATE_IDLE_SESSIONS;
	facts.targets = heal_remedies[facts.remedy].max_targets;
	is_judged(&facts, HEAL_GO, "",
			  "as many targets as one act may have are allowed");
	facts.targets_changed = facts.targets - 1;
	is_judged(&facts, HEAL_GO, "",
			  "while one target is what it was, it goes on for that one");
	facts.targets_changed = facts.targets;
	is_judged(&facts, HEAL_REFUSE, "target_changed",
			  "when none is, it does not");
	facts.targets_changed = 0;
	facts.targets++;
	is_judged(&facts, HEAL_REFUSE, "too_many_targets", "one more is not");
	facts.targets = -1;
	is_judged(&facts, HEAL_REFUSE, "empty_target",
			  "a negative number is nobody");

	facts = clear_way();
	facts.in_recovery = true;
	is_judged(&facts, HEAL_GO, "", "these remedies work on a standby");
}

static void
test_grants(void)
{
	HealGuardFacts facts = clear_way();

	facts.remedy = HEAL_REMEDY_ROLLBACK_PREPARED;
	is_judged(&facts, HEAL_ASK, "irreversible",
			  "what cannot be taken back asks even in full autonomy");
	facts.granted = true;
	is_judged(&facts, HEAL_GO, "", "unless it was granted by name");
	facts.autonomy = HEAL_LIMITED;
	is_judged(&facts, HEAL_ASK, "autonomy",
			  "which is no grant of autonomy in general");
	facts.autonomy = HEAL_FULL;
	facts.stopped = true;
	is_judged(&facts, HEAL_REFUSE, "stop_flag", "nor over the other rails");
}

static void
test_autonomy_by_risk(void)
{
	/* [autonomy][risk] */
	static const HealJudgementKind expected[][4] = {
		[HEAL_OBSERVE] = {HEAL_GO, HEAL_REFUSE, HEAL_REFUSE, HEAL_REFUSE},
		[HEAL_APPROVE] = {HEAL_GO, HEAL_ASK, HEAL_ASK, HEAL_ASK},
		[HEAL_LIMITED] = {HEAL_GO, HEAL_GO, HEAL_ASK, HEAL_ASK},
		[HEAL_FULL] = {HEAL_GO, HEAL_GO, HEAL_GO, HEAL_ASK},
	};
	static const char *const modes[] = {"observe", "approve", "limited",
										"full"};

	for (int autonomy = HEAL_OBSERVE; autonomy <= HEAL_FULL; autonomy++)
		for (int remedy = 0; remedy < HEAL_REMEDIES; remedy++)
		{
			HealGuardFacts facts = clear_way();
			char name[128];

			facts.autonomy = autonomy;
			facts.remedy = remedy;
			facts.granted = heal_remedies[remedy].asks;
			snprintf(name, sizeof(name), "%s in %s mode",
					 heal_remedies[remedy].name, modes[autonomy]);
			is_int(heal_guard_judge(&facts).kind,
				   expected[autonomy][heal_remedies[remedy].risk], name);
			facts.human = true;
			is_int(heal_guard_judge(&facts).kind,
				   expected[autonomy][heal_remedies[remedy].risk] == HEAL_ASK
					   ? HEAL_GO
					   : expected[autonomy][heal_remedies[remedy].risk],
				   "a human may order what is asked for");
		}
}

static void
test_policies(void)
{
	HealGuardFacts facts = clear_way();

	facts.restricted = true;
	facts.policy = HEAL_FULL;
	facts.autonomy = HEAL_APPROVE;
	is_judged(&facts, HEAL_ASK, "autonomy",
			  "a policy of full gives no more than the setting");
	facts.autonomy = HEAL_OBSERVE;
	is_judged(&facts, HEAL_REFUSE, "observe_mode", "nor does it in observe");
	facts.autonomy = HEAL_FULL;
	facts.critical = true;
	is_judged(&facts, HEAL_GO, "",
			  "in full autonomy what is critical is not asked for");
	facts.policy = HEAL_LIMITED;
	facts.critical = false;
	is_judged(&facts, HEAL_ASK, "component_policy",
			  "a policy of limited asks for what ends a session");
	facts.remedy = HEAL_REMEDY_CANCEL_BLOCKER;
	is_judged(&facts, HEAL_GO, "", "and not for what ends a statement");
}

static void
test_the_strictest_wins(void)
{
	HealGuardFacts facts = clear_way();
	HealJudgement verdict;

	arrange_approve_mode(&facts);
	arrange_breaker(&facts);
	arrange_protected(&facts);
	verdict = heal_guard_judge(&facts);
	is_int(verdict.kind, HEAL_REFUSE,
		   "one refusal outweighs any number of questions");
	is_string(verdict.rail, "protected_session",
			  "and it is the one that is named");
	ok(strstr(verdict.reason, "(protected_session); ") != NULL &&
		   strstr(verdict.reason, "(autonomy); ") != NULL &&
		   strstr(verdict.reason, "(breaker_open)") != NULL,
	   "the reason tells all that spoke");
	ok(strncmp(verdict.reason, "the target is a protected session", 33) == 0,
	   "the strictest first");
	arrange_stop(&facts);
	is_judged(&facts, HEAL_REFUSE, "stop_flag", "stop comes before everything");
}

static void
arrange_everything(HealGuardFacts *facts)
{
	for (size_t i = 0; i < heal_lengthof(alone); i++)
		if (alone[i].arrange != arrange_no_target)
			alone[i].arrange(facts);
	facts->targets_changed = facts->targets;
	facts->autonomy = HEAL_OBSERVE;
}

static void
test_the_reason_fits(void)
{
	HealGuardFacts facts = clear_way();
	HealJudgement verdict;

	arrange_everything(&facts);
	verdict = heal_guard_judge(&facts);
	is_int(verdict.kind, HEAL_REFUSE,
		   "with everything in the way it is refused");
	ok(memchr(verdict.reason, '\0', sizeof(verdict.reason)) ==
		   &verdict.reason[sizeof(verdict.reason) - 1],
	   "a reason longer than there is room is cut, not overrun");
	is_string(verdict.rail, "stop_flag", "and the strictest is still named");
}

/* A generator of our own: the same cases on every machine. */
static uint64_t seed = 20260101;

static uint32_t
draw(uint32_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) (seed >> 33) % below;
}

static bool
seldom(void)
{
	return draw(12) == 0;
}

static HealGuardFacts
random_facts(void)
{
	HealGuardFacts facts = clear_way();

	facts.remedy = draw(HEAL_REMEDIES);
	facts.granted = draw(2);
	facts.human = draw(2);
	facts.enabled = !seldom();
	facts.stopped = seldom();
	facts.paused = seldom();
	facts.passive = seldom();
	facts.autonomy = draw(4) ? HEAL_FULL - draw(3) : HEAL_OBSERVE;
	facts.restricted = draw(3) == 0;
	facts.policy = draw(4) ? HEAL_FULL - draw(3) : HEAL_OBSERVE;
	facts.critical = seldom();
	facts.blamed = seldom();
	facts.comebacks = seldom() ? draw(5) : 0;
	facts.newest_sample = seldom() ? 0 : NOW - draw(4000) * HEAL_MILLISECOND;
	facts.clock_step =
		seldom() ? (HealTime) draw(4000) * HEAL_MILLISECOND - 2 * HEAL_SECOND
				 : 0;
	facts.in_recovery = draw(2);
	facts.targets = seldom() ? (int) draw(20) - 1 : 1;
	facts.targets_changed = seldom() ? draw(20) : 0;
	facts.protection =
		seldom() ? draw(HEAL_PROTECTED_UNKNOWN + 1) : HEAL_PROTECTED_NOT;
	facts.acts_10min = seldom() ? draw(12) : 0;
	facts.acts_hour = seldom() ? draw(40) : 0;
	facts.acts_day = seldom() ? draw(200) : 0;
	facts.last_own_act =
		seldom() ? NOW - (HealTime) draw(600) * HEAL_SECOND + HEAL_MINUTE : 0;
	facts.consecutive_failures = seldom() ? draw(6) : 0;
	facts.open_failures = seldom() ? draw(8) : 1;
	facts.contested = seldom();
	facts.youngest =
		draw(2) ? 0
				: NOW - (seldom() ? (HealTime) draw(2000) - 100 : 5000) *
							HEAL_MILLISECOND;
	facts.in_flight = seldom() ? draw(3) : 0;
	return facts;
}

/* RAILS.md, once more and in other words. */
static bool
forbidden(const HealGuardFacts *facts)
{
	if (!facts->enabled || facts->passive)
		return true;
	if (!heal_remedy_touches(facts->remedy))
		return false;
	if (facts->stopped || facts->paused || facts->autonomy == HEAL_OBSERVE ||
		facts->in_flight > 0 || facts->protection != HEAL_PROTECTED_NOT)
		return true;
	if (facts->restricted && facts->policy == HEAL_OBSERVE)
		return true;
	if (facts->targets < 1 ||
		facts->targets > heal_remedies[facts->remedy].max_targets ||
		facts->targets_changed >= facts->targets)
		return true;
	if (facts->in_recovery && !heal_remedies[facts->remedy].on_standby)
		return true;
	return !facts->human && (facts->newest_sample < NOW - 3 * HEAL_SECOND ||
							 llabs(facts->clock_step) > HEAL_SECOND);
}

/* The stricter of setting and policy. */
static HealAutonomy
stricter(const HealGuardFacts *facts)
{
	return facts->restricted && facts->policy < facts->autonomy
			   ? facts->policy
			   : facts->autonomy;
}

static bool
needs_a_human(const HealGuardFacts *facts)
{
	if (!heal_remedy_touches(facts->remedy) || facts->human)
		return false;
	return stricter(facts) == HEAL_APPROVE ||
		   (stricter(facts) == HEAL_LIMITED &&
			heal_remedies[facts->remedy].risk != HEAL_RISK_LOW) ||
		   (stricter(facts) == HEAL_LIMITED && facts->critical) ||
		   (heal_remedies[facts->remedy].risk == HEAL_RISK_HIGH &&
			!facts->granted) ||
		   (facts->remedy == HEAL_REMEDY_QUARANTINE_SOURCE &&
			!facts->granted) ||
		   (heal_remedies[facts->remedy].temporary && facts->comebacks > 2) ||
		   facts->acts_10min >= 6 || facts->acts_hour >= 20 ||
		   facts->acts_day >= 100 || facts->open_failures > 4 ||
		   facts->contested || facts->blamed ||
		   (facts->youngest && NOW - facts->youngest < HEAL_SECOND) ||
		   facts->consecutive_failures >= 3 ||
		   (facts->last_own_act && NOW - facts->last_own_act < 5 * HEAL_MINUTE);
}

static void
test_random_cases(void)
{
	int wrong = 0;
	int unasked_in_approve = 0;
	int silent = 0;
	int seen[3] = {0};

	for (int i = 0; i < 100000; i++)
	{
		HealGuardFacts facts = random_facts();
		HealJudgement verdict = heal_guard_judge(&facts);
		bool act = heal_remedy_touches(facts.remedy);

		wrong += verdict.kind != (forbidden(&facts)		  ? HEAL_REFUSE
								  : needs_a_human(&facts) ? HEAL_ASK
														  : HEAL_GO);
		unasked_in_approve += act && !facts.human &&
							  stricter(&facts) <= HEAL_APPROVE &&
							  verdict.kind == HEAL_GO;
		silent += (verdict.kind == HEAL_GO) != (verdict.rail[0] == '\0') ||
				  (verdict.kind == HEAL_GO) != (verdict.reason[0] == '\0') ||
				  memchr(verdict.reason, '\0', sizeof(verdict.reason)) == NULL;
		seen[verdict.kind]++;
	}
	is_int(wrong, 0, "of 100000 random cases each is judged as the rules say");
	is_int(unasked_in_approve, 0,
		   "no act is ever done unasked in observe or approve mode");
	is_int(silent, 0, "whatever is not done has a rail and a reason that ends");
	ok(seen[HEAL_GO] > 1000 && seen[HEAL_ASK] > 1000 &&
		   seen[HEAL_REFUSE] > 1000,
	   "all three judgements occur often");
}

int
main(void)
{
	test_nothing_in_the_way();
	test_each_alone();
	test_no_rail_is_forgotten();
	test_nothing_to_change();
	test_boundaries();
	test_grants();
	test_autonomy_by_risk();
	test_policies();
	test_the_strictest_wins();
	test_the_reason_fits();
	test_random_cases();
	return done_testing();
}

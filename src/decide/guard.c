/*
 * guard.c
 *		The rails, one row and one small function each.
 */
#include "decide/guard.h"

#include <stdio.h>
#include <string.h>

static bool
touches(const HealGuardFacts *facts)
{
	return heal_remedy_touches(facts->remedy);
}

static HealJudgementKind
refuse_if(bool condition)
{
	return condition ? HEAL_REFUSE : HEAL_GO;
}

/* What a human has decided needs no second asking. */
static HealJudgementKind
ask_if(const HealGuardFacts *facts, bool condition)
{
	return condition && !facts->human ? HEAL_ASK : HEAL_GO;
}

static HealJudgementKind
stopped(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->stopped);
}

static HealJudgementKind
disabled(const HealGuardFacts *facts)
{
	return refuse_if(!facts->enabled);
}

static HealJudgementKind
passive(const HealGuardFacts *facts)
{
	return refuse_if(facts->passive);
}

static HealJudgementKind
paused(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->paused);
}

static HealJudgementKind
observing(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->autonomy == HEAL_OBSERVE);
}

static HealJudgementKind
component_off(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->restricted &&
					 facts->policy == HEAL_OBSERVE);
}

static HealJudgementKind
remedy_gone(const HealGuardFacts *facts)
{
	return refuse_if(heal_remedies[facts->remedy].name[0] == '\0');
}

static HealJudgementKind
empty_target(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->targets <= 0);
}

static HealJudgementKind
too_many_targets(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) &&
					 facts->targets > heal_remedies[facts->remedy].max_targets);
}

static HealJudgementKind
target_changed(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->targets > 0 &&
					 facts->targets_changed >= facts->targets);
}

static HealJudgementKind
protected_target(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->protection != HEAL_PROTECTED_NOT);
}

static HealJudgementKind
stale_evidence(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && !facts->human &&
					 (facts->newest_sample == 0 ||
					  facts->now - facts->newest_sample >
						  2 * facts->sample_interval + HEAL_SECOND));
}

static HealJudgementKind
clock_stepped(const HealGuardFacts *facts)
{
	HealTime step =
		facts->clock_step < 0 ? -facts->clock_step : facts->clock_step;

	return refuse_if(touches(facts) && !facts->human && step > HEAL_SECOND);
}

static HealJudgementKind
not_on_standby(const HealGuardFacts *facts)
{
	return refuse_if(facts->in_recovery &&
					 !heal_remedies[facts->remedy].on_standby);
}

static HealJudgementKind
nothing_to_change(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->no_plan);
}

static HealJudgementKind
one_at_a_time(const HealGuardFacts *facts)
{
	return refuse_if(touches(facts) && facts->in_flight > 0);
}

static HealJudgementKind
irreversible(const HealGuardFacts *facts)
{
	return ask_if(facts,
				  heal_remedy_needs_grant(facts->remedy) && !facts->granted);
}

static HealJudgementKind
by_risk(const HealGuardFacts *facts, HealAutonomy autonomy)
{
	HealRisk risk = heal_remedies[facts->remedy].risk;

	if (facts->agreed) /* to the other half of it */
		return HEAL_GO;
	switch (autonomy)
	{
		case HEAL_OBSERVE: /* refused above, and one reason is enough */
			break;
		case HEAL_APPROVE:
			return ask_if(facts, risk > HEAL_RISK_NONE);
		case HEAL_LIMITED:
			return ask_if(facts, risk > HEAL_RISK_LOW);
		case HEAL_FULL:
			break;
	}
	return HEAL_GO;
}

/* It can be lifted, but not the errors that clients have seen. */
static HealJudgementKind
refuses_work(const HealGuardFacts *facts)
{
	return ask_if(facts, heal_remedies[facts->remedy].asks && !facts->granted);
}

static HealJudgementKind
comes_back(const HealGuardFacts *facts)
{
	return ask_if(facts, heal_remedies[facts->remedy].temporary &&
							 facts->comebacks >= HEAL_MOST_COMEBACKS);
}

static HealJudgementKind
autonomy(const HealGuardFacts *facts)
{
	return by_risk(facts, facts->autonomy);
}

static HealJudgementKind
component_policy(const HealGuardFacts *facts)
{
	return facts->restricted ? by_risk(facts, facts->policy) : HEAL_GO;
}

/* With limited autonomy what is critical is a human's, whatever the risk. */
static HealJudgementKind
critical(const HealGuardFacts *facts)
{
	bool limited = facts->autonomy == HEAL_LIMITED ||
				   (facts->restricted && facts->policy == HEAL_LIMITED);

	return ask_if(facts, touches(facts) && limited && facts->critical);
}

static HealJudgementKind
cap_reached(const HealGuardFacts *facts)
{
	return ask_if(facts, touches(facts) &&
							 (facts->acts_10min >= facts->max_acts_10min ||
							  facts->acts_hour >= facts->max_acts_hour ||
							  facts->acts_day >= facts->max_acts_day));
}

static HealJudgementKind
cooling_down(const HealGuardFacts *facts)
{
	return ask_if(facts,
				  touches(facts) && facts->last_own_act != 0 &&
					  facts->now - facts->last_own_act < facts->cooldown);
}

static HealJudgementKind
breaker_open(const HealGuardFacts *facts)
{
	return ask_if(facts, touches(facts) && facts->consecutive_failures >=
											   facts->breaker_failures);
}

/* Where it cools down as well one reason is enough. */
static HealJudgementKind
own_act(const HealGuardFacts *facts)
{
	return ask_if(facts, touches(facts) && facts->blamed &&
							 cooling_down(facts) == HEAL_GO);
}

static HealJudgementKind
contested(const HealGuardFacts *facts)
{
	return ask_if(facts, touches(facts) && facts->contested);
}

static HealJudgementKind
young_transaction(const HealGuardFacts *facts)
{
	return ask_if(facts, touches(facts) && facts->youngest != 0 &&
							 facts->now - facts->youngest < facts->youth);
}

static HealJudgementKind
many_at_once(const HealGuardFacts *facts)
{
	return ask_if(facts,
				  touches(facts) && facts->open_failures > HEAL_MANY_FAILURES);
}

/* What is unusual need not be wrong, so no grant answers this one. */
static HealJudgementKind
statistics_alone(const HealGuardFacts *facts)
{
	return ask_if(facts, facts->statistical &&
							 heal_remedy_is_destructive(facts->remedy));
}

/* Those that refuse first, then those that ask; within each, the order they are told in. */
const HealRail heal_rails[] = {
	{"stop_flag", stopped, "selfheal.stop() is in force"},
	{"disabled", disabled, "selfheal.enabled is off"},
	{"passive", passive, "the engine is passive after repeated restarts"},
	{"paused", paused, "selfheal.pause() covers this component"},
	{"observe_mode", observing, "selfheal.autonomy is observe"},
	{"component_off", component_off,
	 "the policy of the component or the remedy is observe"},
	{"remedy_gone", remedy_gone, "the remedy has been removed"},
	{"empty_target", empty_target, "no session qualifies as a target"},
	{"too_many_targets", too_many_targets,
	 "the act would concern more sessions than one act may"},
	{"target_changed", target_changed,
	 "the target is no longer what it was when this was decided"},
	{"protected_session", protected_target,
	 "the target is a protected session, or belongs to somebody protected"},
	{"stale_evidence", stale_evidence,
	 "the newest sample is too old to act on"},
	{"clock_stepped", clock_stepped,
	 "the clock was stepped, so ages cannot be trusted"},
	{"not_on_standby", not_on_standby,
	 "the remedy cannot be used on a standby"},
	{"nothing_to_change", nothing_to_change,
	 "selfheal may not give the setting another value, or knows none that would do"},
	{"one_at_a_time", one_at_a_time,
	 "another recovery is running on the same component"},
	{"irreversible", irreversible,
	 "the act cannot be taken back and is not in selfheal.granted_remedies"},
	{"autonomy", autonomy,
	 "selfheal.autonomy asks a human for acts of this risk"},
	{"component_policy", component_policy,
	 "the policy of the component or the remedy asks a human for acts of this risk"},
	{"critical", critical,
	 "the failure is critical, which limited autonomy leaves to a human"},
	{"cap_reached", cap_reached,
	 "as many acts as allowed have been done lately"},
	{"cooldown", cooling_down, "the same was done by itself a short while ago"},
	{"own_act", own_act,
	 "an own act on this component shortly before it began may have caused it"},
	{"contested", contested,
	 "others hold back the same sessions, so ending one alone may free nobody"},
	{"young_transaction", young_transaction,
	 "the target's transaction has only just begun"},
	{"many_at_once", many_at_once,
	 "so much is wrong at once that the cause must lie elsewhere"},
	{"breaker_open", breaker_open,
	 "the remedy's last recoveries on this component failed"},
	{"refuses_work", refuses_work,
	 "the act refuses clients their work and is not in selfheal.granted_remedies"},
	{"comes_back", comes_back,
	 "it was throttled three times lately and came back each time"},
	{"statistics_alone", statistics_alone,
	 "only statistics say that something is wrong, and the act would cost somebody something"},
};
const int heal_rail_count = heal_lengthof(heal_rails);

HealJudgement
heal_guard_judge(const HealGuardFacts *facts)
{
	HealJudgement verdict = {HEAL_GO, "", ""};
	size_t used = 0;

	for (HealJudgementKind level = HEAL_REFUSE; level > HEAL_GO; level--)
		for (int i = 0; i < heal_rail_count; i++)
		{
			if (heal_rails[i].check(facts) != level)
				continue;
			if (verdict.kind == HEAL_GO)
			{
				verdict.kind = level;
				verdict.rail = heal_rails[i].name;
			}
			if (used < sizeof(verdict.reason))
				used += snprintf(verdict.reason + used,
								 sizeof(verdict.reason) - used, "%s%s (%s)",
								 used ? "; " : "", heal_rails[i].reason,
								 heal_rails[i].name);
		}
	return verdict;
}

/*
 * breaker_sql.c
 *		What stands between a decision and an act done unasked, in SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "detect/component.h"
#include "detect/failure.h"
#include "history/ledger_pg.h"
#include "settings.h"

PG_FUNCTION_INFO_V1(selfheal_read_breakers);

/* One row. Zero, NULL or -1 for what does not apply. */
typedef struct Fence
{
	const char *kind;
	const char *remedy;
	const char *component;
	int failure; /* HealFailureKind */
	HealBreakerState state;
	int used;
	int allowed;
	TimestampTz last_at;
	TimestampTz until;
	const char *why;
	const char *reset;
} Fence;

static void
emit(FunctionCallInfo fcinfo, const Fence *fence)
{
	HealRow row = {0};

	heal_row_text(&row, fence->kind);
	heal_row_text(&row, fence->remedy);
	heal_row_text(&row, fence->component);
	heal_row_text(&row, fence->failure >= 0 ? heal_failures[fence->failure].name
											: NULL);
	heal_row_text(&row, heal_breaker_state_name(fence->state));
	heal_row_int4(&row, fence->used);
	heal_row_int4(&row, fence->allowed);
	heal_row_time(&row, fence->last_at);
	heal_row_time(&row, fence->until);
	heal_row_text(&row, fence->why);
	heal_row_text(&row, fence->reset);
	heal_row_emit(fcinfo, &row);
}

static void
emit_breaker(FunctionCallInfo fcinfo, const HealBreaker *breaker,
			 TimestampTz now)
{
	HealTime cooldown = heal_cooldown * HEAL_SECOND;
	Fence fence = {
		.kind = "breaker",
		.remedy = heal_remedies[breaker->remedy].name,
		.component = breaker->component,
		.failure = -1,
		.state =
			heal_breaker_state(breaker, heal_breaker_failures, cooldown, now),
		.used = breaker->failures,
		.allowed = heal_breaker_failures,
		.last_at = breaker->failed_at,
		.reset = psprintf("SELECT selfheal.reset_breaker('%s', 'why')",
						  heal_remedies[breaker->remedy].name),
	};

	if (fence.state == HEAL_BREAKER_OPEN)
		fence.until = breaker->failed_at + cooldown;
	fence.why =
		fence.state == HEAL_BREAKER_CLOSED
			? "it has failed since its last success, but less often than allowed"
		: fence.state == HEAL_BREAKER_OPEN
			? "it failed as often in a row as allowed: it asks a human, and a try is not advised yet"
			: "it failed as often in a row as allowed and has rested since: one try with approval closes this again if it helps";
	emit(fcinfo, &fence);
}

static void
emit_bulkhead(FunctionCallInfo fcinfo, const char *component, int used,
			  int allowed)
{
	Fence fence = {
		.kind = "bulkhead",
		.component = component,
		.failure = -1,
		.state = used >= allowed ? HEAL_BREAKER_OPEN : HEAL_BREAKER_CLOSED,
		.used = used,
		.allowed = allowed,
		.why =
			component != NULL
				? "one recovery at a time acts on a component: the next waits its turn"
			: used >= allowed
				? "as many recoveries as allowed act now: the next waits its turn"
				: "fewer recoveries than allowed act now",
		.reset = "it passes when they end",
	};

	emit(fcinfo, &fence);
}

static void
emit_bulkheads(FunctionCallInfo fcinfo, const HealLedger *ledger)
{
	emit_bulkhead(fcinfo, NULL, heal_ledger_acting(ledger),
				  heal_concurrent_recoveries);
	for (int i = 0; i < HEAL_COMPONENTS; i++)
	{
		const char *component = heal_components[i].name;
		int used = heal_ledger_in_flight(ledger, component, 0);

		if (used > 0)
			emit_bulkhead(fcinfo, component, used, 1);
	}
}

static void
emit_cap(FunctionCallInfo fcinfo, const HealLedger *ledger, HealTime window,
		 int allowed, const char *why, const char *setting, TimestampTz now)
{
	int used = heal_ledger_acts_since(ledger, now - window, 0);
	HealTime leaves = allowed > 0 ? heal_ledger_nth_act(ledger, allowed) : 0;
	Fence fence = {
		.kind = "rate limit",
		.failure = -1,
		.state = used >= allowed ? HEAL_BREAKER_OPEN : HEAL_BREAKER_CLOSED,
		.used = used,
		.allowed = allowed,
		.last_at = heal_ledger_nth_act(ledger, 1),
		.until = used >= allowed && leaves != 0 ? leaves + window : 0,
		.why = why,
		.reset = psprintf("it passes with time; %s is a setting", setting),
	};

	emit(fcinfo, &fence);
}

/* One for each failure and remedy that still cools down. */
static void
emit_cooldowns(FunctionCallInfo fcinfo, const HealLedger *ledger,
			   TimestampTz now)
{
	for (int kind = 0; kind < HEAL_FAILURE_KINDS; kind++)
		for (int remedy = 0; remedy < HEAL_REMEDY_ROWS; remedy++)
		{
			HealTime at = heal_ledger_last_own_act(ledger, kind, remedy, 0);
			Fence fence = {
				.kind = "cool-down",
				.remedy = heal_remedies[remedy].name,
				.component = heal_failures[kind].component,
				.failure = kind,
				.state = HEAL_BREAKER_OPEN,
				.used = 1,
				.allowed = 1,
				.last_at = at,
				.until = at + heal_cooldown * HEAL_SECOND,
				.why = "the same was done unasked a short while ago",
				.reset = "it passes with time; selfheal.cooldown is a setting",
			};

			if (heal_remedy_is_valid(remedy) && at != 0 && fence.until > now)
				emit(fcinfo, &fence);
		}
}

Datum
selfheal_read_breakers(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTimestamp();
	HealLedger *ledger;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	ledger = heal_ledger_copy();
	for (int i = 0; i < HEAL_MAX_BREAKERS; i++)
		if (ledger->breaker[i].failures > 0)
			emit_breaker(fcinfo, &ledger->breaker[i], now);
	emit_bulkheads(fcinfo, ledger);
	emit_cap(fcinfo, ledger, 10 * HEAL_MINUTE, heal_max_acts_10min,
			 "acts in the last 10 minutes", "selfheal.max_acts_10min", now);
	emit_cap(fcinfo, ledger, HEAL_HOUR, heal_max_acts_hour,
			 "acts in the last hour", "selfheal.max_acts_hour", now);
	emit_cap(fcinfo, ledger, HEAL_DAY, heal_max_acts_day,
			 "acts in the last 24 hours", "selfheal.max_acts_day", now);
	emit_cooldowns(fcinfo, ledger, now);
	return (Datum) 0;
}

/*
 * state.c
 *		On or off, and why.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "base/types.h"
#include "history/ledger_pg.h"
#include "loop/engine.h"
#include "loop/state.h"
#include "sample/sampler_pg.h"
#include "settings.h"

static const char *
stopped_by(const HealOrder *order)
{
	return psprintf("%s said so at %s: %s", order->by,
					timestamptz_to_str(order->at), order->reason);
}

static const HealPause *
pause_in_force(const HealLedger *ledger)
{
	TimestampTz now = GetCurrentTimestamp();

	for (int i = 0; i < HEAL_MAX_PAUSES; i++)
		if (ledger->pause[i].until > now)
			return &ledger->pause[i];
	return NULL;
}

/* Seconds after which a heartbeat is missed, not late. */
static int64
late_after(void)
{
	return 3 * heal_engine_cadence() + 5 * HEAL_SECOND;
}

const char *
heal_state(const char **why, const char **hint)
{
	HealEngineStatus engine = heal_engine_status();
	HealLedger *ledger;
	const HealPause *pause;
	const char *problem;

	*hint = "";
	if (!heal_ledger_ready(&problem))
	{
		*why = problem;
		*hint = "Repair that and restart the server.";
		return "broken";
	}
	ledger = heal_ledger_copy();
	if (!heal_enabled)
	{
		*why = "selfheal.enabled is off";
		*hint =
			"ALTER SYSTEM SET selfheal.enabled = on; SELECT pg_reload_conf();";
		return "disabled";
	}
	if (ledger->passive.at != 0)
	{
		*why = stopped_by(&ledger->passive);
		*hint =
			"Look for the reason in the server log, then SELECT selfheal.start('why').";
		return "passive";
	}
	if (engine.pid == 0)
	{
		*why = "the engine is not running";
		*hint =
			"It is restarted within a second; if it is not, see the server log and max_worker_processes.";
		return "starting";
	}
	if (engine.heartbeat_at == 0 ||
		GetCurrentTimestamp() - engine.heartbeat_at > late_after())
	{
		*why = engine.heartbeat_at == 0
				   ? "the engine has just started"
				   : psprintf("the last heartbeat was at %s",
							  timestamptz_to_str(engine.heartbeat_at));
		*hint = "If this lasts, see the server log.";
		return "late";
	}
	if (ledger->stop.at != 0)
	{
		*why = stopped_by(&ledger->stop);
		*hint =
			"It watches but does nothing. SELECT selfheal.start('why') ends that.";
		return "stopped";
	}
	pause = pause_in_force(ledger);
	if (pause != NULL)
	{
		*why = psprintf("%s is paused until %s by %s: %s", pause->scope,
						timestamptz_to_str(pause->until), pause->order.by,
						pause->order.reason);
		*hint =
			psprintf("It ends by itself, or with SELECT selfheal.resume('%s').",
					 pause->scope);
		return "paused";
	}
	*why = heal_autonomy == HEAL_OBSERVE
			   ? "watching; selfheal.autonomy is observe, so nothing is done"
			   : "watching";
	if (engine.slowdown > 1)
	{
		*why = psprintf(
			"%s; samples are %d times rarer than asked for, to keep selfheal.cpu_budget",
			*why, engine.slowdown);
		*hint =
			"selfheal.overhead shows the cost; raise selfheal.sample_interval or selfheal.cpu_budget.";
	}
	return "on";
}

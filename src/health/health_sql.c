/*
 * health_sql.c
 *		Health in SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/float.h"

#include "compat.h"
#include "db/rows.h"
#include "db/shmem.h"
#include "health/health_pg.h"
#include "health/probe_area_pg.h"

PG_FUNCTION_INFO_V1(selfheal_read_health);

static bool
is_probed(const char *component)
{
	int place = heal_component_lookup(component);

	return place >= 0 &&
		   (heal_components[place].sensors & HEAL_SENSOR_PROBE) != 0;
}

static const char *
result_name(int result)
{
	static const char *const names[] = {
		[HEAL_PROBE_NONE] = "none yet",
		[HEAL_PROBE_WROTE] = "written and read",
		[HEAL_PROBE_READ] = "read only, as this is a standby",
		[HEAL_PROBE_FAILED] = "failed",
		[HEAL_PROBE_IMPOSSIBLE] = "impossible",
	};

	return (unsigned) result < lengthof(names) ? names[result] : "invalid";
}

static void
put_probe(HealRow *row, bool probed)
{
	HealProbe probe = {0};

	if (probed)
		probe = heal_probe_copy();
	heal_row_text(row, probed ? result_name(probe.result) : NULL);
	heal_row_time(row, probe.ended_at);
	heal_row_float8(row,
					probe.took != 0 ? probe.took / 1000.0 : get_float8_nan());
}

Datum
selfheal_read_health(PG_FUNCTION_ARGS)
{
	HealHealth *health;
	HealTime judged_at;
	HealRow row = {0};
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	health = palloc(sizeof(HealHealth) * HEAL_MAX_HEALTH);
	count = heal_health_copy(health, &judged_at);
	for (int i = 0; i < count; i++)
	{
		heal_row_text(&row, health[i].component);
		heal_row_text(&row, heal_health_name(health[i].state));
		heal_row_text(&row, heal_text_clean(health[i].reason));
		heal_row_time(&row, health[i].since);
		heal_row_time(&row, judged_at);
		put_probe(&row, is_probed(health[i].component));
		heal_row_emit(fcinfo, &row);
	}
	return (Datum) 0;
}

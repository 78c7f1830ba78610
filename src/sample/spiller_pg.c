/*
 * spiller_pg.c
 *		Roles that spill to temporary files, and the memory there is to do something about it.
 *
 * What is changed for a role is the setting that counts: the one in the database where there is such a one, else the
 * role's own. Where it has none, the role's own would be stronger than what a database says, in all of them; so when any
 * database says something, it is the setting in this one database.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "optimizer/cost.h"
#include "utils/guc.h"

#include "config/book_pg.h"
#include "db/directory.h"
#include "gate/spill_pg.h"
#include "sample/sampler_pg.h"
#include "sample/spiller_pg.h"

#define WATCHED (30 * HEAL_MINUTE) /* without a spill */
#define SWAPPED_WITHIN (5 * HEAL_MINUTE)
#define PRESSED_WITHIN HEAL_MINUTE

static bool
is_set(Oid database, Oid role)
{
	return heal_config_lookup(database, role, "work_mem").form !=
		   HEAL_SETTING_UNSET;
}

static Oid
level_of(Oid role, Oid database, bool any_database)
{
	if (is_set(database, role))
		return database;
	return any_database && !is_set(InvalidOid, role) ? database : InvalidOid;
}

Oid
heal_work_mem_level(Oid role, Oid database)
{
	return level_of(role, database, heal_config_set_by_a_database("work_mem"));
}

double
heal_work_mem_in_force(Oid role, Oid database)
{
	const struct
	{
		Oid database;
		Oid role;
	} levels[] = {{database, role},
				  {InvalidOid, role},
				  {database, InvalidOid},
				  {InvalidOid, HEAL_ALL_ROLES},
				  {InvalidOid, InvalidOid}};
	HealSetting set = {.form = HEAL_SETTING_UNSET};
	double kb;

	for (int i = 0; i < lengthof(levels) && set.form == HEAL_SETTING_UNSET; i++)
		set =
			heal_config_lookup(levels[i].database, levels[i].role, "work_mem");
	return set.form == HEAL_SETTING_CLEAR &&
				   parse_real(set.value, &kb, GUC_UNIT_KB, NULL) && kb > 0
			   ? kb
			   : 0;
}

static void
read_memory(HealMemory *memory, HealTime now)
{
	double within = heal_sample_newest_of(HEAL_METRIC_CGROUP_MEMORY_LIMIT) -
					heal_sample_newest_of(HEAL_METRIC_CGROUP_MEMORY_USED);

	memory->available = heal_sample_newest_of(HEAL_METRIC_MEMORY_AVAILABLE);
	if (within < memory->available)
		memory->available = Max(within, 0);
	memory->swapped_out =
		heal_sample_between(HEAL_METRIC_SWAP_OUT, now - SWAPPED_WITHIN, now);
	memory->pressure = heal_sample_between(HEAL_METRIC_PRESSURE_MEMORY,
										   now - PRESSED_WITHIN, now);
	memory->copies =
		hash_mem_multiplier * (1 + max_parallel_workers_per_gather);
}

static HealSpiller *
find_or_add(HealSpiller *spiller, int *count, Oid role, Oid database)
{
	for (int i = 0; i < *count; i++)
		if (spiller[i].role == role && spiller[i].database == database)
			return &spiller[i];
	spiller[*count] = (HealSpiller){.role = role, .database = database};
	return &spiller[(*count)++];
}

static void
name(HealSpiller *spiller)
{
	const HealRole *role = heal_directory_role(spiller->role);
	const char *database = heal_directory_database(spiller->database);

	snprintf(spiller->words, sizeof(spiller->words), "role %s%s%s",
			 role ? NameStr(role->name) : "(dropped)",
			 OidIsValid(spiller->database) ? " in database " : "",
			 database						 ? database
			 : OidIsValid(spiller->database) ? "(dropped)"
											 : "");
}

static int
most_first(const void *a, const void *b)
{
	double one = ((const HealSpiller *) a)->at_once;
	double other = ((const HealSpiller *) b)->at_once;

	return (one < other) - (one > other);
}

void
heal_spillers_read(HealSituation *situation)
{
	HealSpillRow *row = palloc(sizeof(HealSpillRow) * HEAL_SPILL_ROWS);
	HealSpiller *spiller = palloc(sizeof(HealSpiller) * HEAL_SPILL_ROWS);
	HealTime now = situation->taken_at;
	int rows = heal_spill_copy(row);
	bool any_database = rows > 0 && heal_config_set_by_a_database("work_mem");
	int count = 0;

	read_memory(&situation->memory, now);
	for (int i = 0; i < rows; i++)
		if (now - heal_spill_newest(&row[i]) <= WATCHED)
			heal_spiller_add(find_or_add(spiller, &count, row[i].role,
										 level_of(row[i].role, row[i].database,
												  any_database)),
							 &row[i], now);
	qsort(spiller, count, sizeof(HealSpiller), most_first);
	situation->spillers = Min(count, HEAL_MAX_SPILLERS);
	memcpy(situation->spiller, spiller,
		   sizeof(HealSpiller) * situation->spillers);
	for (int i = 0; i < situation->spillers; i++)
	{
		name(&situation->spiller[i]);
		situation->spiller[i].sessions =
			heal_situation_sessions_of(situation, situation->spiller[i].role,
									   situation->spiller[i].database);
	}
	pfree(spiller);
	pfree(row);
}

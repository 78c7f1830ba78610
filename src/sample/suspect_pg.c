/*
 * suspect_pg.c
 *		Settings that changed lately, and how statements have fared since.
 */
#include "postgres.h"

#include "config/book_pg.h"
#include "gate/refusal_pg.h"
#include "recover/parameter.h"
#include "sample/sampler_pg.h"
#include "sample/suspect_pg.h"

#define SUSPECT_FOR (15 * HEAL_MINUTE)
#define BEFORE (5 * HEAL_MINUTE) /* of the change: what was usual */
#define LATELY (6 * HEAL_SECOND)
#define MOST_CHANGES 32

static bool
is_known(const HealSituation *situation, const HealSettingChange *change)
{
	for (int i = 0; i < situation->suspects; i++)
		if (situation->suspect[i].database == change->database &&
			situation->suspect[i].role == change->role &&
			strcmp(situation->suspect[i].name, change->name) == 0)
			return true;
	return false;
}

static HealParameterPlace
place_of(const HealSettingChange *change)
{
	return OidIsValid(change->database) || OidIsValid(change->role)
			   ? HEAL_AT_SESSION
			   : HEAL_AT_SERVER;
}

static void
read_suspect(HealSuspect *suspect, const HealSettingChange *change,
			 HealTime now)
{
	HealTime lately = Max(change->at, now - LATELY);

	memset(suspect, 0, sizeof(*suspect));
	suspect->at = change->at;
	suspect->database = change->database;
	suspect->role = change->role;
	suspect->was_default =
		change->old_is_default || change->old_form == HEAL_SETTING_UNSET;
	suspect->is_default =
		change->new_is_default || change->new_form == HEAL_SETTING_UNSET;
	suspect->may_be_put_back =
		heal_setting_change_can_be_undone(change) && !change->at_start &&
		heal_parameter_find(change->name, place_of(change)) != NULL &&
		strlen(change->old_value) < HEAL_SUSPECT_VALUE &&
		strlen(change->new_value) < HEAL_SUSPECT_VALUE;
	strlcpy(suspect->name, change->name, sizeof(suspect->name));
	if (suspect->may_be_put_back)
	{
		strlcpy(suspect->old_value, change->old_value, HEAL_SUSPECT_VALUE);
		strlcpy(suspect->new_value, change->new_value, HEAL_SUSPECT_VALUE);
	}
	suspect->latency_before =
		heal_sample_median(HEAL_METRIC_STATEMENT_P95, change->at - BEFORE,
						   change->at - HEAL_SECOND);
	suspect->rate_before = heal_sample_median(
		HEAL_METRIC_STATEMENTS, change->at - BEFORE, change->at - HEAL_SECOND);
	suspect->latency_now =
		heal_sample_median(HEAL_METRIC_STATEMENT_P95, lately, now);
	suspect->rate_now = heal_sample_median(HEAL_METRIC_STATEMENTS, lately, now);
	suspect->rows_before =
		heal_sample_median(HEAL_METRIC_TUPLES_RETURNED, change->at - BEFORE,
						   change->at - HEAL_SECOND);
	suspect->rows_now =
		heal_sample_median(HEAL_METRIC_TUPLES_RETURNED, lately, now);
}

static bool
counts_for(const HealSuspect *suspect, const HealRefusal *refusal)
{
	return (suspect->database == 0 || suspect->database == refusal->database) &&
		   (suspect->role == 0 || suspect->role == HEAL_ALL_ROLES ||
			suspect->role == refusal->role) &&
		   refusal->at > suspect->at;
}

static void
read_refusals(HealSituation *situation)
{
	HealRefusal *refusal = palloc(sizeof(HealRefusal) * HEAL_REFUSALS);
	int count = situation->suspects > 0 ? heal_refusal_copy(refusal) : 0;

	for (int i = 0; i < situation->suspects; i++)
		for (int j = 0; j < count; j++)
		{
			HealSuspect *suspect = &situation->suspect[i];

			if (!counts_for(suspect, &refusal[j]))
				continue;
			suspect->refused++;
			suspect->refused_at = Max(suspect->refused_at, refusal[j].at);
			if (refusal[j].session_start > suspect->at)
				suspect->refused_fresh =
					Max(suspect->refused_fresh, refusal[j].at);
		}
	pfree(refusal);
}

void
heal_suspects_read(HealSituation *situation)
{
	HealSettingChange *changes;
	int count;

	situation->suspects = 0;
	changes = palloc(sizeof(HealSettingChange) * MOST_CHANGES);
	count = heal_config_changes(situation->taken_at - SUSPECT_FOR, changes,
								MOST_CHANGES);
	for (int i = 0; i < count && situation->suspects < HEAL_MAX_SUSPECTS; i++)
		if (changes[i].name[0] != '\0' &&
			strlen(changes[i].name) < HEAL_NAME_SIZE &&
			strncmp(changes[i].name, "selfheal.", 9) != 0 &&
			!is_known(situation, &changes[i]))
			read_suspect(&situation->suspect[situation->suspects++],
						 &changes[i], situation->taken_at);
	read_refusals(situation);
	pfree(changes);
}

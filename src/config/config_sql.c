/*
 * config_sql.c
 *		Changes of settings, as SQL rows.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"

#include "config/book_pg.h"
#include "db/rows.h"
#include "db/shmem.h"

PG_FUNCTION_INFO_V1(selfheal_read_setting_changes);

static void
put_change(FunctionCallInfo fcinfo, const HealSettingChange *change)
{
	HealRow row = {0};

	heal_row_time(&row, change->at);
	heal_row_text(&row, heal_setting_level(change->database, change->role));
	heal_row_oid(&row, change->database);
	heal_row_oid(&row, change->role);
	heal_row_text(&row, change->name);
	heal_row_string(&row,
					heal_setting_shown(change->old_form, change->old_value));
	heal_row_string(&row,
					heal_setting_shown(change->new_form, change->new_value));
	heal_row_bool(&row, change->old_is_default);
	heal_row_bool(&row, change->new_is_default);
	heal_row_bool(&row, change->old_form == HEAL_SETTING_TRUNCATED ||
							change->new_form == HEAL_SETTING_TRUNCATED);
	heal_row_bool(&row, change->at_start);
	heal_row_text(&row, change->source);
	heal_row_int4_or_null(&row, change->line);
	heal_row_bool(&row, heal_setting_change_can_be_undone(change));
	heal_row_emit(fcinfo, &row);
}

Datum
selfheal_read_setting_changes(PG_FUNCTION_ARGS)
{
	HealSettingChange *changes =
		palloc(sizeof(HealSettingChange) * HEAL_SETTING_CHANGES);
	int count;

	heal_shmem_require();
	InitMaterializedSRF(fcinfo, 0);
	count = heal_config_changes(0, changes, HEAL_SETTING_CHANGES);
	for (int i = 0; i < count; i++)
		put_change(fcinfo, &changes[i]);
	return (Datum) 0;
}

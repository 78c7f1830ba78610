/*
 * look_setting_pg.c
 *		What a setting is now, and whether it is in effect.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "db/query.h"
#include "recover/look_setting_pg.h"

char *
heal_setting_now(const HealSettingOrder *change, MemoryContext context)
{
	Oid types[] = {TEXTOID, OIDOID, OIDOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(heal_level_name(change->level)),
					  ObjectIdGetDatum(change->database),
					  ObjectIdGetDatum(change->object),
					  CStringGetTextDatum(change->parameter)};
	char *value = heal_query_text(
		"SELECT c.value FROM selfheal.configuration c "
		"WHERE c.level = $1 AND c.database = $2 AND c.object = $3 AND c.parameter = $4",
		4, types, values);

	return value ? MemoryContextStrdup(context, value) : NULL;
}

bool
heal_setting_same(const char *parameter, const char *one, const char *other)
{
	int flags = GetConfigOptionFlags(parameter, true) & GUC_UNIT;
	double a;
	double b;
	bool on;
	bool also_on;

	if (parse_bool(one, &on) && parse_bool(other, &also_on))
		return on == also_on;
	if (parse_real(one, &a, flags, NULL) && parse_real(other, &b, flags, NULL))
		return fabs(a - b) <= 1e-6 * Max(1.0, fabs(a));
	return pg_strcasecmp(one, other) == 0;
}

/*
 * For the server: the file says so, the server finds nothing wrong with it there, and this process, which
 * has read the files after the server did, uses it unless a database's or role's setting is stronger.
 */
const char *
heal_setting_not_in_effect(const HealSettingOrder *change,
						   MemoryContext context)
{
	Oid type = TEXTOID;
	Datum name = CStringGetTextDatum(change->parameter);
	char *found = heal_query_text(
		"SELECT coalesce("
		"(SELECT f.error FROM pg_show_all_file_settings() f WHERE f.name = $1 AND f.error IS NOT NULL LIMIT 1), "
		"(SELECT 'it waits for a restart' FROM pg_settings s WHERE s.name = $1 AND s.pending_restart))",
		1, &type, &name);
	char *in_use;

	if (found != NULL)
		return MemoryContextStrdup(context, found);
	if (change->value == NULL)
		return NULL;
	in_use = heal_query_text(
		"SELECT s.setting FROM pg_settings s WHERE s.name = $1 "
		"AND s.source IN ('configuration file', 'command line', 'environment variable')",
		1, &type, &name);
	if (in_use == NULL ||
		heal_setting_same(change->parameter, in_use, change->value))
		return NULL;
	return MemoryContextStrdup(
		context,
		psprintf("the server uses %s: its command line may say so", in_use));
}

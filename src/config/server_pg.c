/*
 * server_pg.c
 *		The server's own settings, as this process sees them.
 *
 * Not what a process uses but what it would go back to: what we set for ourselves lies
 * above it, as a session's SET does. What a restart is waiting for is not in force yet
 * and is seen when it is.
 */
#include "postgres.h"

#include "utils/guc.h"
#include "utils/guc_tables.h"

#include "compat.h"
#include "config/reader.h"

/* The server's table by name, as of the last reading and as long as its memory context. */
static struct config_generic **sorted;
static int sorted_count;

static const char *value_of(struct config_generic *setting);
static bool concerns_us(const struct config_generic *setting);
static int compare_names(const void *a, const void *b);

void
heal_config_read_server(HealSettingList *list, uint64 seed)
{
	int count;
	struct config_generic **all = heal_guc_variables(&count);

	sorted = palloc(Max(count, 1) * sizeof(*sorted));
	sorted_count = count;
	memcpy(sorted, all, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_names);
	heal_settinglist_clear(list);
	for (int i = 0; i < count; i++)
	{
		struct config_generic *one = sorted[i];
		const char *value = concerns_us(one) ? value_of(one) : NULL;
		HealSetting setting;

		if (value == NULL)
			continue;
		if (!heal_setting_make(&setting, 0, 0, one->name, value,
							   (one->flags & GUC_SUPERUSER_ONLY) != 0, seed))
		{
			heal_settinglist_leave_out(list);
			continue;
		}
		setting.is_default = one->reset_source <= PGC_S_DYNAMIC_DEFAULT;
		heal_settinglist_add(list, &setting);
	}
}

const char *
heal_config_source(const char *name, int *line)
{
	struct config_generic wanted = {.name = name};
	struct config_generic *key = &wanted;
	struct config_generic **found =
		bsearch(&key, sorted, sorted_count, sizeof(*sorted), compare_names);

	if (found == NULL || (*found)->sourcefile == NULL)
		return NULL;
	*line = (*found)->sourceline;
	return (*found)->sourcefile;
}

bool
heal_config_is_hidden(const char *name)
{
	return (GetConfigOptionFlags(name, true) & GUC_SUPERUSER_ONLY) != 0;
}

/* What nobody can set tells nothing, but for an update of the server itself. */
static bool
concerns_us(const struct config_generic *setting)
{
	if (strcmp(setting->name, "server_version") == 0)
		return true;
	return setting->context != PGC_INTERNAL &&
		   (setting->flags & GUC_DISALLOW_IN_FILE) == 0;
}

static bool
is_file_mode(const struct config_generic *setting)
{
	return strcmp(setting->name, "log_file_mode") == 0 ||
		   strcmp(setting->name, "unix_socket_permissions") == 0;
}

/*
 * Functions that show a setting in their own way may need a database: then we do it, as
 * the server would read it back. NULL = it has no value.
 */
static const char *
plain_value(struct config_generic *setting)
{
	switch (setting->vartype)
	{
		case PGC_BOOL:
			return ((struct config_bool *) setting)->reset_val ? "on" : "off";
		case PGC_INT:
			return psprintf(is_file_mode(setting) ? "0%o" : "%d",
							((struct config_int *) setting)->reset_val);
		case PGC_REAL:
			return psprintf("%g", ((struct config_real *) setting)->reset_val);
		case PGC_STRING:
			return ((struct config_string *) setting)->reset_val;
		case PGC_ENUM:
			return config_enum_lookup_by_value(
				(struct config_enum *) setting,
				((struct config_enum *) setting)->reset_val);
	}
	return NULL;
}

static bool
has_show_hook(const struct config_generic *setting)
{
	switch (setting->vartype)
	{
		case PGC_INT:
			return ((const struct config_int *) setting)->show_hook != NULL;
		case PGC_REAL:
			return ((const struct config_real *) setting)->show_hook != NULL;
		default:
			return true; /* nothing to be gained by asking the server */
	}
}

/* With its unit where the server can tell. */
static const char *
value_of(struct config_generic *setting)
{
	if ((setting->flags & (GUC_UNIT_MEMORY | GUC_UNIT_TIME)) != 0 &&
		(setting->flags & GUC_SUPERUSER_ONLY) == 0 &&
		setting->source == setting->reset_source && !has_show_hook(setting))
		return GetConfigOptionByName(setting->name, NULL, false);
	return plain_value(setting);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp((*(struct config_generic *const *) a)->name,
				  (*(struct config_generic *const *) b)->name);
}

/*
 * scoped_pg.c
 *		Settings of databases and roles, out of pg_db_role_setting.
 *
 * One row holds all settings of a database, a role or a role in a database. When they
 * are too many or too long for the row they are stored elsewhere, where a process
 * without a database cannot follow; then it is known only that they changed.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "config/reader.h"
#include "db/sharedscan.h"

#define MOST_SETTINGS 20000 /* the list has room for fewer */

/* One setting as it was found; the texts are palloc'd. */
typedef struct Found
{
	Oid database;
	Oid role;
	const char *name;  /* "" = all of them, which cannot be read */
	const char *value; /* of that, what stands for it */
	int size;
} Found;

typedef struct Collected
{
	Found *found;
	int count;
	int capacity;
	int left_out;
	TupleDesc columns;
} Collected;

static HealSharedMark mark; /* of this process */

static TupleDesc describe(void);
static void collect_row(HeapTuple row, void *state);
static void
collect_array(Collected *collected, Oid database, Oid role, ArrayType *array);
static Found *append(Collected *collected);
static void put(HealSettingList *list, const Found *found, uint64 seed);
static int compare_found(const void *a, const void *b);

bool
heal_config_read_scoped(HealSettingList *list, uint64 seed)
{
	Collected collected = {.columns = describe()};

	if (heal_shared_scan(DbRoleSettingRelationId, &mark, collect_row,
						 &collected) != HEAL_SHARED_READ)
		return false;
	if (collected.count > 0)
		qsort(collected.found, collected.count, sizeof(Found), compare_found);
	heal_settinglist_clear(list);
	for (int i = 0; i < collected.count; i++)
		put(list, &collected.found[i], seed);
	list->left_out += collected.left_out;
	return true;
}

static TupleDesc
describe(void)
{
	/* an OID is stored as an integer is, which alone is among the built-in types */
	TupleDesc columns = CreateTemplateTupleDesc(Natts_pg_db_role_setting);

	/* an OID is stored as an integer, which is among the types built in */
	TupleDescInitBuiltinEntry(columns, Anum_pg_db_role_setting_setdatabase,
							  "setdatabase", INT4OID, -1, 0);
	TupleDescInitBuiltinEntry(columns, Anum_pg_db_role_setting_setrole,
							  "setrole", INT4OID, -1, 0);
	TupleDescInitBuiltinEntry(columns, Anum_pg_db_role_setting_setconfig,
							  "setconfig", TEXTARRAYOID, -1, 0);
	return columns;
}

static void
collect_row(HeapTuple row, void *state)
{
	Collected *collected = state;
	Datum value[Natts_pg_db_role_setting];
	bool null[Natts_pg_db_role_setting];
	struct varlena *config;
	Oid database;
	Oid role;

	heap_deform_tuple(row, collected->columns, value, null);
	database = DatumGetObjectId(value[Anum_pg_db_role_setting_setdatabase - 1]);
	role = DatumGetObjectId(value[Anum_pg_db_role_setting_setrole - 1]);
	if (!OidIsValid(database) && !OidIsValid(role))
		role = HEAL_ALL_ROLES;
	if (null[Anum_pg_db_role_setting_setconfig - 1])
		return;
	config = (struct varlena *) DatumGetPointer(
		value[Anum_pg_db_role_setting_setconfig - 1]);
	if (!VARATT_IS_EXTERNAL(config))
	{
		collect_array(collected, database, role,
					  (ArrayType *) detoast_attr(config));
		return;
	}
	/* another value is stored in another place */
	*append(collected) =
		(Found){database, role, "", (char *) config, VARSIZE_EXTERNAL(config)};
}

/* Each element is name=value. */
static void
collect_array(Collected *collected, Oid database, Oid role, ArrayType *array)
{
	Datum *element;
	int count;

	if (ARR_NDIM(array) != 1 || ARR_ELEMTYPE(array) != TEXTOID ||
		ARR_HASNULL(array))
		return;
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &element, NULL,
					  &count);
	for (int i = 0; i < count; i++)
	{
		char *name = TextDatumGetCString(element[i]);
		char *equals = strchr(name, '=');

		if (equals == NULL || equals == name)
			continue;
		if (collected->count >= MOST_SETTINGS)
		{
			collected->left_out++;
			continue;
		}
		*equals = '\0';
		*append(collected) =
			(Found){database, role, name, equals + 1, strlen(equals + 1)};
	}
}

static Found *
append(Collected *collected)
{
	if (collected->count == collected->capacity)
	{
		collected->capacity = Max(64, collected->capacity * 2);
		collected->found = collected->found != NULL
							   ? repalloc(collected->found,
										  collected->capacity * sizeof(Found))
							   : palloc(collected->capacity * sizeof(Found));
	}
	return &collected->found[collected->count++];
}

static void
put(HealSettingList *list, const Found *found, uint64 seed)
{
	HealSetting setting;

	if (found->name[0] == '\0')
	{
		memset(&setting, 0, sizeof(setting));
		setting.database = found->database;
		setting.role = found->role;
		setting.form = HEAL_SETTING_UNREADABLE;
		setting.digest = heal_setting_digest(found->value, found->size, seed);
	}
	else if (!heal_setting_make(&setting, found->database, found->role,
								found->name, found->value,
								heal_config_is_hidden(found->name), seed))
	{
		heal_settinglist_leave_out(list);
		return;
	}
	heal_settinglist_add(list, &setting);
}

static int
compare_found(const void *a, const void *b)
{
	const Found *left = a;
	const Found *right = b;

	if (left->database != right->database)
		return left->database < right->database ? -1 : 1;
	if (left->role != right->role)
		return left->role < right->role ? -1 : 1;
	return strcmp(left->name, right->name);
}

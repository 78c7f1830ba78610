/*
 * directory.c
 *		Who is who: roles and databases by OID, read whole and kept until they change.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/pg_auth_members.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "db/directory.h"

typedef struct Database
{
	Oid oid;
	NameData name;
	bool scannable;
} Database;

typedef struct Membership
{
	Oid group;
	Oid member;
} Membership;

static MemoryContext context = NULL; /* of what is kept */
static bool registered = false;
static bool known = false;	 /* everything was read, without an error */
static bool changed = false; /* a catalog has, since reading began */
static HealRole *roles;		 /* [role_count], ascending by OID */
static int role_count;
static Database *databases; /* [database_count], ascending by OID */
static int database_count;

/* A row of a shared catalog, added to what is being collected. */
typedef void (*Collect)(HeapTuple tuple, void *state);

/*
 * Whole, by a sequential scan. False when somebody holds the catalog exclusively: waiting for a
 * VACUUM FULL is not worth it.
 */
static bool
scan(Oid catalog, Collect collect, void *state)
{
	Relation relation;
	TableScanDesc descriptor;
	HeapTuple tuple;

	if (!ConditionalLockRelationOid(catalog, AccessShareLock))
		return false;
	relation = table_open(catalog, NoLock);
	descriptor = table_beginscan_catalog(relation, 0, NULL);
	while ((tuple = heap_getnext(descriptor, ForwardScanDirection)) != NULL)
	{
		CHECK_FOR_INTERRUPTS();
		collect(tuple, state);
	}
	table_endscan(descriptor);
	table_close(relation, AccessShareLock);
	return true;
}

/* A growing array of anything. */
typedef struct Rows
{
	char *row;
	size_t width;
	int count;
	int capacity;
} Rows;

static void *
append(Rows *rows)
{
	if (rows->count == rows->capacity)
	{
		rows->capacity = Max(16, rows->capacity * 2);
		rows->row = rows->row
						? repalloc(rows->row, rows->capacity * rows->width)
						: palloc(rows->capacity * rows->width);
	}
	return rows->row + rows->width * rows->count++;
}

static void
collect_role(HeapTuple tuple, void *state)
{
	Form_pg_authid form = (Form_pg_authid) GETSTRUCT(tuple);
	HealRole *role = append(state);

	role->oid = form->oid;
	role->name = form->rolname;
	role->superuser = form->rolsuper;
	role->responder = strcmp(NameStr(form->rolname), "selfheal_admin") == 0 ||
					  strcmp(NameStr(form->rolname), "selfheal_operator") == 0;
}

static void
collect_membership(HeapTuple tuple, void *state)
{
	Form_pg_auth_members form = (Form_pg_auth_members) GETSTRUCT(tuple);
	Membership *membership = append(state);

	membership->group = form->roleid;
	membership->member = form->member;
}

static void
collect_database(HeapTuple tuple, void *state)
{
	Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);
	Database *database = append(state);

	database->oid = form->oid;
	database->name = form->datname;
	/* a limit below "none" is the mark of one that is half dropped */
	database->scannable =
		form->datallowconn && !form->datistemplate && form->datconnlimit >= -1;
}

/* Every kept row begins with its OID. */
static int
compare(const void *a, const void *b)
{
	Oid left = *(const Oid *) a;
	Oid right = *(const Oid *) b;

	return left < right ? -1 : left > right;
}

static HealRole *
find_role(Oid oid)
{
	return role_count == 0
			   ? NULL
			   : bsearch(&oid, roles, role_count, sizeof(HealRole), compare);
}

/* Members of responders are responders, until nothing changes. Inherited or not: who may is about to. */
static void
spread_responders(const Rows *memberships)
{
	bool changed = true;

	while (changed)
	{
		changed = false;
		for (int i = 0; i < memberships->count; i++)
		{
			const Membership *membership =
				(const Membership *) memberships->row + i;
			HealRole *group = find_role(membership->group);
			HealRole *member = find_role(membership->member);

			if (group != NULL && member != NULL && group->responder &&
				!member->responder)
				member->responder = changed = true;
		}
	}
}

/*
 * All or nothing: roles without their memberships would make a responder look like anybody.
 */
static bool
read_catalogs(void)
{
	Rows role_rows = {.width = sizeof(HealRole)};
	Rows membership_rows = {.width = sizeof(Membership)};
	Rows database_rows = {.width = sizeof(Database)};

	if (!scan(AuthIdRelationId, collect_role, &role_rows) ||
		!scan(AuthMemRelationId, collect_membership, &membership_rows) ||
		!scan(DatabaseRelationId, collect_database, &database_rows))
		return false;
	qsort(role_rows.row, role_rows.count, sizeof(HealRole), compare);
	qsort(database_rows.row, database_rows.count, sizeof(Database), compare);
	roles = (HealRole *) role_rows.row;
	role_count = role_rows.count;
	databases = (Database *) database_rows.row;
	database_count = database_rows.count;
	spread_responders(&membership_rows);
	return true;
}

static void
forget(Datum argument, int cache, uint32 hash)
{
	changed = true;
}

static void
watch_catalogs(void)
{
	if (registered)
		return;
	CacheRegisterSyscacheCallback(AUTHOID, forget, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, forget, (Datum) 0);
	CacheRegisterSyscacheCallback(DATABASEOID, forget, (Datum) 0);
	registered = true;
}

static void
drop(void)
{
	known = false;
	role_count = database_count = 0;
	if (context != NULL)
		MemoryContextDelete(context);
	context = NULL;
}

bool
heal_directory_refresh(void)
{
	MemoryContext before;

	watch_catalogs();
	if (known && !changed)
		return true;
	drop();
	context = AllocSetContextCreate(TopMemoryContext, "selfheal directory",
									ALLOCSET_DEFAULT_SIZES);
	before = MemoryContextSwitchTo(context);
	changed = false;
	known = read_catalogs();
	MemoryContextSwitchTo(before);
	if (!known)
		drop();
	return known;
}

const HealRole *
heal_directory_role(Oid role)
{
	return find_role(role);
}

const HealRole *
heal_directory_role_named(const char *name)
{
	for (int i = 0; i < role_count; i++)
		if (strcmp(NameStr(roles[i].name), name) == 0)
			return &roles[i];
	return NULL;
}

const char *
heal_directory_database(Oid database)
{
	Database *found = database_count == 0
						  ? NULL
						  : bsearch(&database, databases, database_count,
									sizeof(Database), compare);

	return found ? NameStr(found->name) : NULL;
}

Oid
heal_directory_database_oid(const char *name)
{
	for (int i = 0; i < database_count; i++)
		if (strcmp(NameStr(databases[i].name), name) == 0)
			return databases[i].oid;
	return InvalidOid;
}

Oid *
heal_directory_scannable(int *count)
{
	Oid *found = palloc(sizeof(Oid) * Max(database_count, 1));

	*count = 0;
	for (int i = 0; i < database_count; i++)
		if (databases[i].scannable)
			found[(*count)++] = databases[i].oid;
	return found;
}

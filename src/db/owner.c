/*
 * owner.c
 *		Working on a table of ours as its owner, in a function that anybody may call.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "db/owner.h"

HealCaller
heal_become_table_owner(const char *table)
{
	Oid oid = get_relname_relid(table, get_namespace_oid("selfheal", false));
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(oid));
	HealCaller caller;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("table selfheal.%s does not exist", table));
	GetUserIdAndSecContext(&caller.user, &caller.security);
	SetUserIdAndSecContext(((Form_pg_class) GETSTRUCT(tuple))->relowner,
						   caller.security | SECURITY_LOCAL_USERID_CHANGE);
	ReleaseSysCache(tuple);
	return caller;
}

void
heal_become_caller(HealCaller caller)
{
	SetUserIdAndSecContext(caller.user, caller.security);
}

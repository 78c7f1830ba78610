/*
 * owner.c
 *		As whom a function of ours works: as the owner of a table, or for somebody who may give orders.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/guc.h"
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
	caller.settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return caller;
}

void
heal_become_caller(HealCaller caller)
{
	AtEOXact_GUC(true, caller.settings);
	SetUserIdAndSecContext(caller.user, caller.security);
}

void
heal_refuse_restricted(void)
{
	if (InSecurityRestrictedOperation())
		ereport(
			ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			errmsg(
				"selfheal takes no orders within a security-restricted operation"),
			errdetail(
				"Whose orders they are cannot be told there: it is how functions of remedies, indexes and materialized views are run."),
			errhint("Call it from an ordinary statement."));
}

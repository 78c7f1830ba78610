/*
 * argument_pg.c
 *		What the functions that give orders are called with.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "db/shmem.h"
#include "detect/component.h"
#include "detect/failure.h"
#include "history/ledger_pg.h"
#include "recover/argument_pg.h"
#include "recover/userremedy_pg.h"

void
heal_argument_require_ledger(void)
{
	const char *problem;

	heal_shmem_require();
	if (!heal_ledger_ready(&problem))
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("selfheal cannot act"), errdetail("%s.", problem),
			errhint(
				"Repair that and restart the server; see selfheal.diagnose()."));
}

HealRequest
heal_argument_request(HealRequestKind kind, FunctionCallInfo fcinfo,
					  int reason_argument)
{
	HealRequest request = {.kind = kind};

	strlcpy(request.by, GetUserNameFromId(GetSessionUserId(), false),
			sizeof(request.by));
	if (!PG_ARGISNULL(reason_argument))
		text_to_cstring_buffer(PG_GETARG_TEXT_PP(reason_argument),
							   request.reason, sizeof(request.reason));
	if (request.reason[0] == '\0')
		strlcpy(request.reason, "no reason given", sizeof(request.reason));
	return request;
}

int
heal_argument_remedy(FunctionCallInfo fcinfo, int argument)
{
	StringInfoData names;
	char *name;
	int remedy;

	if (PG_ARGISNULL(argument))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("the remedy must not be null"),
				errhint("selfheal.remedies lists them."));
	name = text_to_cstring(PG_GETARG_TEXT_PP(argument));
	heal_user_remedies_load();
	remedy = heal_remedy_lookup(name);
	if (remedy >= 0)
		return remedy;
	initStringInfo(&names);
	for (int i = 0; i < HEAL_REMEDY_ROWS; i++)
		if (heal_remedy_is_valid(i) && heal_remedies[i].name[0] != '\0')
			appendStringInfo(&names, "%s%s", i ? ", " : "",
							 heal_remedies[i].name);
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("there is no remedy \"%s\"", name),
			errhint("There are: %s.", names.data));
}

char *
heal_argument_components(void)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < HEAL_COMPONENTS; i++)
		appendStringInfo(&list, "%s%s", i ? ", " : "", heal_components[i].name);
	return list.data;
}

char *
heal_argument_text(FunctionCallInfo fcinfo, int argument, const char *what)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("%s must not be null", what));
	return text_to_cstring(PG_GETARG_TEXT_PP(argument));
}

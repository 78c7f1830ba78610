/*
 * gate_check_pg.c
 *		Whether the gate sees what it should: conditions of diagnose().
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/elog.h"

#include "db/query.h"
#include "db/rows.h"
#include "gate/error_pg.h"
#include "gate/gate_pg.h"
#include "settings.h"

/* Levels of the log at which ERROR is not written, and so not seen by us. */
#define BLIND_LEVELS "'log', 'fatal', 'panic'"

static const char *blind_level(void);
static char *blind_roles_and_databases(void);

bool
heal_gate_is_on(StringInfo detail)
{
	HealFeed feed = heal_feed_status();

	appendStringInfo(detail, "selfheal.gate is %s", heal_gate ? "on" : "off");
	if (feed.logins_unnamed > 0)
		appendStringInfo(detail,
						 "; of %llu failed logins %llu came too fast to be "
						 "noted by role and address",
						 (unsigned long long) feed.logins_failed,
						 (unsigned long long) feed.logins_unnamed);
	return heal_gate;
}

bool
heal_gate_sees_errors(StringInfo detail)
{
	const char *level = blind_level();
	char *others;

	if (level != NULL)
	{
		appendStringInfo(detail, "log_min_messages of the server is %s", level);
		return false;
	}
	others = blind_roles_and_databases();
	if (others != NULL)
		appendStringInfo(detail, "errors are not logged for %s", others);
	else
		appendStringInfoString(
			detail,
			"errors are logged, for every role and database that says how");
	return others == NULL;
}

/* Of the server itself, as the engine has it; NULL when errors are logged. */
static const char *
blind_level(void)
{
	switch (heal_feed_status().log_level)
	{
		case LOG:
			return "log";
		case FATAL:
			return "fatal";
		case PANIC:
			return "panic";
		default:
			return NULL;
	}
}

/* In words; NULL when there are none. */
static char *
blind_roles_and_databases(void)
{
	MemoryContext caller = CurrentMemoryContext;
	char *found;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	found = heal_query_text(
		"SELECT pg_catalog.string_agg(pg_catalog.concat_ws(' in ', "
		"'role ' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(r.rolname), "
		"'database ' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(d.datname)"
		"), ', ' ORDER BY r.rolname, d.datname) "
		"FROM pg_catalog.pg_db_role_setting AS s "
		"LEFT JOIN pg_catalog.pg_roles AS r "
		"ON r.oid OPERATOR(pg_catalog.=) s.setrole "
		"LEFT JOIN pg_catalog.pg_database AS d "
		"ON d.oid OPERATOR(pg_catalog.=) s.setdatabase "
		"WHERE EXISTS (SELECT FROM pg_catalog.unnest(s.setconfig) AS c (c) "
		"WHERE pg_catalog.split_part(c.c, '=', 1) OPERATOR(pg_catalog.=) "
		"'log_min_messages' AND pg_catalog.lower(pg_catalog.split_part(c.c, "
		"'=', 2)) OPERATOR(pg_catalog.=) ANY (ARRAY[" BLIND_LEVELS "]))",
		0, NULL, NULL);
	if (found != NULL)
		found = MemoryContextStrdup(caller, found);
	SPI_finish();
	return found;
}

/*
 * execute_pg.c
 *		Statements carried out by a worker as if a client had sent them.
 *
 * A portal run at top level, with everything around it that a session's main loop does for a client: a
 * transaction, a role, time limits, and after an error a process in which nothing is left of the attempt.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/analyze.h"
#include "tcop/dest.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "db/execute_pg.h"
#include "recover/action_signal_pg.h"

#define LOCK_TIMEOUT_MS 1000 /* never to queue behind others' locks */
#define STATEMENT_TIMEOUT_MS 10000

typedef void (*Act)(void *argument);

static void
set_limits(const HealExecution *how)
{
	char lock_timeout[16];

	snprintf(lock_timeout, sizeof(lock_timeout), "%d",
			 how->lock_timeout_ms > 0 ? how->lock_timeout_ms : LOCK_TIMEOUT_MS);
	SetConfigOption("lock_timeout", lock_timeout, PGC_USERSET, PGC_S_OVERRIDE);
	SetConfigOption("search_path", "pg_catalog, pg_temp", PGC_USERSET,
					PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_read_only", "off", PGC_USERSET,
					PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed",
					PGC_USERSET, PGC_S_OVERRIDE);
	heal_no_transaction_timeout();
}

/* In the transaction that begins with it. */
static void
become(const HealExecution *how)
{
	Oid role = OidIsValid(how->role) ? how->role : heal_acting_role();

	SetUserIdAndSecContext(
		role, how->own_transactions ? 0 : SECURITY_RESTRICTED_OPERATION);
}

static void
begin(const HealExecution *how)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	/* the setting of this name counts for clients only */
	enable_timeout_after(STATEMENT_TIMEOUT, how->statement_timeout_ms > 0
												? how->statement_timeout_ms
												: STATEMENT_TIMEOUT_MS);
	become(how);
}

static void
end(Oid user, int security)
{
	SetUserIdAndSecContext(user, security);
	disable_timeout(STATEMENT_TIMEOUT, false);
	CommitTransactionCommand();
}

/* What is left to do after an error, wherever it came from. */
static void
give_up(MemoryContext context, Oid user, int security, char *why, size_t size)
{
	ErrorData *error;

	HOLD_INTERRUPTS();
	disable_all_timeouts(false);
	QueryCancelPending = false;
	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	snprintf(why, size, "%s", error->message);
	FreeErrorData(error);
	AbortOutOfAnyTransaction();
	/* a transaction that the statement began itself gives back the role it found */
	SetUserIdAndSecContext(user, security);
	FlushErrorState();
	RESUME_INTERRUPTS();
}

/* The statement, alone and parsed; in the current memory context. */
static RawStmt *
parse(const char *statement)
{
	List *parsed = pg_parse_query(statement);

	if (list_length(parsed) != 1)
		ereport(
			ERROR, errcode(ERRCODE_SYNTAX_ERROR),
			errmsg("one statement is expected, not %d", list_length(parsed)));
	return linitial_node(RawStmt, parsed);
}

static List *
plan(RawStmt *raw, const char *statement)
{
	bool snapshot = analyze_requires_snapshot(raw);
	List *queries;
	List *plans;

	if (snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	queries = pg_analyze_and_rewrite_fixedparams(raw, statement, NULL, 0, NULL);
	plans = pg_plan_queries(queries, statement, CURSOR_OPT_PARALLEL_OK, NULL);
	if (snapshot)
		PopActiveSnapshot();
	return plans;
}

static void
run_portal(RawStmt *raw, const char *statement)
{
	List *plans = plan(raw, statement);
	Portal portal = CreatePortal("", true, true);

	portal->visible = false;
	PortalDefineQuery(portal, NULL, statement, CreateCommandTag(raw->stmt),
					  plans, NULL);
	PortalStart(portal, NULL, 0, InvalidSnapshot);
	(void) heal_portal_run(portal);
	PortalDrop(portal, false);
}

bool
heal_execute_top_level(const char *statement, const HealExecution *how,
					   char *why, size_t size)
{
	MemoryContext before = CurrentMemoryContext;
	/* what is parsed outlives the transactions that the statement may end */
	MemoryContext parsing = AllocSetContextCreate(
		TopMemoryContext, "selfheal statement", ALLOCSET_SMALL_SIZES);
	volatile bool done = false;
	Oid user;
	int security;

	GetUserIdAndSecContext(&user, &security);
	PG_TRY();
	{
		RawStmt *raw;

		set_limits(how);
		begin(how);
		MemoryContextSwitchTo(parsing);
		raw = parse(statement);
		run_portal(raw, statement);
		end(user, security);
		done = true;
	}
	PG_CATCH();
	{
		give_up(before, user, security, why, size);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(before);
	MemoryContextDelete(parsing);
	return done;
}

bool
heal_execute_call(Act act, void *argument, const HealExecution *how, char *why,
				  size_t size)
{
	MemoryContext before = CurrentMemoryContext;
	volatile bool done = false;
	Oid user;
	int security;

	GetUserIdAndSecContext(&user, &security);
	PG_TRY();
	{
		set_limits(how);
		begin(how);
		PushActiveSnapshot(GetTransactionSnapshot());
		act(argument);
		PopActiveSnapshot();
		end(user, security);
		done = true;
	}
	PG_CATCH();
	{
		give_up(before, user, security, why, size);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(before);
	return done;
}

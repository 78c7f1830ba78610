/*
 * remedyfunction_pg.c
 *		The functions behind a remedy of a user.
 *
 * They are somebody's code, in a process that is a superuser's. So they run as their owner, an ordinary role, in a
 * restricted operation: they cannot become anybody else, cannot make temporary tables, and leave no trigger for a
 * commit that is ours. selfheal takes no orders from there. What they set and lock is taken back after the call,
 * and what they write is committed only when they still are what was added.
 *
 * A fingerprint of all that says what they do, and not their OIDs: those are others after a restore. It does not
 * cover what they call in turn.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timeout.h"

#include "db/clock.h"
#include "db/directory.h"
#include "db/execute_pg.h"
#include "db/query.h"
#include "recover/remedyfunction_pg.h"
#include "recover/userremedy_pg.h"
#include "sample/userfunction_pg.h"

/* One that catches its cancellation gets so much longer before its process ends. */
#define GRACE_MS 1000

static const Oid arguments[] = {INT8OID, TEXTOID, JSONBOID};

static const char *const kinds[HEAL_USER_USES] = {
	[HEAL_USER_ACT] = "function",
	[HEAL_USER_UNDO] = "undo function",
	[HEAL_USER_VERIFY] = "verify function",
};

/* Whether they may be run */

static const char *
shape_problem(Form_pg_proc function, HealUserFunctionUse use)
{
	if (function->prokind != PROKIND_FUNCTION)
		return "is a procedure, an aggregate or a window function";
	if (function->proretset)
		return "returns a set of rows";
	if (use == HEAL_USER_VERIFY && function->prorettype != BOOLOID)
		return "does not return boolean";
	if (use != HEAL_USER_VERIFY && function->prorettype != TEXTOID &&
		function->prorettype != VOIDOID)
		return "does not return text or void";
	return NULL;
}

/* Roles whose members have more to say than a remedy must. */
static const char *
reach_problem(Oid owner)
{
	static const char *const orders[] = {"selfheal_admin", "selfheal_operator",
										 "selfheal_executor"};

	if (is_member_of_role_nosuper(owner, ROLE_PG_SIGNAL_BACKEND))
		return "which may end the sessions of others, protected ones too";
	for (int i = 0; i < lengthof(orders); i++)
	{
		Oid role = get_role_oid(orders[i], true);

		if (OidIsValid(role) && is_member_of_role_nosuper(owner, role))
			return "which may give selfheal orders";
	}
	return NULL;
}

static void
judge_owner(HealRemedyFunctions *found)
{
	const char *name = GetUserNameFromId(found->owner, true);
	const char *problem = heal_user_owner_problem(found->owner);

	strlcpy(found->owner_name, name ? name : "", sizeof(found->owner_name));
	if (problem == NULL)
		problem = reach_problem(found->owner);
	if (problem != NULL)
		snprintf(found->problem, sizeof(found->problem),
				 "it runs as its owner, %s, %s", name ? name : "a role",
				 problem);
}

static void
judge(HealRemedyFunctions *found, Form_pg_proc function,
	  HealUserFunctionUse use, Oid added_by)
{
	const char *problem = shape_problem(function, use);

	if (problem != NULL)
		snprintf(found->problem, sizeof(found->problem), "its %s %s",
				 kinds[use], problem);
	else if (use == HEAL_USER_ACT)
	{
		found->owner = function->proowner;
		judge_owner(found);
	}
	else if (function->proowner != found->owner)
		snprintf(found->problem, sizeof(found->problem),
				 "its %s belongs to another role than its function",
				 kinds[use]);
	if (found->problem[0] != '\0')
		return;
	problem = heal_user_right_problem(added_by, function->oid,
									  function->pronamespace);
	if (problem != NULL)
		snprintf(found->problem, sizeof(found->problem),
				 "role %s, who added it, may not %s",
				 GetUserNameFromId(added_by, false), problem);
}

static void
find_one(HealRemedyFunctions *found, const HealUserFunctionName *name,
		 HealUserFunctionUse use, Oid added_by)
{
	Oid schema = get_namespace_oid(name->schema, true);
	oidvector *types = buildoidvector(arguments, lengthof(arguments));
	HeapTuple tuple = NULL;

	if (OidIsValid(schema))
		tuple =
			SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum(name->name),
							PointerGetDatum(types), ObjectIdGetDatum(schema));
	if (!HeapTupleIsValid(tuple))
	{
		found->gone = true;
		snprintf(found->problem, sizeof(found->problem),
				 OidIsValid(schema)
					 ? "there is no function %s.%s" HEAL_REMEDY_ARGUMENTS
					 : "there is no schema %s",
				 name->schema, name->name);
		return;
	}
	found->oid[use] = ((Form_pg_proc) GETSTRUCT(tuple))->oid;
	judge(found, (Form_pg_proc) GETSTRUCT(tuple), use, added_by);
	ReleaseSysCache(tuple);
}

/* As some of it is written out by the server, everybody has to see it written the same way. */
static int
pin_settings(void)
{
	int level = NewGUCNestLevel();

	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("quote_all_identifiers", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	return level;
}

static void
take_fingerprint(HealRemedyFunctions *found)
{
	Oid types[] = {OIDARRAYOID};
	Datum oids[HEAL_USER_USES];
	Datum values[1];
	int level = pin_settings();
	char *text;

	for (int use = 0; use < HEAL_USER_USES; use++)
		oids[use] = ObjectIdGetDatum(found->oid[use]);
	values[0] = PointerGetDatum(
		construct_array(oids, HEAL_USER_USES, OIDOID, sizeof(Oid), true, 'i'));
	text = heal_query_text(
		"SELECT left(encode(sha256(convert_to(jsonb_agg(jsonb_build_array(u.use, n.nspname, p.proname, a.rolname, "
		"l.lanname, p.prorettype::regtype, p.prosrc, p.proargnames, p.probin, pg_get_function_sqlbody(p.oid), p.proconfig, p.prosecdef, "
		"p.proisstrict, p.provolatile) ORDER BY u.use)::text, getdatabaseencoding())), 'hex'), 32) "
		"FROM unnest($1) WITH ORDINALITY u(oid, use) JOIN pg_proc p ON p.oid = u.oid "
		"JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_roles a ON a.oid = p.proowner "
		"JOIN pg_language l ON l.oid = p.prolang",
		1, types, values);
	strlcpy(found->fingerprint, text ? text : "", sizeof(found->fingerprint));
	AtEOXact_GUC(true, level);
}

HealRemedyFunctions
heal_remedy_functions_find(const HealUserRemedy *remedy, Oid added_by)
{
	HealRemedyFunctions found = {0};

	for (int use = 0; use < HEAL_USER_USES && found.problem[0] == '\0'; use++)
		if (heal_user_remedy_has(remedy, use))
			find_one(&found, &remedy->function[use], use, added_by);
	if (found.problem[0] == '\0')
		take_fingerprint(&found);
	return found;
}

HealRemedyFunctions
heal_remedy_functions_check(const HealUserRemedy *remedy)
{
	Oid added_by = get_role_oid(remedy->added_by, true);
	HealRemedyFunctions found = {0};

	if (!OidIsValid(added_by))
	{
		snprintf(found.problem, sizeof(found.problem),
				 "role %s, who added it, does not exist any more",
				 remedy->added_by);
		return found;
	}
	found = heal_remedy_functions_find(remedy, added_by);
	if (found.problem[0] == '\0' &&
		strcmp(found.fingerprint, remedy->fingerprint) != 0)
		snprintf(
			found.problem, sizeof(found.problem),
			"a function of the remedy is not the one that was added: it was replaced or has another owner");
	return found;
}

/* What it is called with */

static void
put_text(StringInfo json, const char *key, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	if (json->len > 1)
		appendStringInfoString(json, ", ");
	escape_json(json, key);
	appendStringInfoString(json, ": ");
	escape_json(json, value);
}

static void
put_number(StringInfo json, const char *key, int64 value)
{
	if (value == 0)
		return;
	if (json->len > 1)
		appendStringInfoString(json, ", ");
	escape_json(json, key);
	appendStringInfo(json, ": %lld", (long long) value);
}

/* What the failure is about, as far as it is known without a catalog. */
static char *
target_of(const HealRecovery *recovery)
{
	const HealSubject *subject = &recovery->subject;
	const HealRole *role = heal_directory_role(subject->role);
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	put_text(&json, "kind", heal_subject_kind_name(subject->kind));
	put_text(&json, "database", heal_directory_database(subject->database));
	put_text(&json, "role", role ? NameStr(role->name) : NULL);
	if (subject->kind == HEAL_SUBJECT_SOURCE)
	{
		put_text(&json, "application", subject->name);
		put_text(&json, "address", subject->schema);
		put_number(&json, "query", (int64) subject->number);
	}
	else
	{
		put_text(&json, "schema", subject->schema);
		put_text(&json, "name", subject->name);
	}
	put_number(&json, "relation", subject->relation);
	put_number(&json, "pid", subject->session.pid);
	if (subject->session.pid != 0)
		put_text(&json, "backend_start",
				 timestamptz_to_str(subject->session.backend_start));
	if (subject->kind == HEAL_SUBJECT_PREPARED)
		put_number(&json, "transaction", (int64) subject->number);
	appendStringInfoChar(&json, '}');
	return json.data;
}

static const char *
failure_of(const HealRecovery *recovery)
{
	return recovery->kind >= 0 ? heal_failures[recovery->kind].name : "";
}

static const char *
name_of(const HealUserFunctionName *function)
{
	return quote_qualified_identifier(function->schema, function->name);
}

/* Taking back is told of the recovery that was, not of the one that does it. */
char *
heal_remedy_call_text(const HealUserRemedy *remedy, HealUserFunctionUse use,
					  const HealRecovery *recovery)
{
	return psprintf("SELECT %s(%lld, %s, %s) as %s, restricted",
					name_of(&remedy->function[use]), (long long) recovery->id,
					quote_literal_cstr(failure_of(recovery)),
					quote_literal_cstr(target_of(recovery)),
					quote_identifier(remedy->owner));
}

/* Running one */

typedef struct Run
{
	const HealUserRemedy *remedy;
	HealUserFunctionUse use;
	const HealRecovery *recovery;
	char *said;
	size_t size;
} Run;

static TimeoutId ending = MAX_TIMEOUTS;
static int noted = -1; /* row of the remedy that this process runs */

/* In a signal handler: what can be caught was not enough. */
static void
end_process(void)
{
	InterruptPending = true;
	ProcDiePending = true;
	SetLatch(MyLatch);
}

static void
check(const HealUserRemedy *remedy, const char *when)
{
	HealRemedyFunctions found;

	SPI_connect();
	found = heal_remedy_functions_check(remedy);
	SPI_finish();
	if (found.problem[0] != '\0')
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("%s%s", when, found.problem));
}

static void
keep_answer(const Run *run)
{
	char *text;

	if (SPI_processed != 1)
		ereport(ERROR, errcode(ERRCODE_CARDINALITY_VIOLATION),
				errmsg("it returned no row, or more than one"));
	text = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	strlcpy(run->said, text ? text : "", run->size);
}

static void
call_it(void *argument)
{
	const Run *run = argument;
	bool read_only = run->use == HEAL_USER_VERIFY;
	Datum values[] = {
		Int64GetDatum(run->recovery->id),
		CStringGetTextDatum(failure_of(run->recovery)),
		DirectFunctionCall1(jsonb_in,
							CStringGetDatum(target_of(run->recovery))),
	};
	int level;

	check(run->remedy, "");
	if (read_only)
		XactReadOnly = true;
	level = NewGUCNestLevel();
	SPI_connect();
	if (SPI_execute_with_args(
			psprintf("SELECT %s($1, $2, $3)",
					 name_of(&run->remedy->function[run->use])),
			lengthof(arguments), (Oid *) arguments, values, NULL, read_only,
			2) != SPI_OK_SELECT)
		elog(ERROR, "the function of a remedy could not be called");
	keep_answer(run);
	SPI_finish();
	/* whatever it has set is of no concern to what comes after */
	AtEOXact_GUC(false, level);
	if (read_only)
		return;
	check(run->remedy, "when it had run, ");
}

static Oid
owner_now(const char *name)
{
	Oid owner;

	StartTransactionCommand();
	owner = get_role_oid(name, true);
	CommitTransactionCommand();
	return owner;
}

static int
limit_of(const Run *run)
{
	HealTime limit = run->use == HEAL_USER_VERIFY ? HEAL_USER_VERIFY_LIMIT
												  : run->remedy->time_limit;

	return (int) (limit / HEAL_MILLISECOND);
}

static bool
run_limited(Run *run, Oid owner)
{
	int limit_ms = limit_of(run);
	HealExecution how = {.role = owner, .statement_timeout_ms = limit_ms};
	char why[HEAL_SENTENCE];
	int64 began = heal_monotonic_us();
	bool done;

	if (ending == MAX_TIMEOUTS)
		ending = RegisterTimeout(USER_TIMEOUT, end_process);
	enable_timeout_after(ending, limit_ms + GRACE_MS);
	done = heal_execute_call(call_it, run, &how, why, sizeof(why));
	disable_timeout(ending, false);
	/* those of a session outlive its transactions */
	LockReleaseSession(USER_LOCKMETHOD);
	if (done)
		return true;
	if (heal_monotonic_us() - began >= limit_ms * HEAL_MILLISECOND)
		snprintf(run->said, run->size, "it did not end within %d ms: %s",
				 limit_ms, why);
	else
		strlcpy(run->said, why, run->size);
	return false;
}

/* A fatal error comes this way; a crash does not, and the note of what ran stays. */
static void
forget_note(int code, Datum argument)
{
	if (noted >= 0)
		heal_user_remedy_crash_note(noted, "");
}

static void
note_run(int row, const char *name)
{
	static bool registered = false;

	if (!registered)
		before_shmem_exit(forget_note, (Datum) 0);
	registered = true;
	noted = row;
	heal_user_remedy_crash_note(row, name);
}

bool
heal_remedy_function_run(const HealUserRemedy *remedy, HealUserFunctionUse use,
						 const HealRecovery *recovery, char *said, size_t size)
{
	Run run = {remedy, use, recovery, said, size};
	MemoryContext context = CurrentMemoryContext;
	Oid owner = owner_now(remedy->owner);
	bool done;

	MemoryContextSwitchTo(context);
	if (!OidIsValid(owner))
	{
		snprintf(said, size, "role %s, who owned it, does not exist any more",
				 remedy->owner);
		return false;
	}
	note_run(recovery->remedy - HEAL_FIRST_USER_REMEDY, remedy->name);
	done = run_limited(&run, owner);
	heal_user_remedy_crash_note(noted, "");
	noted = -1;
	MemoryContextSwitchTo(context);
	return done;
}

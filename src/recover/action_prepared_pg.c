/*
 * action_prepared_pg.c
 *		Roll back a prepared transaction.
 *
 * The server lets only its owner or a superuser do that, so it is done as the owner, in a process attached
 * to its database, as the server wants it. One that a superuser owns is left to superusers.
 */
#include "postgres.h"

#include "access/twophase.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

#include "db/query.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"

StaticAssertDecl(GIDSIZE <= HEAL_VALUE_SIZE,
				 "the name of a prepared transaction fits into a change");

/* In a transaction: the first column of the only row as text, in the current memory context; NULL = no row. */
static char *
ask(const char *sql, int count, const Oid *types, const Datum *values)
{
	MemoryContext context = CurrentMemoryContext;
	char *answer;

	PushActiveSnapshot(GetTransactionSnapshot());
	SPI_connect();
	answer = heal_query_text(sql, count, types, values);
	if (answer != NULL)
		answer = MemoryContextStrdup(context, answer);
	SPI_finish();
	PopActiveSnapshot();
	return answer;
}

/* NULL when there is no such prepared transaction of this owner in this database. */
static char *
name_of(const HealSubject *subject)
{
	Oid types[] = {TEXTOID, OIDOID, OIDOID};
	Datum values[] = {
		CStringGetTextDatum(psprintf(UINT64_FORMAT, subject->number)),
		ObjectIdGetDatum(subject->role), ObjectIdGetDatum(subject->database)};

	return ask(
		"SELECT p.gid FROM pg_catalog.pg_prepared_xact() p"
		" WHERE p.transaction::pg_catalog.text = $1 AND p.ownerid = $2 AND p.dbid = $3",
		3, types, values);
}

static const char *
prepared_statement(const HealRecovery *recovery)
{
	if (recovery->change.kept)
		return psprintf("ROLLBACK PREPARED %s",
						quote_literal_cstr(recovery->change.before));
	return psprintf(
		"ROLLBACK PREPARED (the one with transaction id " UINT64_FORMAT
		" in pg_prepared_xacts)",
		recovery->subject.number);
}

static const char *
keep_name(void *argument)
{
	HealRecovery *recovery = argument;
	const char *name = name_of(&recovery->subject);

	if (name == NULL)
		return "the prepared transaction no longer exists";
	strlcpy(recovery->change.before, name, sizeof(recovery->change.before));
	recovery->change.kept = 1;
	return NULL;
}

static const char *
prepared_keep(HealRecovery *recovery)
{
	return heal_attempt(keep_name, recovery);
}

/* The last look, and what ROLLBACK PREPARED does. */
static const char *
roll_back(void *argument)
{
	const HealRecovery *recovery = argument;
	const char *name = name_of(&recovery->subject);
	const char *objection;

	if (name == NULL || strcmp(name, recovery->change.before) != 0)
		return "the prepared transaction no longer exists";
	if (superuser_arg(recovery->subject.role))
		return "a superuser owns the prepared transaction";
	objection = heal_look_objection(recovery, heal_look_here());
	if (objection != NULL)
		return objection;
	SetUserIdAndSecContext(recovery->subject.role,
						   SECURITY_RESTRICTED_OPERATION);
	FinishPreparedTransaction(recovery->change.before, false);
	return NULL;
}

static HealDone
prepared_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	const char *problem = heal_attempt(roll_back, recovery);

	snprintf(outcome, size, "%s",
			 problem ? problem : "the prepared transaction was rolled back");
	return problem == NULL ? HEAL_DONE : HEAL_NOT_DONE;
}

/* By hand the target is the name it was prepared under. */
static void
prepared_aim(HealRecovery *recovery, const char *target,
			 const HealSituation *situation)
{
	const char *found;
	unsigned transaction;
	Oid owner;
	Oid database;
	Oid types[] = {TEXTOID};
	Datum values[1];

	if (target == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"rollback_prepared\" needs a target"),
				errhint("Give the gid of pg_prepared_xacts."));
	values[0] = CStringGetTextDatum(target);
	found =
		ask("SELECT pg_catalog.concat_ws(' ', p.transaction, p.ownerid, p.dbid)"
			" FROM pg_catalog.pg_prepared_xact() p WHERE p.gid = $1",
			1, types, values);
	if (found == NULL ||
		sscanf(found, "%u %u %u", &transaction, &owner, &database) != 3)
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
				errmsg("there is no prepared transaction \"%s\"", target),
				errhint("pg_prepared_xacts shows those there are."));
	strlcpy(recovery->component, "transactions", sizeof(recovery->component));
	recovery->subject = (HealSubject){
		.kind = HEAL_SUBJECT_PREPARED,
		.database = database,
		.role = owner,
		.number = transaction,
	};
	strlcpy(recovery->change.before, target, sizeof(recovery->change.before));
	recovery->change.kept = 1;
}

static const char *
still_there(void *argument)
{
	const HealRecovery *recovery = argument;

	return name_of(&recovery->subject) != NULL
			   ? "the prepared transaction is still there"
			   : NULL;
}

static const char *
prepared_effect(const HealRecovery *recovery)
{
	return heal_attempt(still_there, (void *) recovery);
}

const HealAction heal_action_prepared = {
	.in_database = true,
	.statement = prepared_statement,
	.aim = prepared_aim,
	.keep = prepared_keep,
	.act = prepared_act,
	.effect = prepared_effect,
};

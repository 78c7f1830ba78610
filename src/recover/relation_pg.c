/*
 * relation_pg.c
 *		A table or an index as the target of an act: looked at, held, named.
 *
 * Nobody ever queues behind us: a lock that is not free is not waited for. While it is held the table can be neither
 * renamed nor dropped, and nobody builds an index on it or vacuums it: all of these need
 * the same lock or a stronger one.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/index.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "db/query.h"
#include "recover/action_signal_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/relation_pg.h"
#include "recover/wait_pg.h"
#include "scan/ailment_pg.h"
#include "scan/catalog_pg.h"

#define TRIES 4 /* for its lock, waiting 1, 2 and 4 s */

const char *
heal_relation_name(const HealSubject *subject)
{
	return quote_qualified_identifier(subject->schema, subject->name);
}

static void
read_names(Form_pg_class form, HealSubject *subject)
{
	char *schema = get_namespace_name(form->relnamespace);

	strlcpy(subject->schema, schema ? schema : "", sizeof(subject->schema));
	strlcpy(subject->name, NameStr(form->relname), sizeof(subject->name));
}

HealSubject
heal_relation_parse(const char *target, const char *kinds, const char *remedy)
{
	HealSubject subject = {.kind = HEAL_SUBJECT_RELATION,
						   .database = MyDatabaseId};
	HeapTuple tuple;

	if (target == NULL)
		ereport(
			ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
			errmsg("remedy \"%s\" needs a target", remedy),
			errhint(
				"Give the name in the database you are connected to, with its schema."));
	subject.relation = DatumGetObjectId(
		DirectFunctionCall1(regclassin, CStringGetDatum(target)));
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(subject.relation));
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
				errmsg("relation \"%s\" does not exist", target));
	if (strchr(kinds, ((Form_pg_class) GETSTRUCT(tuple))->relkind) == NULL)
		ereport(
			ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
			errmsg("\"%s\" is not what remedy \"%s\" is for", target, remedy),
			errhint("It is for %s.", strchr(kinds, RELKIND_INDEX)
										 ? "indexes that are invalid"
										 : "tables and materialized views"));
	if (((Form_pg_class) GETSTRUCT(tuple))->relpersistence ==
		RELPERSISTENCE_TEMP)
		ereport(ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
				errmsg("\"%s\" is temporary", target),
				errdetail("No other session can maintain it."));
	read_names((Form_pg_class) GETSTRUCT(tuple), &subject);
	ReleaseSysCache(tuple);
	return subject;
}

static const char *
compare(const HealSubject *subject, HealHeld *held)
{
	HeapTuple tuple =
		SearchSysCache1(RELOID, ObjectIdGetDatum(subject->relation));
	HealSubject now = *subject;
	const char *problem = NULL;

	if (!HeapTupleIsValid(tuple))
		return "it no longer exists";
	read_names((Form_pg_class) GETSTRUCT(tuple), &now);
	if (!heal_subject_same(&now, subject))
		problem = psprintf("it is \"%s\".\"%s\" by now", now.schema, now.name);
	else if (((Form_pg_class) GETSTRUCT(tuple))->relisshared)
		problem = "it belongs to all databases";
	held->owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return problem;
}

const char *
heal_relation_lock(const HealSubject *subject, HealHeld *held)
{
	char kind = get_rel_relkind(subject->relation);

	memset(held, 0, sizeof(*held));
	held->table = kind == RELKIND_INDEX
					  ? IndexGetRelation(subject->relation, true)
					  : subject->relation;
	if (kind == '\0' || !OidIsValid(held->table))
		return "it no longer exists";
	if (!ConditionalLockRelationOid(held->table, ShareUpdateExclusiveLock))
	{
		held->busy = true;
		return "somebody else has a lock on the table";
	}
	return compare(subject, held);
}

void
heal_relation_hold(const HealHeld *held)
{
	LockRelId id = {held->table, MyDatabaseId};

	LockRelationIdForSession(&id, ShareUpdateExclusiveLock);
}

typedef struct Hold
{
	HealRecovery *recovery;
	HealHeld *held;
} Hold;

/* The last look. */
static const char *
take_hold(void *argument)
{
	Hold *hold = argument;
	const char *problem =
		heal_relation_lock(&hold->recovery->subject, hold->held);

	if (problem == NULL)
		problem = heal_look_objection(hold->recovery, heal_look_here());
	if (problem == NULL)
		heal_relation_hold(hold->held);
	return problem;
}

const char *
heal_relation_take_hold(HealRecovery *recovery, HealHeld *held)
{
	Hold hold = {recovery, held};
	const char *problem = heal_attempt(take_hold, &hold);

	for (int try = 1; problem != NULL && held->busy && try < TRIES; try++)
	{
		heal_wait_ms(1000L << (try - 1));
		problem = heal_attempt(take_hold, &hold);
	}
	return problem;
}

void
heal_relation_release(const HealHeld *held)
{
	LockRelId id = {held->table, MyDatabaseId};

	UnlockRelationIdForSession(&id, ShareUpdateExclusiveLock);
}

/* Between these: SPI, a snapshot, and the acting role. */

static void
enter(Oid *user, int *security)
{
	GetUserIdAndSecContext(user, security);
	PushActiveSnapshot(GetTransactionSnapshot());
	heal_become_acting_role();
	SPI_connect();
}

static void
leave(Oid user, int security)
{
	SPI_finish();
	SetUserIdAndSecContext(user, security);
	PopActiveSnapshot();
}

char *
heal_relation_ask(const char *sql, Oid relation)
{
	MemoryContext context = CurrentMemoryContext;
	Oid types[] = {OIDOID};
	Datum values[] = {ObjectIdGetDatum(relation)};
	char *answer;
	Oid user;
	int security;

	enter(&user, &security);
	answer = heal_query_text(sql, 1, types, values);
	if (answer != NULL)
		answer = MemoryContextStrdup(context, answer);
	leave(user, security);
	return answer;
}

bool
heal_relation_ails(HealAilmentKind kind, Oid relation, Oid table)
{
	/* the range of OIDs that is this one table */
	HealScanBatch batch = {.from = table - 1, .to = table};
	HealScanRecords records = {.capacity = 8};
	TimestampTz now = GetCurrentTimestamp();
	bool ails = false;
	Oid user;
	int security;

	records.record = palloc(sizeof(HealScanRecord) * records.capacity);
	enter(&user, &security);
	heal_catalog_read(&batch, now, now, &records);
	leave(user, security);
	for (int i = 0; i < records.count; i++)
	{
		HealAilment ailment;

		ails |= heal_ailment_of_record(&records.record[i], &ailment) &&
				ailment.kind == (int32) kind && ailment.relation == relation;
	}
	pfree(records.record);
	return ails;
}

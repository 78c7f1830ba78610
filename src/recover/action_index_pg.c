/*
 * action_index_pg.c
 *		Drop an index that a failed build left invalid.
 *
 * By its OID and not by its name: while an index is dropped without blocking anybody, schemas can be renamed,
 * and then the name would be another index's. Event triggers are run only for
 * statements, so where there are some, which may be there to forbid exactly this, a human has to drop it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "compat.h"
#include "decide/plan_pg.h"
#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "recover/relation_pg.h"
#include "recover/wait_pg.h"
#include "scan/ailment_pg.h"
#include "settings.h"

#define TRIES 4

typedef struct Work
{
	HealRecovery *recovery;
	HealHeld held;
	bool looked; /* the last look had nothing against it */
	MemoryContext
		context; /* outlives the transactions that dropping begins and ends */
} Work;

static const char *
index_statement(const HealRecovery *recovery)
{
	return psprintf("DROP INDEX CONCURRENTLY %s",
					heal_relation_name(&recovery->subject));
}

static bool
is_valid(Oid index)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool valid;

	if (!HeapTupleIsValid(tuple))
		return false;
	valid = ((Form_pg_index) GETSTRUCT(tuple))->indisvalid;
	ReleaseSysCache(tuple);
	return valid;
}

static void
index_aim(HealRecovery *recovery, const char *target,
		  const HealSituation *situation)
{
	strlcpy(recovery->component, "maintenance", sizeof(recovery->component));
	recovery->subject =
		heal_relation_parse(target, "i", heal_remedies[recovery->remedy].name);
	if (is_valid(recovery->subject.relation))
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("index \"%s\" is valid", target),
			errhint(
				"Only an index that a failed build left behind is dropped."));
	heal_plan_name_database(recovery, MyDatabaseId);
}

/* What speaks against it in the catalogs; NULL when nothing does. */
static const char *
catalog_objection(const HealRecovery *recovery)
{
	const char *said = heal_relation_ask(
		"SELECT CASE WHEN i.indisvalid THEN 'it is valid by now'"
		" WHEN EXISTS (SELECT FROM pg_catalog.pg_stat_get_progress_info('CREATE INDEX') p"
		" WHERE p.datid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())"
		" AND (p.relid = i.indrelid OR p.param7 = i.indexrelid::pg_catalog.int8)) THEN 'an index of its table is being built'"
		" WHEN i.indisprimary OR i.indisreplident OR EXISTS (SELECT FROM pg_catalog.pg_constraint k"
		" WHERE k.conindid = i.indexrelid) THEN 'a constraint or replication rests on it'"
		" WHEN EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhrelid = i.indexrelid)"
		" THEN 'it is part of a partitioned index'"
		" WHEN EXISTS (SELECT FROM pg_catalog.pg_event_trigger e WHERE e.evtenabled <> 'D' AND e.evtevent <> 'login')"
		" THEN 'the database has event triggers, which would not be run: drop it by hand'"
		" WHEN i.indisunique THEN 'unique' ELSE 'none' END"
		" FROM pg_catalog.pg_index i WHERE i.indexrelid = $1",
		recovery->subject.relation);

	if (said == NULL)
		return "it no longer exists";
	/* also while it is invalid it keeps out new duplicates */
	if (strcmp(said, "unique") == 0)
		return recovery->autonomous
				   ? "it is unique, so dropping it always needs a human"
				   : NULL;
	return strcmp(said, "none") == 0 ? NULL : said;
}

static const char *
keep_definition(void *argument)
{
	HealRecovery *recovery = argument;
	const char *objection = catalog_objection(recovery);
	const char *definition;

	if (objection != NULL)
		return objection;
	definition = heal_relation_ask("SELECT pg_catalog.pg_get_indexdef($1)",
								   recovery->subject.relation);
	if (definition == NULL)
		return "it no longer exists";
	strlcpy(recovery->change.before, definition,
			sizeof(recovery->change.before));
	recovery->change.kept = 1;
	/* whatever becomes of the record, which has room for its beginning only */
	ereport(LOG,
			errmsg("selfheal: recovery %lld is about to drop index %s",
				   (long long) recovery->id,
				   heal_relation_name(&recovery->subject)),
			errdetail("It was made by: %s", definition));
	return NULL;
}

/* One that is gone, or was made valid, is forgotten; what cannot be done now is put off. */
static void
put_off(const HealRecovery *recovery, const char *problem)
{
	if (strcmp(problem, "it no longer exists") == 0 ||
		strcmp(problem, "it is valid by now") == 0)
		heal_ailments_forget(HEAL_AILMENT_INDEX, &recovery->subject);
	else
		heal_ailments_put_off(HEAL_AILMENT_INDEX, &recovery->subject);
}

static const char *
index_keep(HealRecovery *recovery)
{
	const char *problem = heal_attempt(keep_definition, recovery);

	if (problem != NULL)
		put_off(recovery, problem);
	return problem;
}

/* What DROP INDEX CONCURRENTLY does, in transactions of its own; they are those of the owner, but restrict nobody, as nobody's code runs. */
static const char *
look_and_drop(void *argument)
{
	Work *work = argument;
	HealRecovery *recovery = work->recovery;
	ObjectAddress address = {RelationRelationId, recovery->subject.relation, 0};
	ObjectAddresses *addresses;
	const char *problem = heal_relation_lock(&recovery->subject, &work->held);

	work->looked = false;
	if (problem == NULL)
		problem = catalog_objection(recovery);
	if (problem == NULL)
		problem = heal_look_objection(recovery, heal_look_here());
	if (problem != NULL)
		return problem;
	work->looked = true;
	SetUserIdAndSecContext(work->held.owner, 0);
	PushActiveSnapshot(GetTransactionSnapshot());
	MemoryContextSwitchTo(work->context);
	/* as the statement does: performDeletion() would lock the index exclusively */
	addresses = new_object_addresses();
	add_exact_object_address(&address, addresses);
	performMultipleDeletions(addresses, DROP_RESTRICT,
							 PERFORM_DELETION_CONCURRENTLY);
	/* that of the beginning went with its transaction */
	while (ActiveSnapshotSet())
		PopActiveSnapshot();
	return NULL;
}

static bool
is_gone(const HealRecovery *recovery)
{
	bool gone;

	StartTransactionCommand();
	gone = !SearchSysCacheExists1(RELOID,
								  ObjectIdGetDatum(recovery->subject.relation));
	CommitTransactionCommand();
	return gone;
}

/* Later and later, while somebody has its lock or still uses the table as it was. */
static const char *
drop_patiently(Work *work)
{
	const char *problem = heal_attempt(look_and_drop, work);

	for (int try = 1;
		 problem != NULL && (work->held.busy || work->looked) && try < TRIES;
		 try++)
	{
		heal_wait_ms(1000L << (try - 1));
		problem = heal_attempt(look_and_drop, work);
	}
	return problem;
}

static HealDone
index_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	Work work = {.recovery = recovery,
				 .context = AllocSetContextCreate(
					 TopMemoryContext, "selfheal drop", ALLOCSET_SMALL_SIZES)};
	const char *problem = drop_patiently(&work);

	MemoryContextDelete(work.context);
	if (problem == NULL)
		snprintf(outcome, size, "the index was dropped");
	else if (
		work.looked) /* it may be half done: what is left of it is still found */
		snprintf(outcome, size, "begun and not finished: %s", problem);
	else
		snprintf(outcome, size, "%s", problem);
	if (problem == NULL)
		return HEAL_DONE;
	put_off(recovery, problem);
	if (again && is_gone(recovery))
		return HEAL_DONE_TWICE;
	return work.looked ? HEAL_DONE : HEAL_NOT_DONE;
}

static const char *
still_there(void *argument)
{
	const HealRecovery *recovery = argument;

	if (SearchSysCacheExists1(RELOID,
							  ObjectIdGetDatum(recovery->subject.relation)))
		return "the index still exists";
	heal_ailments_forget(HEAL_AILMENT_INDEX, &recovery->subject);
	return NULL;
}

static const char *
index_effect(const HealRecovery *recovery)
{
	return heal_attempt(still_there, (void *) recovery);
}

/* Nothing puts it back by itself, but it can be built again by hand. */
static HealChanged
index_changed(const HealRecovery *recovery)
{
	return (HealChanged){
		.level = "index",
		.name = heal_relation_name(&recovery->subject),
		.parameter = "",
		.before = recovery->change.before,
	};
}

const HealAction heal_action_index = {
	.in_database = true,
	.statement = index_statement,
	.changed = index_changed,
	.aim = index_aim,
	.keep = index_keep,
	.act = index_act,
	.effect = index_effect,
};

/*
 * change_pg.c
 *		Schema changes: what was created, altered, dropped or granted, and by whom.
 *
 * A command is noted when it has run and told when its transaction commits: what is rolled
 * back has changed nothing. Only its tag is kept, as its text may hold a password.
 *
 * Not counted: temporary tables, the commands of an extension's script beside the CREATE
 * EXTENSION itself, and CLUSTER and REFRESH MATERIALIZED VIEW, which change no schema.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "tcop/utility.h"
#include "utils/timestamp.h"

#include "gate/change_pg.h"
#include "settings.h"

#define NOTED \
	64 /* changes of one transaction told apart; more are only counted */

typedef struct ChangeArea
{
	LWLock lock;   /* all below: shared to read */
	uint64 pushed; /* ever; number n stands at n modulo HEAL_CHANGES */
	HealChange change[HEAL_CHANGES];
} ChangeArea;

typedef struct Noted
{
	HealChange change;
	int level; /* of the innermost transaction it depends on */
} Noted;

static ChangeArea *area;

/* Of the current transaction */
static Noted noted[NOTED];
static int notes;
static int uncounted; /* that found no room there */

static ProcessUtility_hook_type next_utility;

static void install(void);
static Size area_size(void);
static void attach(void *address, bool found, int tranche);
static void read_part(HealReading *reading);

const HealGatePart heal_change_part = {install, area_size, attach, read_part};

/*
 * In sessions
 */

static void
push(const HealChange *change)
{
	area->change[area->pushed % HEAL_CHANGES] = *change;
	area->pushed++;
}

static void
tell_all(void)
{
	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	for (int i = 0; i < notes; i++)
		push(&noted[i].change);
	for (int i = 0; i < uncounted; i++)
		push(&noted[NOTED - 1].change);
	LWLockRelease(&area->lock);
}

static void
at_end(XactEvent event, void *argument)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			if (notes > 0 && area != NULL)
				tell_all();
			/* FALLTHROUGH */
		case XACT_EVENT_ABORT:
			notes = uncounted = 0;
			break;
		default:
			break;
	}
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId me,
					  SubTransactionId parent, void *argument)
{
	int level = GetCurrentTransactionNestLevel();
	int kept = 0;

	if (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB)
		return;
	for (int i = 0; i < notes; i++)
	{
		Noted note = noted[i];

		if (note.level >= level)
		{
			if (event == SUBXACT_EVENT_ABORT_SUB)
				continue;
			note.level = level - 1;
		}
		noted[kept++] = note;
	}
	notes = kept;
}

static void
note(CommandTag tag)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(at_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
		registered = true;
	}
	if (notes == NOTED)
	{
		uncounted++;
		return;
	}
	noted[notes].change = (HealChange){
		.at = GetCurrentTimestamp(),
		.tag = tag,
		.role = GetSessionUserId(),
		.database = MyDatabaseId,
	};
	noted[notes++].level = GetCurrentTransactionNestLevel();
}

static bool
is_temporary(const Node *command)
{
	const RangeVar *name = NULL;

	if (IsA(command, CreateStmt))
		name = ((const CreateStmt *) command)->relation;
	else if (IsA(command, CreateTableAsStmt))
		name = ((const CreateTableAsStmt *) command)->into->rel;
	else if (IsA(command, ViewStmt))
		name = ((const ViewStmt *) command)->view;
	else if (IsA(command, CreateSeqStmt))
		name = ((const CreateSeqStmt *) command)->sequence;
	return name != NULL && name->relpersistence == RELPERSISTENCE_TEMP;
}

static bool
is_change(Node *command, ProcessUtilityContext context)
{
	if (!heal_gate || area == NULL || context == PROCESS_UTILITY_SUBCOMMAND ||
		creating_extension || IsParallelWorker())
		return false;
	if (IsA(command, ExecuteStmt) || IsA(command, ExplainStmt) ||
		IsA(command, ClusterStmt) || IsA(command, RefreshMatViewStmt))
		return false;
	return GetCommandLogLevel(command) == LOGSTMT_DDL && !is_temporary(command);
}

static void
utility(PlannedStmt *statement, const char *text, bool read_only_tree,
		ProcessUtilityContext context, ParamListInfo parameters,
		QueryEnvironment *environment, DestReceiver *receiver,
		QueryCompletion *completion)
{
	bool changes = is_change(statement->utilityStmt, context);
	CommandTag tag =
		changes ? CreateCommandTag(statement->utilityStmt) : CMDTAG_UNKNOWN;

	if (next_utility)
		next_utility(statement, text, read_only_tree, context, parameters,
					 environment, receiver, completion);
	else
		standard_ProcessUtility(statement, text, read_only_tree, context,
								parameters, environment, receiver, completion);
	if (changes)
		note(tag);
}

static void
install(void)
{
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility;
}

/*
 * Shared memory
 */

static Size
area_size(void)
{
	return sizeof(ChangeArea);
}

static void
attach(void *address, bool found, int tranche)
{
	area = address;
	if (found)
		return;
	memset(area, 0, sizeof(ChangeArea));
	LWLockInitialize(&area->lock, tranche);
}

static void
read_part(HealReading *reading)
{
	if (!heal_gate)
		return;
	LWLockAcquire(&area->lock, LW_SHARED);
	reading->value[HEAL_METRIC_SCHEMA_CHANGES] = (double) area->pushed;
	LWLockRelease(&area->lock);
}

int
heal_change_copy(HealChange changes[HEAL_CHANGES])
{
	int count = 0;

	LWLockAcquire(&area->lock, LW_SHARED);
	for (uint64 n = area->pushed; n > 0 && count < HEAL_CHANGES; n--)
		changes[count++] = area->change[(n - 1) % HEAL_CHANGES];
	LWLockRelease(&area->lock);
	return count;
}

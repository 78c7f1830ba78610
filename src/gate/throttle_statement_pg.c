/*
 * throttle_statement_pg.c
 *		Holds up or refuses statements that a rule fits.
 *
 * A statement that waits here is seen by nobody as waiting for a lock, so the server's
 * search for deadlocks cannot find a circle it is part of. Hence:
 *
 * - Only the first statement of a transaction waits: one that came after may have left
 *   locks. Nor does one whose transaction has an id, which others wait for, or whose
 *   session holds an advisory or a strong lock from before.
 * - It has the weak locks of its own tables already. As soon as somebody waits for one of
 *   those it goes on, whatever the rule says. That includes those who wait for all
 *   transactions of now to end, as they wait for our virtual id.
 * - It has a snapshot, too, which keeps dead rows from being removed. So no wait is
 *   longer than selfheal.throttle_max_wait.
 *
 * What does not wait counts all the same, so the next one waits longer.
 *
 * A slot is given back at the end of the run. The client may take its time to fetch the
 * next rows; that is no load.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "port/pg_bitutils.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "gate/own_lock_pg.h"
#include "gate/throttle_area.h"
#include "gate/throttle_pg.h"

/* How often a waiting statement looks whether it holds somebody up; us. */
#define LOOK (100 * HEAL_MILLISECOND)
#define TELL_AGAIN HEAL_MINUTE

/* How a utility command is treated. */
typedef enum Treatment
{
	FREE,	   /* does nothing by itself, or ends something */
	CONTAINER, /* what it runs comes here by itself */
	WORK
} Treatment;

/* One statement at the gate. */
typedef struct Turn
{
	HealVisitor visitor;
	TimestampTz since;
	uint32 blocked;		  /* the rules that hold it up */
	bool refuse;		  /* one of them refuses who waited long enough */
	HealTime patience;	  /* until asking again may help */
	int place;			  /* of the rule it is told about */
	HealThrottle culprit; /* that rule */
} Turn;

static int depth; /* what runs inside of a statement is not top level */
static LocalTransactionId seen; /* the last transaction that ran something */

static ExecutorRun_hook_type next_run;
static ProcessUtility_hook_type next_utility;

/*
 * Before a statement
 */

static bool
is_on(void)
{
	return heal_throttle_area != NULL &&
		   pg_atomic_read_u32(&heal_throttle_area->statement_rules) != 0 &&
		   heal_enabled && heal_gate && MyBackendType == B_BACKEND;
}

static const HealNetwork *
my_address(void)
{
	static HealNetwork address;

	if (address.family == HEAL_NETWORK_ANY && MyProcPort != NULL)
		address = heal_throttle_address(MyProcPort);
	return &address;
}

static HealVisitor
visitor_of(uint64 query)
{
	HealVisitor visitor = {
		.role = GetSessionUserId(),
		.database = MyDatabaseId,
		.query = query,
		.application = application_name ? application_name : "",
		.network = *my_address(),
	};

	return visitor;
}

static bool
is_exempt(const HealVisitor *visitor)
{
	const char *database = get_database_name(visitor->database);

	return heal_throttle_exempts(visitor->role, database, visitor->application);
}

/* Also when no rule fits: the next statement is not the first then. */
static bool
is_first_statement(void)
{
	LocalTransactionId transaction = heal_local_transaction();
	bool first = transaction != seen;

	seen = transaction;
	return first && !TransactionIdIsValid(GetTopTransactionIdIfAny());
}

/* What ran before the first rule came was not noted. */
static bool
began_before(uint32 mask, const HealThrottle *rules)
{
	TimestampTz began = GetCurrentTransactionStartTimestamp();

	for (; mask != 0; mask &= mask - 1)
		if (began <= rules[pg_rightmost_one_pos32(mask)].since)
			return true;
	return false;
}

static void
refuse(const HealThrottle *rule, int place, TimestampTz since)
{
	HealTime waited = since == 0 ? 0 : GetCurrentTimestamp() - since;

	/* it has done nothing, and may be tried again after a savepoint */
	seen = InvalidLocalTransactionId;
	heal_throttle_count(place, rule->id, 0, 1, 0, waited);
	ereport(
		ERROR, errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
		since == 0
			? errmsg("%s", heal_throttle_sentence(rule))
			: errmsg("gave up after %.2f s: %s", waited / (double) HEAL_SECOND,
					 heal_throttle_sentence(rule)),
		errdetail("%s", heal_throttle_order(rule)),
		errhint("An operator can lift it: SELECT selfheal.unthrottle(%lld).",
				(long long) rule->id));
}

static void
refuse_in_quarantine(uint32 mask, const HealThrottle *rules)
{
	for (; mask != 0; mask &= mask - 1)
	{
		int place = pg_rightmost_one_pos32(mask);

		if (rules[place].kind == HEAL_THROTTLE_QUARANTINE)
		{
			HealThrottle rule = rules[place];

			refuse(&rule, place, 0);
		}
	}
}

/* Who waits is told of the rule it met first, who is refused of the one that refuses. */
static void
blame(Turn *turn, const HealThrottle *rules, bool first)
{
	turn->refuse = false;
	for (uint32 rest = turn->blocked; rest != 0; rest &= rest - 1)
	{
		int place = pg_rightmost_one_pos32(rest);

		if (first || (rules[place].refuse && !turn->refuse))
		{
			turn->place = place;
			turn->culprit = rules[place];
		}
		turn->refuse |= rules[place].refuse;
		first = false;
	}
}

/* Under the rules as they are now. */
static void
ask(Turn *turn, bool pass)
{
	HealThrottleArea *area = heal_throttle_area;
	const HealThrottle *rules = area->table.rule;
	HealAdmission *admission = &area->admission;
	int me = heal_process_number();
	TimestampTz now = GetCurrentTimestamp();
	bool first = turn->since == 0;
	uint32 mask;

	LWLockAcquire(&area->lock, LW_EXCLUSIVE);
	mask = heal_throttle_match(rules, false, &turn->visitor, now);
	if (first)
		heal_throttle_arrive();
	turn->blocked =
		pass ? 0 : heal_admission_ask(admission, me, mask, rules, now);
	if (pass)
		heal_admission_pass(admission, me, mask, rules, now);
	turn->patience =
		heal_admission_patience(admission, me, turn->blocked, rules, LOOK);
	blame(turn, rules, first);
	LWLockRelease(&area->lock);
	turn->since = first ? now : turn->since;
}

static void
sleep_a_while(HealTime us)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					 us / HEAL_MILLISECOND + 1, heal_throttle_wait_event());
	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
}

/* Returns whether it goes on although the rules would have held it up. */
static bool
wait_for_turn(Turn *turn)
{
	HealTime longest = heal_throttle_max_wait * HEAL_MILLISECOND;

	while (turn->blocked != 0 && heal_throttle_applies())
	{
		HealTime left = turn->since + longest - GetCurrentTimestamp();

		/* a clock that was set back must not make it wait for ever */
		if (left > longest)
			turn->since = GetCurrentTimestamp();
		if (left <= 0 && turn->refuse)
			refuse(&turn->culprit, turn->place, turn->since);
		if (left <= 0 || heal_holds_somebody_up())
		{
			ask(turn, true);
			return true;
		}
		sleep_a_while(Min(turn->patience, left));
		ask(turn, false);
	}
	return false;
}

/* Once a minute for each rule: every statement may be slowed. */
static void
tell(const HealThrottle *rule, HealTime waited)
{
	static int64 told;
	static TimestampTz told_at;
	TimestampTz now = GetCurrentTimestamp();

	if (told == rule->id && now - told_at < TELL_AGAIN && now >= told_at)
		return;
	told = rule->id;
	told_at = now;
	ereport(NOTICE,
			errmsg("this statement waited %.2f s: %s",
				   waited / (double) HEAL_SECOND, heal_throttle_sentence(rule)),
			errdetail("%s", heal_throttle_order(rule)));
}

static pg_noinline void
be_held_up(Turn *turn)
{
	HealTime waited;
	bool let_through;

	heal_throttle_count(turn->place, turn->culprit.id, 1, 0, 0, 0);
	let_through = wait_for_turn(turn);
	waited = Max(GetCurrentTimestamp() - turn->since, 0);
	heal_throttle_count(turn->place, turn->culprit.id, 0, 0, let_through,
						waited);
	tell(&turn->culprit, waited);
}

static void
take_turn(Turn *turn, bool may_wait)
{
	ask(turn, !may_wait);
	if (turn->blocked == 0)
		return;
	PG_TRY();
	{
		be_held_up(turn);
	}
	PG_CATCH();
	{
		heal_throttle_leave();
		PG_RE_THROW();
	}
	PG_END_TRY();
}

static void
enter(uint64 query)
{
	Turn turn = {.visitor = visitor_of(query)};
	const HealThrottle *rules = heal_throttle_rules();
	bool may_wait = is_first_statement();
	uint32 mask =
		heal_throttle_match(rules, false, &turn.visitor, GetCurrentTimestamp());

	if (mask == 0 || is_exempt(&turn.visitor))
		return;
	may_wait = may_wait && !began_before(mask, rules);
	if (may_wait)
		refuse_in_quarantine(mask, rules);
	take_turn(&turn, may_wait && !heal_holds_strong_lock());
}

/* Of a container: what it runs asks for itself, but in quarantine it does not even begin. */
static void
enter_container(uint64 query)
{
	HealVisitor visitor = visitor_of(query);
	const HealThrottle *rules = heal_throttle_rules();
	LocalTransactionId before = seen;
	bool first = is_first_statement();
	uint32 mask =
		heal_throttle_match(rules, false, &visitor, GetCurrentTimestamp());

	seen = before;
	if (first && mask != 0 && !began_before(mask, rules) &&
		!is_exempt(&visitor))
		refuse_in_quarantine(mask, rules);
}

/*
 * The hooks
 */

static void
run_next(HEAL_RUN_PARAMETERS)
{
	if (next_run)
		next_run(HEAL_RUN_ARGUMENTS);
	else
		standard_ExecutorRun(HEAL_RUN_ARGUMENTS);
}

/* Apart from the hook, so that passing through needs no large frame. */
static pg_noinline void
run_in_turn(HEAL_RUN_PARAMETERS)
{
	enter(query->plannedstmt->queryId);
	depth++;
	PG_TRY();
	{
		run_next(HEAL_RUN_ARGUMENTS);
	}
	PG_FINALLY();
	{
		depth--;
		heal_throttle_leave();
	}
	PG_END_TRY();
}

static void
run(HEAL_RUN_PARAMETERS)
{
	if (likely(!is_on()) || depth > 0)
		run_next(HEAL_RUN_ARGUMENTS);
	else
		run_in_turn(HEAL_RUN_ARGUMENTS);
}

static Treatment
treatment_of(const Node *command)
{
	switch (nodeTag(command))
	{
		case T_TransactionStmt:
		case T_VariableSetStmt:
		case T_VariableShowStmt:
		case T_ConstraintsSetStmt:
		case T_DiscardStmt:
		case T_PrepareStmt:
		case T_DeallocateStmt:
		case T_ListenStmt:
		case T_UnlistenStmt:
		case T_NotifyStmt:
		case T_DeclareCursorStmt:
		case T_ClosePortalStmt:
			return FREE;
		case T_FetchStmt:
		case T_ExecuteStmt:
		case T_ExplainStmt:
		case T_CreateTableAsStmt:
		case T_CallStmt:
		case T_DoStmt:
			return CONTAINER;
		default:
			return WORK;
	}
}

static void
utility_next(PlannedStmt *statement, const char *text, bool read_only,
			 ProcessUtilityContext context, ParamListInfo parameters,
			 QueryEnvironment *environment, DestReceiver *destination,
			 QueryCompletion *completion)
{
	if (next_utility)
		next_utility(statement, text, read_only, context, parameters,
					 environment, destination, completion);
	else
		standard_ProcessUtility(statement, text, read_only, context, parameters,
								environment, destination, completion);
}

static pg_noinline void
utility_in_turn(PlannedStmt *statement, const char *text, bool read_only,
				ProcessUtilityContext context, ParamListInfo parameters,
				QueryEnvironment *environment, DestReceiver *destination,
				QueryCompletion *completion)
{
	enter(statement->queryId);
	depth++;
	PG_TRY();
	{
		utility_next(statement, text, read_only, context, parameters,
					 environment, destination, completion);
	}
	PG_FINALLY();
	{
		depth--;
		heal_throttle_leave();
	}
	PG_END_TRY();
}

static void
utility(PlannedStmt *statement, const char *text, bool read_only,
		ProcessUtilityContext context, ParamListInfo parameters,
		QueryEnvironment *environment, DestReceiver *destination,
		QueryCompletion *completion)
{
	Treatment treatment = FREE;

	if (unlikely(is_on()) && depth == 0 &&
		context == PROCESS_UTILITY_TOPLEVEL && IsTransactionState())
		treatment = treatment_of(statement->utilityStmt);
	if (treatment == CONTAINER)
		enter_container(statement->queryId);
	if (treatment == WORK)
		utility_in_turn(statement, text, read_only, context, parameters,
						environment, destination, completion);
	else
		utility_next(statement, text, read_only, context, parameters,
					 environment, destination, completion);
}

void
heal_statement_throttle_install(void)
{
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = run;
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = utility;
}

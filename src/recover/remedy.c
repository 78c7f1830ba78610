/*
 * remedy.c
 *		The remedy catalogue, one row each.
 *
 * What signals sessions takes no lock, writes no row and cannot be undone: what a cancelled statement
 * or an ended session had not committed is gone, and the client must try again. That is why the gentle
 * rung comes first in every ladder, and why an idle transaction, which has no statement to cancel,
 * starts at the second.
 */
#include "recover/remedy.h"

#include <string.h>

#define SETTLE_MS 300 /* enough to see that the next in line gets on */
#define EXECUTOR "selfheal_executor"
#define OWNER "the owner of the table, restricted"
#define THE_GATE "the server itself: a rule in its memory needs no role"
#define UNPROTECTED_SOURCE \
	"a role, application, database, address or query whose sessions are not protected"
#define NO_LOCKS \
	"none; what waits for its turn has a snapshot and weak locks, and goes on when somebody waits for those"

static HealRemedy catalogue[HEAL_REMEDY_ROWS] = {
	[HEAL_REMEDY_MONITOR] =
		{
			.name = "monitor",
			.strategy = "monitor",
			.action = HEAL_ACTION_WATCH,
			.risk = HEAL_RISK_NONE,
			.on_standby = true,
			.under_manager = true,
			.settle_ms = SETTLE_MS,
			.acts_as = "nobody",
			.does =
				"watch whether the failure goes away by itself and record it",
			.needs = "an open failure",
			.locks = "none",
			.undo = "nothing is done, so there is nothing to undo",
			.expects = "the failure's own condition no longer holds",
		},
	[HEAL_REMEDY_CANCEL_BLOCKER] =
		{
			.name = "cancel_blocker",
			.strategy = "clear",
			.action = HEAL_ACTION_SIGNAL,
			.risk = HEAL_RISK_LOW,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 3000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does =
				"cancel the statement of the session that holds up the lock queue",
			.needs =
				"an unprotected client session, still in the same transaction",
			.locks = "none",
			.undo =
				"none: the client sees an error and may run its statement again",
			.expects =
				"nobody waits behind that session and the waiters got on",
			.call = "pg_catalog.pg_cancel_backend(%d)",
			.cancels = true,
		},
	[HEAL_REMEDY_TERMINATE_BLOCKER] =
		{
			.name = "terminate_blocker",
			.strategy = "clear",
			.action = HEAL_ACTION_SIGNAL,
			.risk = HEAL_RISK_MEDIUM,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 3000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does = "end the session at the root of the lock queue",
			.needs =
				"an unprotected client session, still in the same transaction",
			.locks = "none",
			.undo =
				"none: its open transaction is rolled back and the client must reconnect",
			.expects =
				"nobody waits behind that session and the waiters got on",
			.call = "pg_catalog.pg_terminate_backend(%d)",
		},
	[HEAL_REMEDY_TERMINATE_IDLE_SESSIONS] =
		{
			.name = "terminate_idle_sessions",
			.strategy = "clear",
			.action = HEAL_ACTION_SIGNAL,
			.risk = HEAL_RISK_MEDIUM,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 10,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does =
				"end the sessions that have been idle longest, outside any transaction",
			.needs =
				"unprotected client sessions, idle outside a transaction since they were chosen",
			.locks = "none",
			.undo = "none: the clients must reconnect; no transaction is lost",
			.expects =
				"the share of used connection slots is below the threshold again",
			.call = "pg_catalog.pg_terminate_backend(%d)",
		},
	[HEAL_REMEDY_CANCEL_STATEMENT] =
		{
			.name = "cancel_statement",
			.strategy = "clear",
			.action = HEAL_ACTION_SIGNAL,
			.risk = HEAL_RISK_LOW,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does = "cancel the statement that has run so long",
			.needs =
				"an unprotected client session, still in the same transaction",
			.locks = "none",
			.undo =
				"none: the client sees an error and may run its statement again",
			.expects = "that statement runs no longer",
			.call = "pg_catalog.pg_cancel_backend(%d)",
			.cancels = true,
		},
	[HEAL_REMEDY_TERMINATE_SESSION] =
		{
			.name = "terminate_session",
			.strategy = "clear",
			.action = HEAL_ACTION_SIGNAL,
			.risk = HEAL_RISK_MEDIUM,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does = "end the session whose statement has run so long",
			.needs =
				"an unprotected client session, still in the same transaction",
			.locks = "none",
			.undo =
				"none: its open transaction is rolled back and the client must reconnect",
			.expects = "that statement runs no longer",
			.call = "pg_catalog.pg_terminate_backend(%d)",
		},
	[HEAL_REMEDY_ROLLBACK_PREPARED] =
		{
			.name = "rollback_prepared",
			.strategy = "clear",
			.action = HEAL_ACTION_PREPARED,
			.risk = HEAL_RISK_HIGH,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 3000,
			.settle_ms = SETTLE_MS,
			.acts_as =
				"the owner of the prepared transaction, who must not be a superuser",
			.does = "roll back the prepared transaction",
			.needs =
				"a prepared transaction with the same id, owner and database as when it was chosen",
			.locks = "none but those it gives back",
			.undo =
				"none: what it had prepared is lost, and other nodes of a distributed transaction must follow",
			.expects =
				"the prepared transaction no longer exists and those behind it got on",
		},
	[HEAL_REMEDY_RESTORE_SETTING] =
		{
			.name = "restore_setting",
			.strategy = "reconfigure",
			.action = HEAL_ACTION_SETTING,
			.risk = HEAL_RISK_LOW,
			.reversible = true,
			.max_targets = 1,
			.verify_ms = 30000,
			.settle_ms = 2000,
			.acts_as = EXECUTOR,
			.does = "give the setting the value it had before it was changed",
			.needs =
				"a setting of selfheal.parameters that changed lately, with a known value before, and that nobody changed since",
			.locks =
				"none; of a database or a role, that of its row in pg_db_role_setting for a moment",
			.undo =
				"the setting is given the value again that it had until then",
			.expects =
				"statements take no longer than before the setting changed",
		},
	/* it can be built again, but somebody made it: RAILS of dropping */
	[HEAL_REMEDY_DROP_INVALID_INDEX] =
		{
			.name = "drop_invalid_index",
			.strategy = "clear",
			.action = HEAL_ACTION_INDEX,
			.risk = HEAL_RISK_HIGH,
			.slow = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = OWNER,
			.does = "drop the index that a failed build left invalid",
			.needs =
				"an index of the same name that is still invalid, that nobody builds and no constraint rests on, in a database without event triggers",
			.locks =
				"SHARE UPDATE EXCLUSIVE on its table and itself, at once or not at all: reading and writing go on",
			.undo =
				"none by itself: its definition is in the record and in the server log",
			.expects = "the index no longer exists",
		},
	[HEAL_REMEDY_ANALYZE_TABLE] =
		{
			.name = "analyze_table",
			.strategy = "clear",
			.action = HEAL_ACTION_MAINTAIN,
			.risk = HEAL_RISK_LOW,
			.slow = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = OWNER,
			.does = "analyze the table",
			.needs = "a table of the same name, with its lock free",
			.locks =
				"SHARE UPDATE EXCLUSIVE on the table, at once or not at all: reading and writing go on",
			.undo = "none: statistics only get newer",
			.expects = "the table was analyzed since, and is no longer overdue",
		},
	[HEAL_REMEDY_VACUUM_TABLE] =
		{
			.name = "vacuum_table",
			.strategy = "clear",
			.action = HEAL_ACTION_MAINTAIN,
			.risk = HEAL_RISK_LOW,
			.slow = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = OWNER,
			.does = "vacuum the table at the pace of autovacuum",
			.needs = "a table of the same name, with its lock free",
			.locks =
				"SHARE UPDATE EXCLUSIVE on the table, at once or not at all: reading and writing go on",
			.undo = "none: only what nobody can see any more is removed",
			.expects = "the table was vacuumed since, and is no longer overdue",
		},
	[HEAL_REMEDY_RESTART_PROCESS] =
		{
			.name = "restart_process",
			.strategy = "restart",
			.action = HEAL_ACTION_PROCESS,
			.risk = HEAL_RISK_LOW,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			/* the server starts a receiver again after wal_retrieve_retry_interval */
			.verify_ms = 15000,
			.settle_ms = SETTLE_MS,
			.acts_as = "the server itself: no role may end its processes",
			.does =
				"end a process of the server, which starts it again when it is needed",
			.needs =
				"the same process as when it was chosen: a walreceiver, a walsender that sends no backup, an autovacuum worker that keeps no transaction ids from running out, or one of selfheal",
			.locks = "none",
			.undo = "none: the server starts another",
			.expects =
				"the process is gone, and a walreceiver that follows it hears of its sender",
		},
	[HEAL_REMEDY_HAND_OVER] =
		{
			.name = "hand_over",
			.strategy = "failover",
			.action = HEAL_ACTION_HAND_OVER,
			.risk = HEAL_RISK_NONE,
			.on_standby = true,
			.under_manager = true,
			.settle_ms = SETTLE_MS,
			.acts_as = "nobody",
			.does = "tell who must decide on a failover, and how things stand",
			.needs = "nothing",
			.locks = "none",
			.undo = "nothing is done, so there is nothing to undo",
			.expects = "the failure's own condition no longer holds",
		},
	[HEAL_REMEDY_UNDO_OWN_ACT] =
		{
			.name = "undo_own_act",
			.strategy = "reconfigure",
			.action = HEAL_ACTION_UNDO,
			.risk = HEAL_RISK_LOW,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does = "take back what selfheal itself changed shortly before",
			.needs =
				"a recovery that succeeded, can be undone and is in effect",
			.locks = "those of the act that is undone",
			.undo = "none: what was undone is decided on anew",
			.expects =
				"the change is no longer in effect and the failure is gone",
		},
	[HEAL_REMEDY_THROTTLE_SOURCE] =
		{
			.name = "throttle_source",
			.strategy = "throttle",
			.action = HEAL_ACTION_THROTTLE,
			.risk = HEAL_RISK_LOW,
			.reversible = true,
			.temporary = true,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 12000,
			.settle_ms = 2000,
			.acts_as = THE_GATE,
			.does =
				"let only so many statements of the source run at a time, for a while",
			.needs = UNPROTECTED_SOURCE,
			.locks = NO_LOCKS,
			.undo = "the throttle is lifted; it ends by itself after its time",
			.expects =
				"the throttle is in force, and those who suffered are served",
		},
	[HEAL_REMEDY_SLOW_SOURCE] =
		{
			.name = "slow_source",
			.strategy = "throttle",
			.action = HEAL_ACTION_THROTTLE,
			.risk = HEAL_RISK_MEDIUM,
			.reversible = true,
			.temporary = true,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 12000,
			.settle_ms = 2000,
			.acts_as = THE_GATE,
			.does =
				"let only so many statements of the source begin in a second, for a while, and refuse those that wait too long",
			.needs = UNPROTECTED_SOURCE,
			.locks = NO_LOCKS,
			.undo = "the throttle is lifted; it ends by itself after its time",
			.expects =
				"the throttle is in force, and those who suffered are served",
		},
	[HEAL_REMEDY_QUARANTINE_SOURCE] =
		{
			.name = "quarantine_source",
			.strategy = "throttle",
			.action = HEAL_ACTION_THROTTLE,
			.risk = HEAL_RISK_MEDIUM,
			.reversible = true,
			.temporary = true,
			.asks = true,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 12000,
			.settle_ms = 2000,
			.acts_as = THE_GATE,
			.does = "refuse every transaction of the source, for a while",
			.needs = UNPROTECTED_SOURCE,
			.locks = NO_LOCKS,
			.undo = "the throttle is lifted; it ends by itself after its time",
			.expects =
				"the throttle is in force, and those who suffered are served",
		},
	[HEAL_REMEDY_DELAY_LOGINS] =
		{
			.name = "delay_logins",
			.strategy = "throttle",
			.action = HEAL_ACTION_THROTTLE,
			.risk = HEAL_RISK_LOW,
			.reversible = true,
			.temporary = true,
			.on_standby = true,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 30000,
			.settle_ms = 2000,
			.acts_as = THE_GATE,
			.does =
				"make logins from there wait, for a while, and refuse those that find no place to wait",
			.needs =
				"an address, or a role that is not protected; logins of protected roles are never delayed",
			.locks = "none",
			.undo = "the throttle is lifted; it ends by itself after its time",
			.expects =
				"the throttle is in force, and few logins fail from there",
		},
	/* three checkpoints may be a minute apart each, and vacuum takes its time */
	[HEAL_REMEDY_RAISE_SETTING] =
		{
			.name = "raise_setting",
			.strategy = "scale",
			.action = HEAL_ACTION_RAISE,
			.risk = HEAL_RISK_LOW,
			.reversible = true,
			.slow = true,
			.max_targets = 1,
			.verify_ms = 300000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does =
				"raise a resource setting to twice, four or eight times what it was, until it is enough",
			.needs =
				"max_wal_size with room for it on the volume of the WAL, or autovacuum_vacuum_cost_limit, not set in a file other than postgresql.auto.conf in a way that is stronger",
			.locks = "none",
			.undo =
				"it is given back when nothing has needed it for selfheal.scale_give_back, and at once when it does not help",
			.expects = "what the setting was too small for is over",
		},
	[HEAL_REMEDY_GIVE_BACK] =
		{
			.name = "give_back",
			.strategy = "scale",
			.action = HEAL_ACTION_GIVE_BACK,
			.risk = HEAL_RISK_LOW,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does = "give a raised setting the value again that it had before",
			.needs =
				"a raise of selfheal's that is in effect; what somebody has changed since stays as it is",
			.locks = "none",
			.undo = "none: if it is needed again it is raised again, to stay",
			.expects = "the raise is no longer in effect",
		},
	[HEAL_REMEDY_DEGRADE_SYNC] =
		{
			.name = "degrade_sync",
			.strategy = "reconfigure",
			.action = HEAL_ACTION_DEGRADE,
			/* the names can be put back, an acknowledged commit that is lost cannot */
			.risk = HEAL_RISK_HIGH,
			.given_back = true,
			.max_targets = 1,
			/* on 15 a standby that is left lets go who waits with its next message, within 10 s */
			.verify_ms = 20000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does =
				"let commits wait for the standbys that are there and no others; with none left, what is acknowledged is on this server only and lost with it",
			.needs =
				"synchronous_standby_names set in a configuration file, with fewer of its standbys streaming than it asks for",
			.locks = "none",
			.undo =
				"restore_sync gives the names back when enough standbys stream again; a commit acknowledged until then has no second copy",
			.expects = "no commit waits for a standby that is not there",
		},
	[HEAL_REMEDY_RESTORE_SYNC] =
		{
			.name = "restore_sync",
			.strategy = "reconfigure",
			.action = HEAL_ACTION_RESTORE,
			.risk = HEAL_RISK_LOW,
			.max_targets = 1,
			.verify_ms = 15000,
			.settle_ms = 1000,
			.acts_as = EXECUTOR,
			.does =
				"let commits wait for the standbys again that they waited for before degrade_sync",
			.needs =
				"what degrade_sync set still in force, and enough standbys that stream and keep up",
			.locks = "none",
			.undo = "none by itself: a standby lost again is a failure anew",
			.expects = "the names are in force and no commit hangs",
		},
	/* selfheal switches no autovacuum off, not even to undo, so that is a human's */
	[HEAL_REMEDY_RESET_TABLE_OPTION] =
		{
			.name = "reset_table_option",
			.strategy = "reconfigure",
			.action = HEAL_ACTION_TABLE_OPTION,
			.risk = HEAL_RISK_LOW,
			.under_manager = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = OWNER,
			.does =
				"let autovacuum see to the table again: reset its option autovacuum_enabled",
			.needs =
				"a table of the same name with autovacuum_enabled off, and its lock free",
			.locks =
				"SHARE UPDATE EXCLUSIVE on the table, at once or not at all: reading and writing go on",
			.undo =
				"none by itself, as selfheal never switches autovacuum off; the statement for it is in the plan",
			.expects = "the option is no longer off",
		},
	[HEAL_REMEDY_BOUND_SLOT_WAL] =
		{
			.name = "bound_slot_wal",
			.strategy = "reconfigure",
			.action = HEAL_ACTION_BOUND,
			/* nothing is lost by it now, but later the slot is, without anybody being asked */
			.risk = HEAL_RISK_MEDIUM,
			.reversible = true,
			.guards = true,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does =
				"limit the WAL that replication slots may keep to more than this one keeps and less than fills the volume; at the limit a checkpoint invalidates the slot, and who read it must be built anew",
			.needs =
				"an inactive slot, room for it to keep more, and no slot in use, protected or other that would be lost by it",
			.locks = "none",
			.undo =
				"the setting is given the value again that it had until then; a slot that was lost by then stays lost",
			.expects =
				"the limit is in force, and lets the slot be lost before the volume is full",
		},
	[HEAL_REMEDY_DROP_SLOT] =
		{
			.name = "drop_slot",
			.strategy = "clear",
			.action = HEAL_ACTION_SLOT,
			.risk = HEAL_RISK_HIGH,
			.max_targets = 1,
			.verify_ms = 5000,
			.settle_ms = SETTLE_MS,
			.acts_as =
				"the server itself: the acting role may not touch replication",
			.does =
				"drop the replication slot and let a checkpoint remove the WAL it kept; who read it must be built anew",
			.needs =
				"the same slot as when it was chosen, still inactive, and not in selfheal.protected_slots",
			.locks = "none but the slot itself",
			.undo =
				"none: what only that slot still knew of is lost to whoever read it",
			.expects = "the slot no longer exists",
		},
	/* the clients of a pool may keep their sessions for minutes */
	[HEAL_REMEDY_RAISE_ROLE_SETTING] =
		{
			.name = "raise_role_setting",
			.strategy = "scale",
			.action = HEAL_ACTION_RAISE_ROLE,
			.risk = HEAL_RISK_LOW,
			.reversible = true,
			.slow = true,
			.max_targets = 1,
			.verify_ms = 900000,
			.settle_ms = SETTLE_MS,
			.acts_as = EXECUTOR,
			.does =
				"double the work_mem of a role, for its sessions that begin from now on",
			.needs =
				"an ordinary role that is not protected, a quarter of the available memory for all its sessions at once, and no sign that memory is short",
			.locks =
				"the role, and the database where it is set for one, against being dropped, for a moment",
			.undo =
				"it is given back when the role has been at rest for selfheal.scale_give_back or memory is short, and at once when it does not help",
			.expects =
				"a session of the role that began since has run statements, and few of them spill; until one begins nothing is known",
		},
};

const HealRemedy *const heal_remedies = catalogue;

/* Refused by the rails, whatever may still have its number. */
static const HealRemedy nobody = {
	.name = "",
	.strategy = "monitor",
	.action = HEAL_ACTION_USER,
	.risk = HEAL_RISK_HIGH,
	.acts_as = "nobody",
	.does = "run a remedy that has been removed",
	.needs = "it was removed",
	.locks = "none",
	.undo = "none: it was removed",
	.expects = "nothing",
};

bool
heal_remedy_is_user(int remedy)
{
	return remedy >= HEAL_FIRST_USER_REMEDY && remedy < HEAL_REMEDY_ROWS;
}

bool
heal_remedy_is_valid(int remedy)
{
	return (remedy >= 0 && remedy < HEAL_REMEDIES) ||
		   heal_remedy_is_user(remedy);
}

void
heal_remedy_bind(int row, const HealRemedy *remedy)
{
	catalogue[HEAL_FIRST_USER_REMEDY + row] = remedy != NULL ? *remedy : nobody;
}

int
heal_remedy_lookup(const char *name)
{
	for (int i = 0; i < HEAL_REMEDY_ROWS; i++)
		if (heal_remedies[i].name != NULL && name[0] != '\0' &&
			strcmp(heal_remedies[i].name, name) == 0)
			return i;
	return -1;
}

/* Of somebody else's function nobody knows what it does, so one without an undo counts as what cannot be taken back. */
bool
heal_remedy_needs_grant(HealRemedyId remedy)
{
	return heal_remedies[remedy].risk >= HEAL_RISK_HIGH ||
		   (heal_remedy_is_user(remedy) && !heal_remedies[remedy].reversible);
}

bool
heal_remedy_lends(HealRemedyId remedy)
{
	return heal_remedies[remedy].action == HEAL_ACTION_RAISE ||
		   heal_remedies[remedy].action == HEAL_ACTION_RAISE_ROLE;
}

bool
heal_remedy_is_destructive(HealRemedyId remedy)
{
	HealActionKind action = heal_remedies[remedy].action;

	return heal_remedies[remedy].risk >= HEAL_RISK_MEDIUM ||
		   heal_remedy_needs_grant(remedy) || action == HEAL_ACTION_SIGNAL ||
		   action == HEAL_ACTION_PROCESS;
}

bool
heal_remedy_touches(HealRemedyId remedy)
{
	return heal_remedies[remedy].action != HEAL_ACTION_WATCH &&
		   heal_remedies[remedy].action != HEAL_ACTION_HAND_OVER;
}

const char *
heal_risk_name(HealRisk risk)
{
	static const char *const names[] = {"none", "low", "medium", "high"};

	return (unsigned) risk < heal_lengthof(names) ? names[risk] : "invalid";
}

/*
 * failure.c
 *		The failure catalogue.
 */
#include "detect/failure.h"

#include "detect/failure_proof.h"

/*
 * A ladder holds only what can end its failure: cancelling a session that runs
 * no statement does nothing, so the one behind an idle transaction has a single
 * rung.
 */
const HealFailureType heal_failures[HEAL_FAILURE_KINDS] = {
	[HEAL_LOCK_PILEUP_IDLE] =
		{
			.name = "lock_pileup_idle",
			.title = "lock pile-up behind an idle transaction",
			.component = "locks",
			.category = "performance",
			.urgency = HEAL_URGENT,
			.patience = 5 * HEAL_SECOND,
			.in_picture = true,
			.idle_culprit = true,
			.blocks = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Sessions wait for locks of a session that is idle in "
					 "transaction, and both last longer than the patience.",
			.cured = "No session waits behind that session any more.",
			.ladder = {"terminate_blocker"},
			.find = heal_idle_blocker_find,
			.gone = heal_pileup_gone,
		},
	[HEAL_LOCK_PILEUP_ACTIVE] =
		{
			.name = "lock_pileup_active",
			.title = "lock pile-up behind an active statement",
			.component = "locks",
			.category = "performance",
			.urgency = HEAL_URGENT,
			.in_picture = true,
			.counts_from_sight = true,
			.blocks = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Sessions wait for locks of a session that runs a "
					 "statement and waits for no lock itself, the longest of "
					 "them longer than the patience.",
			.cured = "No session waits behind that session any more.",
			.ladder = {"cancel_blocker", "terminate_blocker"},
			.find = heal_active_blocker_find,
			.gone = heal_pileup_gone,
		},
	[HEAL_CONNECTION_SLOTS] =
		{
			.name = "connection_slots",
			.title = "connection slots nearly exhausted",
			.component = "sessions",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.in_picture = true,
			.counts_from_sight = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "The share of connection slots in use is at or above "
					 "selfheal.connection_slots_threshold for longer than the "
					 "patience.",
			.cured = "The share of connection slots in use is more than 5 "
					 "points below the threshold.",
			.ladder = {"terminate_idle_sessions"},
			.find = heal_connection_slots_find,
			.gone = heal_connection_slots_gone,
		},
	/* some wait for their turn on purpose, see the file */
	[HEAL_LOCK_PILEUP_ADVISORY] =
		{
			.name = "lock_pileup_advisory",
			.title = "lock pile-up behind an idle session's advisory lock",
			.component = "locks",
			.category = "performance",
			.urgency = HEAL_URGENT,
			.patience = HEAL_MINUTE,
			.in_picture = true,
			.idle_culprit = true,
			.blocks = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Sessions wait for an advisory lock of a session that is "
					 "idle outside of a transaction, and both last longer "
					 "than the patience.",
			.cured = "No session waits behind that session any more.",
			.ladder = {"terminate_blocker"},
			.find = heal_advisory_blocker_find,
			.gone = heal_pileup_gone,
		},
	/* as long as behind a running statement: here too something would be lost */
	[HEAL_LOCK_PILEUP_PREPARED] =
		{
			.name = "lock_pileup_prepared",
			.title = "lock pile-up behind a prepared transaction",
			.component = "locks",
			.category = "performance",
			.urgency = HEAL_URGENT,
			.patience = HEAL_MINUTE,
			.in_picture = true,
			.idle_culprit = true,
			.blocks = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Sessions wait for locks of a prepared transaction, the "
					 "longest of them longer than the patience.",
			.cured = "No session waits behind that transaction any more.",
			.ladder = {"rollback_prepared"},
			.find = heal_prepared_blocker_find,
			.gone = heal_prepared_blocker_gone,
		},
	/* what is cancelled can be tried again at once, and meanwhile everybody waits */
	[HEAL_DDL_QUEUE] =
		{
			.name = "ddl_queue",
			.title = "queue behind a session that waits for an exclusive lock",
			.component = "locks",
			.category = "performance",
			.urgency = HEAL_URGENT,
			.patience = 5 * HEAL_SECOND,
			.in_picture = true,
			.blocks = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Sessions wait behind one that waits itself, for an "
					 "exclusive lock, behind a session at work; the longest "
					 "of them longer than the patience, and it for two "
					 "seconds.",
			.cured = "No session waits behind that session any more.",
			.ladder = {"cancel_blocker"},
			.find = heal_ddl_queue_find,
			.gone = heal_pileup_gone,
		},
	[HEAL_RUNAWAY_STATEMENT] =
		{
			.name = "runaway_statement",
			.title = "very long statement while the CPU is used up",
			.component = "statements",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 30 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "A statement has run longer than "
					 "selfheal.runaway_statement_age and waits for nothing, "
					 "while 95 % of the CPU time has been used for half a "
					 "minute.",
			.cured = "That statement runs no longer.",
			.ladder = {"cancel_statement", "terminate_session"},
			.find = heal_runaway_find,
			.gone = heal_runaway_gone,
		},
	/* a transaction manager that restarts finishes its own within minutes */
	[HEAL_ORPHANED_PREPARED] =
		{
			.name = "orphaned_prepared",
			.title = "prepared transaction that nobody finishes",
			.component = "transactions",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = HEAL_HOUR,
			.counts_from_sight = true,
			.in_picture = true,
			.idle_culprit = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "A transaction has been prepared and neither committed "
					 "nor rolled back for longer than the patience.",
			.cured = "The prepared transaction no longer exists.",
			.ladder = {"rollback_prepared"},
			.find = heal_orphaned_prepared_find,
			.gone = heal_prepared_gone,
		},
	/* caches fill and plans are made anew after a change: that passes */
	[HEAL_SETTING_MADE_SLOW] =
		{
			.name = "setting_made_slow",
			.title = "statements are slower since a setting changed",
			.component = "configuration",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 20 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.looked_for = HEAL_LOOKED_FOR_AT_GATE,
			.evidence = HEAL_BY_PROOF,
			.proof = "A setting changed in the last quarter of an hour, and "
					 "since then the 95th percentile of statements is at "
					 "least three times what it was in the five minutes "
					 "before, though no more statements are run.",
			.cured = "That percentile is less than one and a half times what "
					 "it was.",
			.ladder = {"restore_setting"},
			.find = heal_setting_find,
			.gone = heal_setting_gone,
		},
	/* who builds by hand looks after it; nobody queries it meanwhile */
	[HEAL_INVALID_INDEX] =
		{
			.name = "invalid_index",
			.title = "invalid index left behind",
			.component = "maintenance",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = HEAL_HOUR,
			.looked_for = HEAL_LOOKED_FOR_BY_SCAN,
			.evidence = HEAL_BY_PROOF,
			.proof = "A scan found an index invalid while nobody builds it, "
					 "and it has been for longer than the patience.",
			.cured = "The index no longer exists, or is valid.",
			.ladder = {"drop_invalid_index"},
			.find = heal_invalid_index_find,
			.gone = heal_invalid_index_gone,
		},
	/* autovacuum looks at every table once a minute */
	[HEAL_STALE_STATISTICS] =
		{
			.name = "stale_statistics",
			.title = "statistics that no longer describe their table",
			.component = "maintenance",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 15 * HEAL_MINUTE,
			.looked_for = HEAL_LOOKED_FOR_BY_SCAN,
			.evidence = HEAL_BY_PROOF,
			.proof = "Three times as many rows of a table have changed as "
					 "bring autovacuum, and for longer than the patience it "
					 "has not come.",
			.cured = "The table was analyzed since, or is not overdue.",
			.ladder = {"analyze_table"},
			.find = heal_stale_statistics_find,
			.gone = heal_stale_statistics_gone,
		},
	[HEAL_OVERDUE_VACUUM] =
		{
			.name = "overdue_vacuum",
			.title = "table that autovacuum does not get to",
			.component = "maintenance",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = 30 * HEAL_MINUTE,
			.looked_for = HEAL_LOOKED_FOR_BY_SCAN,
			.evidence = HEAL_BY_PROOF,
			.proof = "A table has three times as many dead or new rows as "
					 "bring autovacuum, or is older than makes it freeze, and "
					 "for longer than the patience it has not come.",
			.cured = "The table was vacuumed since, or is not overdue.",
			.ladder = {"vacuum_table"},
			.find = heal_overdue_vacuum_find,
			.gone = heal_overdue_vacuum_gone,
		},
	/* the server itself takes a second, so whoever still waits then is left over */
	[HEAL_VACUUM_BLOCKS] =
		{
			.name = "vacuum_blocks",
			.title = "lock pile-up behind an autovacuum worker",
			.component = "locks",
			.category = "performance",
			.urgency = HEAL_URGENT,
			.patience = 4 * HEAL_SECOND,
			.in_picture = true,
			.blocks = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Sessions wait for locks of an autovacuum worker that "
					 "does not keep transaction ids from running out, the "
					 "longest of them longer than the patience.",
			.cured = "No session waits behind that worker any more.",
			.ladder = {"restart_process"},
			.find = heal_vacuum_blocks_find,
			.gone = heal_pileup_gone,
		},
	[HEAL_WAL_RECEIVER_SILENT] =
		{
			.name = "wal_receiver_silent",
			.title = "standby that hears nothing of its primary",
			.component = "replication",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = 5 * HEAL_MINUTE,
			.in_picture = true,
			.looked_for = HEAL_LOOKED_FOR_ON_STANDBY,
			.evidence = HEAL_BY_PROOF,
			.proof = "The walreceiver is streaming and has heard nothing for "
					 "longer than the patience and twice "
					 "wal_receiver_timeout, or four times the patience where "
					 "that is off.",
			.cured = "A walreceiver hears of its sender.",
			.ladder = {"restart_process", "hand_over"},
			.find = heal_receiver_silent_find,
			.gone = heal_receiver_silent_gone,
		},
	/* bursts and short jobs are over by then, and whoever is slowed notices it */
	[HEAL_LOAD_HOG] =
		{
			.name = "load_hog",
			.title = "one source takes what all others need",
			.component = "statements",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 30 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_AT_GATE,
			.evidence = HEAL_BY_PROOF,
			.proof = "While the CPU or the connection slots are used up, one "
					 "role, application, query or database takes 60 % of the "
					 "time in statements, twice as much as usual, and "
					 "statements of others take twice as long as usual.",
			.cured = "Statements of others take less than 1.4 times as long as "
					 "usual or hardly longer, the source is hardly at work "
					 "any more, or nothing is used up.",
			.ladder = {"throttle_source", "slow_source", "quarantine_source"},
			.find = heal_load_hog_find,
			.gone = heal_load_hog_gone,
		},
	/* a deploy with a wrong password is noticed and over by then, or needs the same remedy */
	[HEAL_LOGIN_STORM] =
		{
			.name = "login_storm",
			.title = "storm of logins that fail",
			.component = "sessions",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = 20 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_AT_GATE,
			.evidence = HEAL_BY_PROOF,
			.proof = "From one address, or on one role from many, ten or "
					 "more logins fail in a second.",
			.cured = "Less than six a second fail there.",
			.ladder = {"delay_logins"},
			.find = heal_login_storm_find,
			.gone = heal_login_storm_gone,
		},
	/* for a migration somebody does it on purpose, and looks at it meanwhile */
	[HEAL_READ_ONLY_BY_DEFAULT] =
		{
			.name = "read_only_by_default",
			.title =
				"writes refused since transactions are read-only by default",
			.component = "configuration",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = HEAL_MINUTE,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "default_transaction_read_only was switched on in the "
					 "last quarter of an hour, and since then sessions it "
					 "counts for are refused what they write.",
			.cured = "It is off, and no session that has the new value is "
					 "refused any more.",
			.ladder = {"restore_setting"},
			.find = heal_read_only_find,
			.gone = heal_read_only_gone,
		},
	/* a batch may need it for a moment, and three checkpoints have passed before */
	[HEAL_CHECKPOINT_STORM] =
		{
			.name = "checkpoint_storm",
			.title = "checkpoints in a row, as max_wal_size is too small",
			.component = "checkpoints",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 30 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "The last three checkpoints that were not brought by the "
					 "clock came at least four times as often as "
					 "checkpoint_timeout says, and enough WAL was written "
					 "between them to have brought them.",
			.cured = "None has come for one and a half times the time between "
					 "them, or they come seldom enough.",
			.ladder = {"raise_setting"},
			.find = heal_checkpoint_storm_find,
			.gone = heal_checkpoint_storm_gone,
		},
	/* after a large batch every table is overdue for a while */
	[HEAL_AUTOVACUUM_STARVED] =
		{
			.name = "autovacuum_starved",
			.title = "autovacuum that may not work fast enough",
			.component = "maintenance",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = 10 * HEAL_MINUTE,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Every autovacuum worker is busy all the time while three "
					 "tables or more are overdue, and the cost limit holds "
					 "them back.",
			.cured = "A worker is free, or fewer tables are overdue.",
			.ladder = {"raise_setting"},
			.find = heal_autovacuum_starved_find,
			.gone = heal_autovacuum_starved_gone,
		},
	/* a standby that is only restarted is back within that time */
	[HEAL_SYNC_STANDBY_LOST] =
		{
			.name = "sync_standby_lost",
			.title = "commits wait for a standby that is not there",
			.component = "replication",
			.category = "availability",
			.urgency = HEAL_URGENT,
			.patience = 20 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "Fewer standbys stream than synchronous_standby_names "
					 "asks for, and sessions wait for one, both for longer "
					 "than the patience.",
			.cured = "As many standbys stream as it asks for, and no commit "
					 "hangs.",
			.ladder = {"degrade_sync"},
			.find = heal_sync_lost_find,
			.gone = heal_sync_lost_gone,
		},
	/* one that comes and goes would hang commits each time */
	[HEAL_SYNC_DEGRADED] =
		{
			.name = "sync_degraded",
			.title = "commits are acknowledged without the standbys asked for",
			.component = "replication",
			.category = "durability",
			.urgency = HEAL_ROUTINE,
			.patience = 10 * HEAL_SECOND,
			.in_picture = true,
			.of_own_act = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "What degrade_sync set is still in force, and as many "
					 "standbys stream and keep up as were asked for before, "
					 "for longer than the patience.",
			.cured = "synchronous_standby_names is as before or somebody has "
					 "changed it, and no commit hangs.",
			.ladder = {"restore_sync"},
			.find = heal_sync_degraded_find,
			.gone = heal_sync_degraded_gone,
		},
	/* two batches that meet are apart again by then */
	[HEAL_DEADLOCK_STORM] =
		{
			.name = "deadlock_storm",
			.title = "one deadlock after the other",
			.component = "locks",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 20 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_AT_GATE,
			.evidence = HEAL_BY_PROOF,
			.proof = "In five seconds three or more deadlocks had to be "
					 "broken, and 80 % of their victims are of one query, "
					 "application, role or database.",
			.cured = "In five seconds there is one of them at most.",
			.ladder = {"throttle_source", "slow_source", "quarantine_source"},
			.find = heal_deadlock_storm_find,
			.gone = heal_deadlock_storm_gone,
		},
	/* for a large load somebody does it on purpose, and switches it on again */
	[HEAL_AUTOVACUUM_OFF] =
		{
			.name = "autovacuum_off",
			.title = "autovacuum switched off for the server",
			.component = "configuration",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = 5 * HEAL_MINUTE,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "autovacuum was switched off for the server in the last "
					 "quarter of an hour, and still is.",
			.cured = "It is on.",
			.ladder = {"restore_setting"},
			.find = heal_autovacuum_off_find,
			.gone = heal_autovacuum_off_gone,
		},
	/* plans are made anew at once; who tries something out looks at it as long */
	[HEAL_PLANNER_SWITCH_OFF] =
		{
			.name = "planner_switch_off",
			.title = "statements are worse since a planner switch is off",
			.component = "configuration",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 30 * HEAL_SECOND,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof = "A setting enable_... was switched off in the last "
					 "quarter of an hour, and since then the 95th percentile "
					 "of statements is one and a half times what it was, or a "
					 "fifth more while each reads three times as many rows, "
					 "though no more statements are run.",
			.cured = "That percentile is within a fifth of what it was.",
			.ladder = {"restore_setting"},
			.find = heal_planner_switch_find,
			.gone = heal_planner_switch_gone,
		},
	/* who loads a table with it off vacuums it then and switches it on again */
	[HEAL_AUTOVACUUM_OFF_TABLE] =
		{
			.name = "autovacuum_off_table",
			.title = "table that switches autovacuum off and needs it",
			.component = "maintenance",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = HEAL_HOUR,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_BY_SCAN,
			.evidence = HEAL_BY_PROOF,
			.proof = "A table has its option autovacuum_enabled off and three "
					 "times as many dead or new rows as would bring "
					 "autovacuum, and for longer than the patience nobody has "
					 "vacuumed it.",
			.cured =
				"The option is no longer off, or the table was vacuumed since.",
			.ladder = {"reset_table_option"},
			.find = heal_autovacuum_off_table_find,
			.gone = heal_autovacuum_off_table_gone,
		},
	/* whoever reads it may be restarted or moved; a volume does not fill in that time */
	[HEAL_SLOT_RETAINS_WAL] =
		{
			.name = "slot_retains_wal",
			.title = "inactive replication slot that fills the WAL's volume",
			.component = "replication",
			.category = "resource",
			.urgency = HEAL_ROUTINE,
			.patience = 5 * HEAL_MINUTE,
			.counts_from_sight = true,
			.in_picture = true,
			.looked_for = HEAL_LOOKED_FOR_ALWAYS,
			.evidence = HEAL_BY_PROOF,
			.proof =
				"Nobody reads the slot, nothing keeps it from filling the "
				"volume, and it keeps a tenth of it while less than 15 % are "
				"free, or it is full within two hours or predicted to be, or "
				"more than selfheal.slot_wal_limit.",
			.cured =
				"Somebody reads it, it is gone or lost, or it will be lost "
				"before the volume is full.",
			.ladder = {"bound_slot_wal", "drop_slot"},
			.find = heal_slot_find,
			.gone = heal_slot_gone,
		},
	/* a report, a load or a migration is over by then; and only sessions that begin later would have any of it */
	[HEAL_TEMP_SPILLS] =
		{
			.name = "temp_spills",
			.title = "statements of a role spill to temporary files",
			.component = "memory",
			.category = "performance",
			.urgency = HEAL_ROUTINE,
			.patience = 10 * HEAL_MINUTE,
			.counts_from_sight = true,
			.in_picture = true,
			.names_cause = true,
			.looked_for = HEAL_LOOKED_FOR_AT_GATE,
			.evidence = HEAL_BY_PROOF,
			.proof = "Ten or more statements of a role in a minute write to "
					 "temporary files, a megabyte a second or more together, "
					 "with the work_mem that its new sessions get, and one of "
					 "them is at work a tenth of the time or more.",
			.cured = "Its sessions that have the work_mem in force run "
					 "statements, and fewer than three a minute spill.",
			.ladder = {"raise_role_setting"},
			.find = heal_temp_spills_find,
			.gone = heal_temp_spills_gone,
		},
};

/*
 * Six waiters halve it, twenty-one leave a fifth: the harm grows with those who
 * suffer.
 */
HealTime
heal_failure_patience(HealTime patience, int waiters)
{
	HealTime shortened = patience * 5 / (4 + (waiters > 1 ? waiters : 1));

	return heal_later(heal_failure_least_patience(patience), shortened);
}

HealTime
heal_failure_least_patience(HealTime patience)
{
	return patience < 2 * HEAL_SECOND ? patience : 2 * HEAL_SECOND;
}

HealTime
heal_failure_must_last(HealFailureKind kind, const HealFailureLimits *limits)
{
	HealTime patience = limits->patience[kind];

	switch (kind)
	{
		case HEAL_RUNAWAY_STATEMENT:
			return patience + limits->runaway_age;
		case HEAL_CONNECTION_SLOTS:
			return patience + limits->idle_session_age;
		case HEAL_WAL_RECEIVER_SILENT:
			return 4 * patience;
		default:
			return patience;
	}
}

const char *
heal_failure_severity(int peak_waiters, int kind)
{
	if (kind == HEAL_CONNECTION_SLOTS)
		return "high"; /* the next client may be refused */
	return peak_waiters >= 20  ? "critical"
		   : peak_waiters >= 5 ? "high"
							   : "medium";
}

const char *
heal_evidence_name(HealEvidence evidence)
{
	static const char *const names[] = {
		[HEAL_BY_PROOF] = "direct proof",
		[HEAL_BY_ANOMALIES] = "anomalies",
		[HEAL_BY_BOTH] = "anomalies and direct proof",
	};

	return names[evidence];
}

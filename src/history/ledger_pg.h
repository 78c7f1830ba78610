/*
 * ledger_pg.h
 *		The ledger in shared memory, and the journal behind it.
 */
#ifndef HEAL_LEDGER_PG_H
#define HEAL_LEDGER_PG_H

#include "postgres.h"

#include "history/ledger.h"

/* Whether there is a journal to write to; when it cannot, nothing is ever done and status says why. */
extern bool heal_ledger_ready(const char **problem);
/* Copy of the whole ledger, in the current memory context. */
extern HealLedger *heal_ledger_copy(void);
/* Whether no failure is open and no recovery on its way; much cheaper than a copy. */
extern bool heal_ledger_quiet(void);
/* Those that are open, at most HEAL_MAX_FAILURES; returns how many. Much cheaper than a copy when none is. */
extern int heal_ledger_copy_open_failures(HealFailure *copy);
/* What is on record of each component's health. */
extern void heal_ledger_copy_health(HealHealthKept kept[HEAL_MAX_HEALTH]);
/* Whether something that was raised is still to be given back. */
extern bool heal_ledger_has_loans(void);
extern bool heal_ledger_copy_recovery(int64 id, HealRecovery *copy);
/* As heal_ledger_owed(); false when there is none. */
extern bool heal_ledger_copy_owed(int remedy, HealRecovery *copy);
/* Somebody has changed since what this recovery had changed, so nothing is to be given back. */
extern void heal_ledger_settle(int64 recovery);

/*
 * Apply a record and write it to the journal; with durable, returns only when it is on disk. False
 * when it could not be written: the ledger is changed all the same, and the caller must not act on
 * an intent that is not durable. False also for a record that makes no sense: it changes nothing, is not written, and the
 * log says so. Never raises an error.
 */
extern bool
heal_ledger_write(HealRecordType type, const void *payload, bool durable);

/* For the engine: leave to others what waits for the disk, as long as that is possible. */
extern void heal_ledger_never_wait(void);
extern void heal_ledger_save_if_due(void);

typedef enum HealStored
{
	HEAL_STORED,
	HEAL_CHANGED_MEANWHILE, /* somebody else moved it; *next is refreshed with what it is now */
	HEAL_NOT_DURABLE /* stored in memory, but the journal could not be written */
} HealStored;

/*
 * Move a recovery one stage on: *next is the caller's copy with its changes, made from the stage
 * and step it still has. This is the only way a recovery changes, so of two processes that want
 * to move it one wins and the other is told.
 */
extern HealStored
heal_recovery_store(HealRecovery *next, HealStage to, const char *format, ...)
	pg_attribute_printf(3, 4);
/*
 * In memory only: another recoverer goes on with it. False when somebody else has taken it over, or it
 * has moved; *recovery is what was seen, and its recoverer is who had it.
 */
extern bool
heal_recovery_take_over(const HealRecovery *recovery, int32 recoverer);
/* A new one, in stage proposed; sets id if it is 0. False when every slot is taken by an open one. */
extern bool heal_recovery_create(HealRecovery *recovery);
extern int64 heal_ledger_next_anomaly(void);
/* What people have said about anomalies. */
typedef struct HealSaid
{
	HealBar bar[HEAL_MAX_BARS];
	HealSensitivity sensitivity[HEAL_MAX_SENSITIVITIES];
} HealSaid;
extern void heal_ledger_copy_said(HealSaid *said);
/* For one that is created later, or never: then the number is missing. */
extern int64 heal_recovery_reserve_id(void);
extern bool heal_failure_create(HealFailure *failure);
/* Sets id. False when the same was raised before. */
extern bool heal_escalation_create(HealEscalation *escalation);

/* In memory only: what changes with every look at an open failure is not worth a record. */
extern void heal_ledger_touch_failure(const HealFailure *failure);

extern uint64 heal_journal_id(void);
extern uint64 heal_journal_mirrored(void);
extern void heal_journal_set_mirrored(uint64 sequence);
/* Records that were overwritten before they could be mirrored, since the server started. */
extern uint64 heal_journal_lost(void);
extern void heal_journal_add_lost(uint64 records);
extern uint64 heal_journal_write_failures(void);
extern uint64 heal_journal_sequence(void);
/* Go on from there, when what the tables have is newer than what the journal remembers. */
extern void heal_ledger_raise_sequence(uint64 sequence);
/* True from server start until the engine has looked at what was left unfinished. */
extern bool heal_ledger_unreconciled(void);
extern void heal_ledger_set_reconciled(void);
/* True once after the server was started from a clean shutdown. */
extern bool heal_ledger_take_clean_start(void);
extern HealOrder heal_ledger_passive(void);

#endif

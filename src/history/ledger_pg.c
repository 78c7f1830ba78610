/*
 * ledger_pg.c
 *		The ledger in shared memory, and the journal behind it.
 *
 * Under the lock a record is checked, numbered and applied: memory only. The write to the journal
 * comes after, without any lock, to a slot that is this record's own. Readers copy under the lock
 * and think without it.
 *
 * The journal is read back by the postmaster before any child exists, so there is no moment at
 * which a stop order or a cap is not yet known.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/lwlock.h"
#include "utils/timestamp.h"

#include "db/shmem.h"
#include "db/shutdown.h"
#include "history/journal_pg.h"
#include "history/ledger_pg.h"
#include "recover/userremedy_pg.h"

typedef struct LedgerShared
{
	LWLock lock; /* protects ledger and snapshot_sequence */
	int tranche;
	bool usable; /* constant after start */
	bool clean_shutdown;
	char problem[256];
	uint64 journal_id;
	uint64 snapshot_sequence;
	pg_atomic_uint32 unreconciled;
	pg_atomic_flag snapshotting; /* one process saves the ledger at a time */
	pg_atomic_uint32 snapshot_slot;
	pg_atomic_uint64 mirrored; /* newest record known to be in the tables */
	pg_atomic_uint64 lost;
	pg_atomic_uint64 write_failures;
	HealLedger ledger;
} LedgerShared;

static LedgerShared *shared = NULL;
static bool patient = true; /* may wait for the disk */

/* Loading, in the postmaster */

static void
load(void)
{
	uint32 slot = 0;

	shared->clean_shutdown = heal_shut_down_clean();
	if (!heal_journal_load(&shared->ledger, &shared->journal_id, &slot))
	{
		snprintf(shared->problem, sizeof(shared->problem),
				 "the journal cannot be opened or created: %s",
				 strerror(errno));
		ereport(
			LOG, errmsg("selfheal: %s", shared->problem),
			errdetail(
				"Nothing will be done to heal this server until that is repaired and the server restarted."));
		return;
	}
	pg_atomic_write_u32(&shared->snapshot_slot, slot);
	shared->snapshot_sequence = shared->ledger.sequence;
	shared->usable = true;
	pg_atomic_write_u32(&shared->unreconciled, 1);
}

static Size
ledger_size(void)
{
	return sizeof(LedgerShared);
}

static void
ledger_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
		pg_atomic_init_u32(&shared->unreconciled, 0);
		pg_atomic_init_flag(&shared->snapshotting);
		pg_atomic_init_u32(&shared->snapshot_slot, 1);
		pg_atomic_init_u64(&shared->mirrored, 0);
		pg_atomic_init_u64(&shared->lost, 0);
		pg_atomic_init_u64(&shared->write_failures, 0);
		load();
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_ledger");
}

const HealSegment heal_ledger_segment = {"selfheal ledger", ledger_size,
										 ledger_attach};

/* Writing */

/*
 * Save the whole ledger when many records have come since the last time. Whoever writes a record may
 * have to do it; the engine, which must not wait for a disk, leaves it to the others while it can.
 */
static void
snapshot_if_due(void)
{
	HealLedger *copy;
	uint32 slot;

	if (shared->ledger.sequence - shared->snapshot_sequence <
			(patient ? HEAL_SNAPSHOT_EVERY : HEAL_JOURNAL_RECORDS / 2) ||
		!pg_atomic_test_set_flag(&shared->snapshotting))
		return;
	copy = malloc(sizeof(HealLedger));
	if (copy != NULL)
	{
		LWLockAcquire(&shared->lock, LW_SHARED);
		memcpy(copy, &shared->ledger, sizeof(*copy));
		LWLockRelease(&shared->lock);
		slot = pg_atomic_read_u32(&shared->snapshot_slot) & 1;
		if (heal_journal_save_ledger(slot, copy))
		{
			/* only now: a failed save must not be followed by one over the other, intact snapshot */
			pg_atomic_fetch_add_u32(&shared->snapshot_slot, 1);
			LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
			shared->snapshot_sequence = copy->sequence;
			LWLockRelease(&shared->lock);
		}
		free(copy);
	}
	pg_atomic_clear_flag(&shared->snapshotting);
}

static bool
write_record(uint64 sequence, HealRecordType type, const void *payload,
			 bool durable)
{
	bool written = shared->usable &&
				   heal_journal_write_record(sequence, type, payload, durable);

	if (!written)
		pg_atomic_fetch_add_u64(&shared->write_failures, 1);
	else
		snapshot_if_due();
	return written;
}

void
heal_ledger_never_wait(void)
{
	patient = false;
}

void
heal_ledger_save_if_due(void)
{
	if (shared->usable)
		snapshot_if_due();
}

bool
heal_ledger_write(HealRecordType type, const void *payload, bool durable)
{
	uint64 sequence;
	HealOrder stop;
	HealOrder passive;
	bool applied;
	bool kept = true;

	if (shared == NULL)
		return false;
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	applied = heal_ledger_apply_next(&shared->ledger, type, payload, &sequence);
	stop = shared->ledger.stop;
	passive = shared->ledger.passive;
	LWLockRelease(&shared->lock);
	if (!applied)
	{
		ereport(
			LOG,
			errmsg("selfheal: a record of type %d makes no sense", (int) type),
			errdetail("It was not applied, and is neither in the journal "
					  "nor in the tables. All else goes on."),
			errhint("This is a fault of selfheal: please report it, with "
					"the versions of selfheal and the server."));
		return false;
	}
	if (type == HEAL_RECORD_STOP || type == HEAL_RECORD_PASSIVE)
		kept = heal_journal_write_orders(&stop, &passive);
	return write_record(sequence, type, payload, durable) && kept;
}

/*
 * What a recoverer must have on disk before it goes on. The engine and the sessions decide without
 * waiting for the disk: a decision lost in a crash has not been acted on.
 */
static bool
must_be_durable(HealStage stage)
{
	return stage == HEAL_CLAIMED || stage == HEAL_EXECUTING ||
		   stage == HEAL_EXECUTED || stage == HEAL_ROLLING_BACK ||
		   stage == HEAL_SUCCEEDED || stage == HEAL_ROLLED_BACK ||
		   stage == HEAL_FAILED;
}

HealStored
heal_recovery_store(HealRecovery *next, HealStage to, const char *format, ...)
{
	HealRecovery *kept;
	HealStored result = HEAL_CHANGED_MEANWHILE;
	uint64 sequence = 0;
	char message[HEAL_SENTENCE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	kept = heal_ledger_recovery(&shared->ledger, next->id);
	if (kept != NULL && kept->stage == next->stage &&
		kept->steps == next->steps &&
		heal_stage_may_move((HealStage) next->stage, to))
	{
		next->stage = to;
		next->steps++;
		if (heal_stage_is_final(to))
			next->finished_at = GetCurrentTimestamp();
		strlcpy(next->message, message, sizeof(next->message));
		if (heal_ledger_apply_next(&shared->ledger, HEAL_RECORD_RECOVERY, next,
								   &sequence))
			result = HEAL_STORED;
	}
	if (kept != NULL && result != HEAL_STORED)
		*next = *kept;
	LWLockRelease(&shared->lock);

	if (result == HEAL_STORED && !write_record(sequence, HEAL_RECORD_RECOVERY,
											   next, must_be_durable(to)))
		result = HEAL_NOT_DURABLE;
	return result;
}

bool
heal_recovery_take_over(const HealRecovery *recovery, int32 recoverer)
{
	HealRecovery *kept;
	bool taken = false;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	kept = heal_ledger_recovery(&shared->ledger, recovery->id);
	if (kept != NULL && kept->recoverer == recovery->recoverer &&
		kept->stage == recovery->stage && kept->steps == recovery->steps)
	{
		kept->recoverer = recoverer;
		taken = true;
	}
	LWLockRelease(&shared->lock);
	return taken;
}

bool
heal_recovery_create(HealRecovery *recovery)
{
	uint64 sequence = 0;
	bool created = false;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (heal_ledger_has_room_for_recovery(&shared->ledger))
	{
		if (recovery->id == 0)
			recovery->id = shared->ledger.next_recovery;
		created = heal_ledger_apply_next(&shared->ledger, HEAL_RECORD_RECOVERY,
										 recovery, &sequence);
	}
	LWLockRelease(&shared->lock);
	/* whether it got to the journal shows when it must be durable there */
	if (created)
		write_record(sequence, HEAL_RECORD_RECOVERY, recovery, false);
	return created;
}

int64
heal_recovery_reserve_id(void)
{
	int64 id;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	id = shared->ledger.next_recovery++;
	LWLockRelease(&shared->lock);
	return id;
}

int64
heal_ledger_next_anomaly(void)
{
	int64 id;

	LWLockAcquire(&shared->lock, LW_SHARED);
	id = shared->ledger.next_anomaly;
	LWLockRelease(&shared->lock);
	return id;
}

void
heal_ledger_copy_said(HealSaid *said)
{
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(said->bar, shared->ledger.bar, sizeof(said->bar));
	memcpy(said->sensitivity, shared->ledger.sensitivity,
		   sizeof(said->sensitivity));
	LWLockRelease(&shared->lock);
}

bool
heal_failure_create(HealFailure *failure)
{
	uint64 sequence = 0;
	bool created = false;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (heal_ledger_has_room_for_failure(&shared->ledger))
	{
		failure->id = shared->ledger.next_failure;
		created = heal_ledger_apply_next(&shared->ledger, HEAL_RECORD_FAILURE,
										 failure, &sequence);
	}
	LWLockRelease(&shared->lock);
	if (created)
		write_record(sequence, HEAL_RECORD_FAILURE, failure, false);
	return created;
}

bool
heal_escalation_create(HealEscalation *escalation)
{
	uint64 sequence = 0;
	bool created = false;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (!heal_ledger_escalated(&shared->ledger, escalation->failure,
							   escalation->recovery))
	{
		escalation->id = shared->ledger.next_escalation;
		created = heal_ledger_apply_next(
			&shared->ledger, HEAL_RECORD_ESCALATION, escalation, &sequence);
	}
	LWLockRelease(&shared->lock);
	if (created)
		write_record(sequence, HEAL_RECORD_ESCALATION, escalation, false);
	return created;
}

/* Reading */

bool
heal_ledger_ready(const char **problem)
{
	if (shared == NULL || !shared->usable)
	{
		if (problem != NULL)
			*problem =
				shared == NULL ? "selfheal is not preloaded" : shared->problem;
		return false;
	}
	if (problem != NULL)
		*problem = NULL;
	return true;
}

HealLedger *
heal_ledger_copy(void)
{
	HealLedger *copy = palloc(sizeof(HealLedger));

	/* recoveries are told of by the names of their remedies */
	heal_user_remedies_load();
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(copy, &shared->ledger, sizeof(*copy));
	LWLockRelease(&shared->lock);
	return copy;
}

bool
heal_ledger_quiet(void)
{
	bool quiet;

	LWLockAcquire(&shared->lock, LW_SHARED);
	quiet = heal_ledger_is_quiet(&shared->ledger);
	LWLockRelease(&shared->lock);
	return quiet;
}

int
heal_ledger_copy_open_failures(HealFailure *copy)
{
	int count = 0;

	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_MAX_FAILURES; i++)
		if (shared->ledger.failure[i].id != 0 &&
			shared->ledger.failure[i].status != HEAL_FAILURE_CLOSED)
			copy[count++] = shared->ledger.failure[i];
	LWLockRelease(&shared->lock);
	return count;
}

void
heal_ledger_copy_health(HealHealthKept kept[HEAL_MAX_HEALTH])
{
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(kept, shared->ledger.health, sizeof(shared->ledger.health));
	LWLockRelease(&shared->lock);
}

bool
heal_ledger_has_loans(void)
{
	bool has = false;

	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_MAX_RECOVERIES && !has; i++)
		has = heal_recovery_is_a_loan(&shared->ledger.recovery[i]);
	LWLockRelease(&shared->lock);
	return has;
}

bool
heal_ledger_copy_recovery(int64 id, HealRecovery *copy)
{
	HealRecovery *kept;

	LWLockAcquire(&shared->lock, LW_SHARED);
	kept = heal_ledger_recovery(&shared->ledger, id);
	if (kept != NULL)
		*copy = *kept;
	LWLockRelease(&shared->lock);
	return kept != NULL;
}

bool
heal_ledger_copy_owed(int remedy, HealRecovery *copy)
{
	const HealRecovery *kept;

	if (shared == NULL)
		return false;
	LWLockAcquire(&shared->lock, LW_SHARED);
	kept = heal_ledger_owed(&shared->ledger, remedy);
	if (kept != NULL)
		*copy = *kept;
	LWLockRelease(&shared->lock);
	return kept != NULL;
}

void
heal_ledger_settle(int64 recovery)
{
	HealRecovery settled;

	if (!heal_ledger_copy_recovery(recovery, &settled) ||
		settled.change.done != HEAL_TARGET_SIGNALLED)
		return;
	settled.change.done = HEAL_TARGET_LEFT;
	heal_ledger_write(HEAL_RECORD_RECOVERY, &settled, false);
}

void
heal_ledger_touch_failure(const HealFailure *failure)
{
	HealFailure *kept;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	kept = heal_ledger_failure(&shared->ledger, failure->id);
	if (kept != NULL && kept->status != HEAL_FAILURE_CLOSED)
		*kept = *failure;
	LWLockRelease(&shared->lock);
}

uint64
heal_journal_id(void)
{
	return shared->journal_id;
}

uint64
heal_journal_mirrored(void)
{
	return pg_atomic_read_u64(&shared->mirrored);
}

void
heal_journal_set_mirrored(uint64 sequence)
{
	pg_atomic_write_u64(&shared->mirrored, sequence);
}

uint64
heal_journal_lost(void)
{
	return pg_atomic_read_u64(&shared->lost);
}

void
heal_journal_add_lost(uint64 records)
{
	pg_atomic_fetch_add_u64(&shared->lost, records);
}

uint64
heal_journal_write_failures(void)
{
	return pg_atomic_read_u64(&shared->write_failures);
}

uint64
heal_journal_sequence(void)
{
	uint64 sequence;

	LWLockAcquire(&shared->lock, LW_SHARED);
	sequence = shared->ledger.sequence;
	LWLockRelease(&shared->lock);
	return sequence;
}

void
heal_ledger_raise_sequence(uint64 sequence)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	if (shared->ledger.sequence < sequence)
		shared->ledger.sequence = sequence;
	LWLockRelease(&shared->lock);
}

bool
heal_ledger_unreconciled(void)
{
	return pg_atomic_read_u32(&shared->unreconciled) != 0;
}

void
heal_ledger_set_reconciled(void)
{
	pg_atomic_write_u32(&shared->unreconciled, 0);
}

bool
heal_ledger_take_clean_start(void)
{
	bool clean = shared->clean_shutdown;

	shared->clean_shutdown = false;
	return clean;
}

HealOrder
heal_ledger_passive(void)
{
	HealOrder passive;

	LWLockAcquire(&shared->lock, LW_SHARED);
	passive = shared->ledger.passive;
	LWLockRelease(&shared->lock);
	return passive;
}

/*
 * usermetric_pg.c
 *		Metrics of users in shared memory.
 *
 * Only the engine gives and takes rows. Before it takes one it makes series and baseline forget it,
 * and a row rests before it has another name; so whoever loads names first and copies values after
 * never sees one metric's values under another's name.
 *
 * A run that takes the whole server down leaves nothing in shared memory. So its name stands in a
 * small file while it runs: not flushed, as a crash of the server does not take what was written.
 */
#include "postgres.h"

#include <math.h>

#include "miscadmin.h"
#include "port/atomics.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

#include "db/crashnote.h"
#include "db/shmem.h"
#include "detect/anomaly_pg.h"
#include "sample/sampler_pg.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

#define CRASH_FILE "selfheal.metric"
#define CRASHED_FAILURES 20 /* in a row: the longest back-off */

typedef struct UserShared
{
	pg_atomic_uint64 changes; /* of the table, committed */
	pg_atomic_uint64 names;	  /* changes of what the rows are */
	LWLock lock;			  /* protects all below */
	int tranche;
	HealUserSlot slot[HEAL_USER_METRICS];
	HealUserReading reading;
	bool wanted_is_new;
	int32 wanted;
	HealUserDefinition definition[HEAL_USER_METRICS]; /* [wanted] */
	char read_error[HEAL_USER_PARTS][HEAL_USER_ERROR];
	char crashed[HEAL_NAME_SIZE]; /* ran when the server crashed */
} UserShared;

static UserShared *shared = NULL;
static uint64 names_loaded = 0; /* by this process */

void
heal_user_crash_note(const char *name)
{
	heal_crash_note(CRASH_FILE, 0, name);
}

static Size
user_size(void)
{
	return sizeof(UserShared);
}

static void
user_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		pg_atomic_init_u64(&shared->changes, 1); /* nothing has been read */
		pg_atomic_init_u64(&shared->names, 0);
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->lock, shared->tranche);
		names_loaded = 0;
		for (int i = 0; i < HEAL_USER_METRICS; i++)
			heal_metric_bind(i, NULL);
		heal_crash_notes_take(CRASH_FILE, 1, &shared->crashed);
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_user_metrics");
}

const HealSegment heal_user_segment = {"selfheal user metrics", user_size,
									   user_attach};

/* Everybody's */

static void
bind_row(int i, const HealUserSlot *slot)
{
	const HealUserDefinition *definition = &slot->definition;
	char meaning[HEAL_USER_ERROR];
	HealMetric metric = {
		.name = definition->name,
		.unit = (HealUnit) definition->unit,
		.kind = HEAL_GAUGE,
		.bad = (HealBadDirection) definition->bad,
		.component = definition->component,
		.category = heal_category_lookup(definition->category),
		.meaning = meaning,
	};

	if (slot->state != HEAL_USER_BOUND)
	{
		heal_metric_bind(i, NULL);
		return;
	}
	snprintf(meaning, sizeof(meaning), "%s.%s() in database %s",
			 definition->schema, definition->function, definition->database);
	heal_metric_bind(i, &metric);
}

void
heal_user_metrics_load(void)
{
	uint64 names = pg_atomic_read_u64(&shared->names);

	if (names == names_loaded)
		return;
	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
		bind_row(i, &shared->slot[i]);
	LWLockRelease(&shared->lock);
	names_loaded = names;
}

void
heal_user_metrics_copy(HealUserSlot slots[HEAL_USER_METRICS])
{
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(slots, shared->slot, sizeof(shared->slot));
	LWLockRelease(&shared->lock);
}

void
heal_user_metrics_known(HealTime now, bool known[HEAL_USER_METRICS])
{
	LWLockAcquire(&shared->lock, LW_SHARED);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		const HealUserSlot *slot = &shared->slot[i];

		known[i] = slot->state == HEAL_USER_BOUND && slot->runs.value_at != 0 &&
				   now - slot->runs.value_at <= 3 * slot->definition.interval;
	}
	LWLockRelease(&shared->lock);
}

void
heal_user_metrics_changed(void)
{
	pg_atomic_fetch_add_u64(&shared->changes, 1);
}

/* The postmaster is alone, and takes no lock. */
void
heal_user_metrics_restore(HealUserNames names)
{
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		if (names[i][0] == '\0')
			continue;
		shared->slot[i].state = HEAL_USER_KEPT;
		memcpy(shared->slot[i].definition.name, names[i], HEAL_NAME_SIZE);
	}
}

/* The sampler's */

void
heal_user_metrics_read(HealReading *reading)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		HealUserSlot *slot = &shared->slot[i];

		if (slot->state != HEAL_USER_BOUND || slot->runs.sampled)
			continue;
		reading->value[HEAL_BUILT_IN_METRICS + i] = slot->runs.value;
		slot->runs.sampled = true;
	}
	LWLockRelease(&shared->lock);
}

/* The reader's */

uint64
heal_user_changes(void)
{
	return pg_atomic_read_u64(&shared->changes);
}

void
heal_user_definitions_publish(const HealUserDefinition *definitions, int count,
							  uint64 changes)
{
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	memcpy(shared->definition, definitions, sizeof(*definitions) * count);
	shared->wanted = count;
	shared->wanted_is_new = true;
	shared->reading.changes = changes;
	shared->reading.reads++;
	LWLockRelease(&shared->lock);
}

/* What was read before goes on to hold. Once per error in the log. */
void
heal_user_part_read(HealUserPart part, const char *error)
{
	static const char *const what[HEAL_USER_PARTS] = {
		[HEAL_USER_PART_GRAPH] =
			"what users have changed of the causal graph could not be read",
		[HEAL_USER_PART_INCIDENTS] =
			"incidents of known cause could not be read",
		[HEAL_USER_PART_REMEDIES] = "the remedies of users could not be read",
		[HEAL_USER_PART_METRICS] = "the metrics of users could not be read",
	};
	char *before = shared->read_error[part];
	bool is_new;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	is_new = error != NULL && strncmp(before, error, HEAL_USER_ERROR - 1) != 0;
	strlcpy(before, error != NULL ? error : "", HEAL_USER_ERROR);
	shared->reading.failed += error != NULL;
	/* what was read is counted with the definitions: heal_user_metrics_apply() knows newer ones by it */
	shared->reading.reads += error != NULL && part == HEAL_USER_PART_METRICS;
	LWLockRelease(&shared->lock);
	if (is_new)
		ereport(heal_log_at(HEAL_LOG_WARN),
				errmsg("selfheal: %s: %s", what[part], error),
				errdetail(
					"What was known before goes on to hold; it tries again."));
}

/* The runner's */

int
heal_user_run_begin(const char *database, HealUserDefinition *definition)
{
	TimestampTz now = GetCurrentTimestamp();
	int i;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	i = heal_user_due(shared->slot, database, now);
	if (i >= 0)
	{
		heal_user_begin(&shared->slot[i], now);
		*definition = shared->slot[i].definition;
		shared->reading.begun++;
	}
	LWLockRelease(&shared->lock);
	if (i >= 0)
		heal_user_crash_note(definition->name);
	return i;
}

/* Under the lock: NULL when it was removed meanwhile. */
static HealUserSlot *
still_run(int i, const HealUserDefinition *of)
{
	HealUserSlot *slot = &shared->slot[i];

	return slot->state == HEAL_USER_BOUND && slot->runs.running &&
				   slot->definition.added_at == of->added_at &&
				   strcmp(slot->definition.name, of->name) == 0
			   ? slot
			   : NULL;
}

void
heal_user_run_succeed(int i, const HealUserDefinition *of, double value)
{
	TimestampTz now = GetCurrentTimestamp();
	HealUserSlot *slot;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	slot = still_run(i, of);
	if (slot != NULL)
		heal_user_succeed(slot, value, now);
	LWLockRelease(&shared->lock);
}

void
heal_user_run_fail(int i, const HealUserDefinition *of, const char *error,
				   bool gone)
{
	TimestampTz now = GetCurrentTimestamp();
	HealUserSlot *slot;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	slot = still_run(i, of);
	if (slot != NULL)
		heal_user_fail(slot, error, gone, now);
	LWLockRelease(&shared->lock);
}

/* The engine's */

HealUserReading
heal_user_reading(void)
{
	HealUserReading reading;

	LWLockAcquire(&shared->lock, LW_SHARED);
	reading = shared->reading;
	LWLockRelease(&shared->lock);
	return reading;
}

/* Under the lock. */
static void
blame(TimestampTz now)
{
	for (int i = 0; i < HEAL_USER_METRICS; i++)
	{
		HealUserSlot *slot = &shared->slot[i];

		if (slot->state != HEAL_USER_BOUND ||
			strcmp(slot->definition.name, shared->crashed) != 0)
			continue;
		slot->runs.failures_in_a_row = CRASHED_FAILURES;
		heal_user_refuse(
			slot,
			"the server crashed, or was stopped at once, while it ran; remove and add it to have it run now",
			false, now);
	}
	shared->crashed[0] = '\0';
}

/* What the rows are to become; false when they are that already. */
static bool
plan(HealUserDefinition *definitions, int *count, int64 *reads,
	 HealUserChange *change, TimestampTz now)
{
	HealUserSlot *slots;
	bool is_due;

	LWLockAcquire(&shared->lock, LW_SHARED);
	is_due = shared->wanted_is_new || shared->reading.waiting > 0;
	LWLockRelease(&shared->lock);
	if (!is_due)
		return false;
	slots = palloc(sizeof(shared->slot));
	LWLockAcquire(&shared->lock, LW_SHARED);
	memcpy(slots, shared->slot, sizeof(shared->slot));
	memcpy(definitions, shared->definition, sizeof(shared->definition));
	*count = shared->wanted;
	*reads = shared->reading.reads;
	LWLockRelease(&shared->lock);
	heal_user_bind(slots, definitions, *count, now, change);
	pfree(slots);
	return true;
}

void
heal_user_metrics_apply(TimestampTz now)
{
	HealUserDefinition *definitions = palloc(sizeof(shared->definition));
	HealUserChange change;
	int64 reads;
	int count;

	if (!plan(definitions, &count, &reads, &change, now))
	{
		pfree(definitions);
		return;
	}
	/* what is taken away is forgotten first, while nobody else can have its row */
	for (int i = 0; i < HEAL_USER_METRICS; i++)
		if (change.freed[i])
		{
			heal_sample_forget(HEAL_BUILT_IN_METRICS + i);
			heal_anomaly_forget(HEAL_BUILT_IN_METRICS + i);
		}
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	heal_user_bind(shared->slot, definitions, count, now, &change);
	shared->reading.waiting = change.waiting;
	/* unless the next ones have come meanwhile */
	if (shared->reading.reads == reads)
		shared->wanted_is_new = false;
	if (shared->crashed[0] != '\0')
		blame(now);
	pg_atomic_fetch_add_u64(&shared->names, 1);
	LWLockRelease(&shared->lock);
	pfree(definitions);
	heal_user_metrics_load();
}

void
heal_user_runs_ended(const char *error, TimestampTz before)
{
	TimestampTz now = GetCurrentTimestamp();

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < HEAL_USER_METRICS; i++)
		if (shared->slot[i].runs.running &&
			shared->slot[i].runs.begun_at <= before)
			heal_user_fail(&shared->slot[i], error, false, now);
	LWLockRelease(&shared->lock);
}

void
heal_user_runs_refused(const char *database, const char *error, bool gone)
{
	TimestampTz now = GetCurrentTimestamp();
	int i;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	while ((i = heal_user_due(shared->slot, database, now)) >= 0)
		heal_user_refuse(&shared->slot[i], error, gone, now);
	LWLockRelease(&shared->lock);
}

/*
 * keeper_pg.c
 *		Keeps samples over a restart, in a file of the data directory.
 *
 * A process of its own, for a moment every selfheal.ring_save_interval: the disk may be
 * slow, and the heartbeat must not wait for it. What the heartbeat does wait for is the
 * copy of some megabytes of memory, a fraction of a millisecond. The file is replaced as
 * a whole, so it is the old one or the new one. Only when the engine itself is told to
 * end does it save, as then there is no next heartbeat to delay.
 *
 * The postmaster reads the file before any process exists. Samples are worth less than
 * a server that starts: whatever is wrong with the file is said in the log, and the
 * rings begin empty.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "config/book_pg.h"
#include "db/shmem.h"
#include "db/worker.h"
#include "detect/anomaly_pg.h"
#include "detect/baselinekeeper_pg.h"
#include "history/origin_pg.h"
#include "predict/predict_pg.h"
#include "sample/disk_pg.h"
#include "sample/keeper_pg.h"
#include "sample/keptfile_pg.h"
#include "sample/ringfile.h"
#include "sample/sampler_pg.h"
#include "sample/usermetric_pg.h"
#include "settings.h"

#define RING_FILE "selfheal.samples"
#define LOOK_EVERY HEAL_MINUTE			   /* at the disks */
#define SETTINGS_EVERY (10 * HEAL_SECOND)  /* at most */
#define FORGETTING_EVERY (5 * HEAL_SECOND) /* at most */
#define BASELINES_SELDOMER 10			   /* than samples */
#define RETRY_AFTER (5 * HEAL_SECOND)	   /* no worker could be started */

typedef struct KeeperShared
{
	LWLock saving; /* held while either file is written: one at a time */
	bool baselines_failing; /* the last try; under saving */
	LWLock lock;			/* protects what follows */
	int tranche;
	uint64
		forgotten; /* of heal_baselines_forgotten(), the file knows so many */
	HealKeeperStatus status;
} KeeperShared;

/* Everything that is kept; too large for a stack. */
typedef struct Kept
{
	HealSeries series;
	HealUserNames user_names; /* when it is read */
} Kept;

static KeeperShared *shared = NULL;

/* Reading, in the postmaster */

/* NULL = all is well. */
static const char *
take_in(int file, const unsigned char *bytes, size_t size, Kept *kept,
		HealTime *saved_at)
{
	HealRingHeader header;
	HealRingVerdict verdict =
		heal_ringfile_header(bytes, size, &header, heal_crc32c);

	if (verdict == HEAL_RING_INTACT &&
		!heal_file_origin_is_ours(file, &header.origin))
		return "the file is of another data directory";
	if (verdict == HEAL_RING_INTACT)
		verdict =
			heal_ringfile_decode(bytes, size, GetCurrentTimestamp(),
								 &kept->series, kept->user_names, heal_crc32c);
	switch (verdict)
	{
		case HEAL_RING_OTHER_FORMAT:
			return "the file has another format";
		case HEAL_RING_TORN:
			return "the file is damaged";
		case HEAL_RING_INTACT:
			break;
	}
	heal_sample_restore(&kept->series);
	heal_user_metrics_restore(kept->user_names);
	*saved_at = header.saved_at;
	return NULL;
}

static void
load(void)
{
	HealKeptFile file;
	const char *problem = heal_keptfile_open(RING_FILE, &file);
	Kept *kept = calloc(1, sizeof(Kept));

	if (problem == NULL && kept == NULL)
		problem = "out of memory";
	if (problem == NULL && file.bytes != NULL)
		problem = take_in(file.descriptor, file.bytes, file.size, kept,
						  &shared->status.restored_from);
	if (problem != NULL)
		ereport(
			LOG,
			errmsg("selfheal: earlier samples were not read back: %s", problem),
			errdetail("The file is \"%s\". Sampling begins anew.", RING_FILE));
	heal_keptfile_close(&file);
	if (kept != NULL)
		heal_baselines_load(kept->user_names);
	free(kept);
}

static Size
keeper_size(void)
{
	return sizeof(KeeperShared);
}

static void
keeper_attach(void *address, bool found)
{
	shared = address;
	if (!found)
	{
		memset(shared, 0, sizeof(*shared));
		shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&shared->saving, shared->tranche);
		LWLockInitialize(&shared->lock, shared->tranche);
		load();
	}
	LWLockRegisterTranche(shared->tranche, "selfheal_keeper");
}

const HealSegment heal_keeper_segment = {"selfheal keeper", keeper_size,
										 keeper_attach};

HealKeeperStatus
heal_keeper_status(void)
{
	HealKeeperStatus status;

	LWLockAcquire(&shared->lock, LW_SHARED);
	status = shared->status;
	LWLockRelease(&shared->lock);
	return status;
}

/* Writing */

static void
encode(const void *what, const HealFileOrigin *origin, unsigned char *bytes)
{
	const Kept *kept = what;

	heal_ringfile_encode(&kept->series, origin, GetCurrentTimestamp(), bytes,
						 heal_crc32c);
}

static bool
copy_and_write(size_t *size)
{
	Kept *kept = malloc(sizeof(Kept));
	unsigned char *bytes = NULL;
	bool saved = false;
	int error = ENOMEM;

	if (kept != NULL)
	{
		heal_user_metrics_load();
		heal_sample_copy(&kept->series);
		*size = heal_ringfile_size(&kept->series);
		bytes = malloc(*size);
	}
	if (bytes != NULL)
	{
		saved = heal_keptfile_replace(RING_FILE, encode, kept, bytes, *size);
		error = errno;
	}
	free(bytes);
	free(kept);
	errno = error;
	return saved;
}

static void
note_result(bool saved, int error, size_t size, int64 took_us)
{
	bool failing;

	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	failing = shared->status.failing;
	shared->status.failing = !saved;
	if (saved)
	{
		shared->status.saved_at = GetCurrentTimestamp();
		shared->status.save_us = took_us;
		shared->status.bytes = size;
		shared->status.problem[0] = '\0';
	}
	else
	{
		shared->status.failures++;
		strlcpy(shared->status.problem, strerror(error),
				sizeof(shared->status.problem));
	}
	LWLockRelease(&shared->lock);
	heal_keptfile_note(RING_FILE, "samples", saved, error, &failing);
}

/* Raises no error; does nothing while somebody else saves. */
static void
save(void)
{
	HealTime begun = GetCurrentTimestamp();
	size_t size = 0;
	bool saved;
	int error;

	if (!LWLockConditionalAcquire(&shared->saving, LW_EXCLUSIVE))
		return;
	saved = copy_and_write(&size);
	error = errno;
	LWLockRelease(&shared->saving);
	note_result(saved, error, size, GetCurrentTimestamp() - begun);
}

static void
save_baselines(void)
{
	uint64 forgotten = heal_baselines_forgotten(); /* before they are copied */
	bool saved;

	if (!LWLockConditionalAcquire(&shared->saving, LW_EXCLUSIVE))
		return;
	saved = heal_baselines_save(&shared->baselines_failing);
	LWLockRelease(&shared->saving);
	if (!saved)
		return;
	LWLockAcquire(&shared->lock, LW_EXCLUSIVE);
	shared->forgotten = Max(shared->forgotten, forgotten);
	LWLockRelease(&shared->lock);
}

/* Whether a crash would bring back what somebody had forgotten. */
static bool
must_forget(void)
{
	uint64 forgotten;

	LWLockAcquire(&shared->lock, LW_SHARED);
	forgotten = shared->forgotten;
	LWLockRelease(&shared->lock);
	return heal_baselines_forgotten() != forgotten;
}

void
heal_keep_at_exit(void)
{
	if (heal_config_is_unsaved())
		heal_config_save();
	if (heal_ring_save_interval > 0 && heal_sample_rows_taken() > 0)
	{
		save();
		save_baselines();
		heal_predict_save();
	}
}

/* The process */

/* What it is started for, as bits of its argument. */
#define TO_SAVE 1
#define TO_LOOK 2
#define TO_SAVE_SETTINGS 4
#define TO_SAVE_BASELINES 8

void
heal_keeper_main(Datum argument)
{
	int tasks = DatumGetInt32(argument);

	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	if (tasks & TO_SAVE_SETTINGS)
		heal_config_save();
	if (tasks & TO_SAVE)
	{
		save();
		heal_predict_save();
	}
	if (tasks & TO_SAVE_BASELINES)
		save_baselines();
	/* last, as this is what may hang */
	if (tasks & TO_LOOK)
		heal_disk_look();
	proc_exit(0);
}

/* The engine's side */

static BackgroundWorkerHandle *keeper = NULL;
static TimestampTz save_due = 0; /* 0 = not known yet */
static TimestampTz look_due = 0;
static TimestampTz settings_due = 0;
static TimestampTz baselines_due = 0; /* 0 = not known yet */
static TimestampTz forgetting_due = 0;
static int64 forgetting_wait = FORGETTING_EVERY;

static bool
launch(int tasks)
{
	const HealWorker worker = {
		.type = "selfheal keeper",
		.function = "heal_keeper_main",
		.start = BgWorkerStart_PostmasterStart,
		.argument = Int32GetDatum(tasks),
	};

	return heal_worker_launch(&worker, &keeper);
}

/* A clock set back, or a shorter interval after a reload, must not make it wait longer. */
static bool
is_due(TimestampTz due, TimestampTz now, int64 interval)
{
	return interval > 0 && (now >= due || due > now + interval);
}

void
heal_keep_stage(void)
{
	TimestampTz now = GetCurrentTimestamp();
	int64 interval = heal_ring_save_interval * HEAL_SECOND;
	int tasks = 0;

	if (save_due == 0)
	{
		save_due = now + interval;
		baselines_due = now + BASELINES_SELDOMER * interval;
	}
	if (heal_worker_runs(keeper))
		return;
	if (is_due(save_due, now, interval))
		tasks |= TO_SAVE;
	if (is_due(baselines_due, now, BASELINES_SELDOMER * interval))
		tasks |= TO_SAVE_BASELINES;
	if (interval > 0 && is_due(forgetting_due, now, forgetting_wait))
	{
		if (must_forget())
			tasks |= TO_SAVE_BASELINES;
		else
			forgetting_wait = FORGETTING_EVERY;
	}
	if (is_due(look_due, now, LOOK_EVERY))
		tasks |= TO_LOOK;
	if (is_due(settings_due, now, SETTINGS_EVERY) && heal_config_is_unsaved())
		tasks |= TO_SAVE_SETTINGS;
	if (tasks == 0)
		return;
	settings_due =
		tasks & TO_SAVE_SETTINGS ? now + SETTINGS_EVERY : settings_due;
	if (!launch(tasks))
	{
		save_due =
			tasks & TO_SAVE ? now + Min(interval, RETRY_AFTER) : save_due;
		look_due = tasks & TO_LOOK ? now + RETRY_AFTER : look_due;
		forgetting_due = now + RETRY_AFTER;
		return;
	}
	save_due = tasks & TO_SAVE ? now + interval : save_due;
	if (tasks & TO_SAVE_BASELINES)
	{
		baselines_due = now + BASELINES_SELDOMER * interval;
		/* longer each time, should it go on failing */
		forgetting_due = now + forgetting_wait;
		forgetting_wait = Min(2 * forgetting_wait, HEAL_MINUTE);
	}
	look_due = tasks & TO_LOOK ? now + LOOK_EVERY : look_due;
}

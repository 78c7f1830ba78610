/*
 * shmem.c
 *		Reserves and attaches the segments of every stage.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#include "db/shmem.h"

/* The keeper's attaching fills those before it from its file. */
static const HealSegment *const segments[] = {
	&heal_ledger_segment,	&heal_sample_segment,	&heal_detect_segment,
	&heal_user_segment,		&heal_keeper_segment,	&heal_series_segment,
	&heal_disk_segment,		&heal_flight_segment,	&heal_overhead_segment,
	&heal_engine_segment,	&heal_gate_segment,		&heal_scan_segment,
	&heal_config_segment,	&heal_database_segment, &heal_load_segment,
	&heal_rollback_segment, &heal_ailment_segment,	&heal_escalation_segment,
	&heal_refusal_segment,	&heal_remedy_segment,	&heal_spill_segment,
	&heal_health_segment,	&heal_probe_segment,	&heal_predict_segment,
	&heal_reported_segment, &heal_cause_segment,
};

static bool ready = false;

void
heal_shmem_request(void)
{
	for (int i = 0; i < lengthof(segments); i++)
		RequestAddinShmemSpace(segments[i]->size());
}

void
heal_shmem_startup(void)
{
	void *address[lengthof(segments)];
	bool found[lengthof(segments)];

	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (int i = 0; i < lengthof(segments); i++)
		address[i] =
			ShmemInitStruct(segments[i]->name, segments[i]->size(), &found[i]);
	LWLockRelease(AddinShmemInitLock);
	/* outside the lock, as the ledger reads its journal here */
	for (int i = 0; i < lengthof(segments); i++)
		segments[i]->attach(address[i], found[i]);
	ready = true;
}

Size
heal_shmem_bytes(void)
{
	Size bytes = 0;

	for (int i = 0; i < lengthof(segments); i++)
		bytes = add_size(bytes, segments[i]->size());
	return bytes;
}

bool
heal_shmem_ready(void)
{
	return ready;
}

void
heal_shmem_require(void)
{
	if (!ready)
		ereport(
			ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			errmsg("selfheal is not preloaded"),
			errdetail(
				"Its engine runs only when the server loads the library at start."),
			errhint(
				"Add selfheal to shared_preload_libraries and restart the server."));
}

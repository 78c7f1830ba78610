/*
 * shmem.h
 *		The table of our shared-memory segments.
 */
#ifndef HEAL_SHMEM_H
#define HEAL_SHMEM_H

#include "postgres.h"

typedef struct HealSegment
{
	const char *name;
	Size (*size)(void);
	/* Called with the address in every process that attaches; found = false the first time. */
	void (*attach)(void *address, bool found);
} HealSegment;

extern void heal_shmem_request(void);
extern void heal_shmem_startup(void);
/* False when the library was not preloaded: then there is no shared memory of ours. */
extern bool heal_shmem_ready(void);
/* All segments together. */
extern Size heal_shmem_bytes(void);
/* ERROR with the one message for "not preloaded" unless ready; first call of every SQL function that needs it. */
extern void heal_shmem_require(void);

/* The segments, one per stage, defined in that stage's _pg.c file. */
extern const HealSegment heal_sample_segment;
extern const HealSegment heal_config_segment;
extern const HealSegment heal_database_segment;
extern const HealSegment heal_ailment_segment;
extern const HealSegment heal_detect_segment;
extern const HealSegment heal_disk_segment;
extern const HealSegment heal_escalation_segment;
extern const HealSegment heal_remedy_segment;
extern const HealSegment heal_flight_segment;
extern const HealSegment heal_keeper_segment;
extern const HealSegment heal_ledger_segment;
extern const HealSegment heal_load_segment;
extern const HealSegment heal_overhead_segment;
extern const HealSegment heal_rollback_segment;
extern const HealSegment heal_series_segment;
extern const HealSegment heal_engine_segment;
extern const HealSegment heal_gate_segment;
extern const HealSegment heal_scan_segment;
extern const HealSegment heal_user_segment;
extern const HealSegment heal_refusal_segment;
extern const HealSegment heal_spill_segment;
extern const HealSegment heal_health_segment;
extern const HealSegment heal_probe_segment;
extern const HealSegment heal_predict_segment;
extern const HealSegment heal_reported_segment;
extern const HealSegment heal_cause_segment;

#endif

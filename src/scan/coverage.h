/*
 * coverage.h
 *		How far each database has been scanned, and which one is next.
 *
 * A round is all of a database once, in as many passes as its budget needs. A pass ends where the
 * budget does and the next goes on there.
 */
#ifndef HEAL_COVERAGE_H
#define HEAL_COVERAGE_H

#include "base/types.h"

#define HEAL_SCAN_ERROR 160
#define HEAL_SCAN_BATCH 200 /* relations looked at in one transaction */

typedef struct HealScanCoverage
{
	uint32_t database; /* 0 = free */
	char name[HEAL_NAME_SIZE];
	uint32_t
		position; /* relations up to this one are done in this round; 0 = none */
	int32_t batch;		  /* relations at once: fewer after one that failed */
	int64_t tables;		  /* seen in this round */
	int64_t tables_total; /* when the round began */
	int64_t skipped;	  /* in this round, because even alone they failed */
	int64_t rounds;		  /* ended */
	int64_t passes;
	HealTime round_started_at; /* the one going on or ended last */
	HealTime
		before_started_at;	 /* the round before that one; 0 = there was none */
	HealTime round_ended_at; /* 0 = going on */
	HealTime profiled_at; /* start of the last round that took every column */
	HealTime passed_at;	  /* end of the last pass; 0 = none yet */
	HealTime pass_us;	  /* how long that took */
	char error[HEAL_SCAN_ERROR]; /* of the last pass; empty = none */
} HealScanCoverage;

extern HealScanCoverage *
heal_coverage_find(HealScanCoverage *coverage, int capacity, uint32_t database);
/* That of the database, a free one, or else the one passed longest ago, emptied. */
extern HealScanCoverage *heal_coverage_place(HealScanCoverage *coverage,
											 int capacity, uint32_t database);
/*
 * Index of the database to scan now; -1 = none is due. First those never scanned, in turn after the
 * last one; then of those that are due the one passed longest ago. A round that was cut short by its
 * budget goes on at once, one that failed waits as one that is complete.
 */
extern int heal_coverage_next(const uint32_t *database, int count,
							  const HealScanCoverage *coverage, int capacity,
							  uint32_t last, HealTime now, HealTime interval);
/* Starts a round when the one before has ended. */
extern void heal_coverage_begin(HealScanCoverage *coverage, HealTime now,
								HealTime profile_every);
/* True when this round takes every column, not only those analyzed since the round before. */
extern bool heal_coverage_profiles(const HealScanCoverage *coverage);
/* A batch is done up to this relation; last = the round is complete. */
extern void heal_coverage_advance(HealScanCoverage *coverage, uint32_t position,
								  int tables, bool last, HealTime now);
/* A batch was too much at once. */
extern void heal_coverage_shrink(HealScanCoverage *coverage);
/* A batch up to there failed: try fewer at once, or step over the one that fails alone. */
extern void heal_coverage_fail(HealScanCoverage *coverage, uint32_t position);

#endif

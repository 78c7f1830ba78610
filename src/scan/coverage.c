/*
 * coverage.c
 *		How far each database has been scanned, and which one is next.
 */
#include <string.h>

#include "base/due.h"
#include "scan/coverage.h"

HealScanCoverage *
heal_coverage_find(HealScanCoverage *coverage, int capacity, uint32_t database)
{
	for (int i = 0; i < capacity; i++)
		if (coverage[i].database == database)
			return &coverage[i];
	return NULL;
}

HealScanCoverage *
heal_coverage_place(HealScanCoverage *coverage, int capacity, uint32_t database)
{
	HealScanCoverage *found = heal_coverage_find(coverage, capacity, database);

	if (found != NULL)
		return found;
	found = &coverage[0];
	for (int i = 0; i < capacity && found->database != 0; i++)
		if (coverage[i].database == 0 ||
			coverage[i].passed_at < found->passed_at)
			found = &coverage[i];
	memset(found, 0, sizeof(*found));
	found->database = database;
	found->batch = HEAL_SCAN_BATCH;
	return found;
}

static bool
is_due(const HealScanCoverage *coverage, HealTime interval, HealTime now)
{
	bool cut_short =
		coverage->round_ended_at == 0 && coverage->error[0] == '\0';

	return cut_short || heal_due(coverage->passed_at, interval, now);
}

/* Of two never scanned: the one that comes first after last, going round. */
static bool
comes_before(uint32_t a, uint32_t b, uint32_t last)
{
	return (a > last) == (b > last) ? a < b : a > last;
}

int
heal_coverage_next(const uint32_t *database, int count,
				   const HealScanCoverage *coverage, int capacity,
				   uint32_t last, HealTime now, HealTime interval)
{
	int oldest = -1;
	int never = -1;
	HealTime oldest_at = 0;

	for (int i = 0; i < count; i++)
	{
		const HealScanCoverage *known = heal_coverage_find(
			(HealScanCoverage *) coverage, capacity, database[i]);

		if (known == NULL || known->passed_at == 0)
		{
			if (never < 0 || comes_before(database[i], database[never], last))
				never = i;
		}
		else if (is_due(known, interval, now) &&
				 (oldest < 0 || known->passed_at < oldest_at))
		{
			oldest = i;
			oldest_at = known->passed_at;
		}
	}
	return never >= 0 ? never : oldest;
}

void
heal_coverage_begin(HealScanCoverage *coverage, HealTime now,
					HealTime profile_every)
{
	coverage->passes++;
	coverage->error[0] = '\0';
	if (coverage->round_started_at != 0 && coverage->round_ended_at == 0)
		return;
	coverage->before_started_at = coverage->round_started_at;
	coverage->round_started_at = now;
	coverage->round_ended_at = 0;
	coverage->position = 0;
	coverage->tables = 0;
	coverage->skipped = 0;
	if (heal_due(coverage->profiled_at, profile_every, now))
		coverage->profiled_at = now;
}

bool
heal_coverage_profiles(const HealScanCoverage *coverage)
{
	return coverage->profiled_at == coverage->round_started_at;
}

void
heal_coverage_advance(HealScanCoverage *coverage, uint32_t position, int tables,
					  bool last, HealTime now)
{
	coverage->position = position;
	coverage->tables += tables;
	coverage->batch = coverage->batch * 2 < HEAL_SCAN_BATCH
						  ? coverage->batch * 2
						  : HEAL_SCAN_BATCH;
	if (!last)
		return;
	coverage->round_ended_at = now;
	coverage->rounds++;
}

void
heal_coverage_shrink(HealScanCoverage *coverage)
{
	coverage->batch = coverage->batch > 8 ? coverage->batch / 8 : 1;
}

void
heal_coverage_fail(HealScanCoverage *coverage, uint32_t position)
{
	if (coverage->batch == 1 && position > coverage->position)
	{
		coverage->position = position;
		coverage->skipped++;
	}
	heal_coverage_shrink(coverage);
}

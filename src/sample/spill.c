/*
 * spill.c
 *		Whose statements spill to temporary files, and whether a larger work_mem would hold what they spill.
 *
 * Rows take more room in memory than in a file. Measured in a sort: 3.7 times as much for rows of two integers, twice as much for
 * rows of 40 bytes, less for wider ones. A hash also writes what it is probed with, which needs no memory at all. So where
 * a statement wrote no more than its work_mem, twice of that mostly holds it; where it does not, verification finds out.
 */
#include "sample/spill.h"

#define HELD 1.0 /* times work_mem: written, and twice of it holds that */

/* Since when what is kept is all there was. */
static HealTime
complete_since(const HealSpillRow *row, HealTime now)
{
	HealTime since = now - HEAL_SPILL_WINDOW;
	HealTime oldest = now;

	if (row->count < HEAL_SPILLS_KEPT)
		return since;
	for (int i = 0; i < row->count; i++)
		oldest = row->spill[i].at < oldest ? row->spill[i].at : oldest;
	return oldest > since ? oldest : since;
}

HealTime
heal_spill_newest(const HealSpillRow *row)
{
	HealTime newest = 0;

	for (int i = 0; i < row->count; i++)
		newest = row->spill[i].at > newest ? row->spill[i].at : newest;
	return newest;
}

static HealTime
interval_of(const HealSpillRow *row)
{
	HealTime newest = heal_spill_newest(row);
	HealTime oldest = newest;

	for (int i = 0; i < row->count; i++)
		oldest = row->spill[i].at < oldest ? row->spill[i].at : oldest;
	return row->count > 1 ? (newest - oldest) / (row->count - 1) : 0;
}

/* An average of what was there and what comes. */
static double
mixed(double a, int of_a, double b, int of_b)
{
	return of_a + of_b > 0 ? (a * of_a + b * of_b) / (of_a + of_b) : 0;
}

static void
add_figures(HealSpiller *spiller, const HealSpillRow *row, HealTime now)
{
	HealTime since = complete_since(row, now);
	/* what came in a moment is no rate; a failure has to last, so one that is too high for a moment does no harm */
	HealTime least = HEAL_SECOND / 10;
	HealTime lasted = now - since > least ? now - since : least;
	double bytes = 0;
	double ns = 0;
	int fitting = 0;
	int count = 0;

	for (int i = 0; i < row->count; i++)
	{
		const HealSpill *spill = &row->spill[i];

		if (spill->at < since || spill->work_mem != row->work_mem)
			continue;
		count++;
		bytes += (double) spill->bytes;
		ns += (double) spill->ns;
		fitting += (double) spill->bytes <= HELD * row->work_mem * 1024;
	}
	if (count == 0)
		return;
	spiller->bytes =
		mixed(spiller->bytes, spiller->spills, bytes / count, count);
	spiller->fitting = mixed(spiller->fitting, spiller->spills,
							 (double) fitting / count, count);
	spiller->at_once += ns / 1000 / (double) lasted;
	spiller->rate += (double) count * HEAL_MINUTE / (double) lasted;
	spiller->spills += count;
}

void
heal_spiller_add(HealSpiller *spiller, const HealSpillRow *row, HealTime now)
{
	HealTime interval = interval_of(row);

	spiller->work_mem = row->work_mem;
	if (row->fresh_since != 0 &&
		(spiller->fresh_since == 0 || row->fresh_since < spiller->fresh_since))
		spiller->fresh_since = row->fresh_since;
	if (row->fresh_at > spiller->fresh_at)
		spiller->fresh_at = row->fresh_at;
	if (interval > 0 &&
		(spiller->interval == 0 || interval < spiller->interval))
		spiller->interval = interval;
	for (int i = 0; i < row->count; i++)
		if (row->spill[i].work_mem == row->work_mem_before &&
			row->spill[i].at > spiller->stale_at)
			spiller->stale_at = row->spill[i].at;
	if (row->work_mem > 0)
		add_figures(spiller, row, now);
}

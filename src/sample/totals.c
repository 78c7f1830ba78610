/*
 * totals.c
 *		Running totals over members that come and go.
 *
 * A counter of a member that went backwards was reset. Then the totals of that
 * column start again from zero, which whoever compares two readings sees as the
 * reset it is.
 */
#include "sample/totals.h"

#include <string.h>

static HealMember *find(HealTotals *totals, uint32_t id);
static void
add_growth(HealTotals *totals, HealMember *member, const double *count);

void
heal_totals_begin(HealTotals *totals)
{
	totals->cursor = 0;
	for (int i = 0; i < totals->members; i++)
		totals->member[i].seen = false;
}

bool
heal_totals_add(HealTotals *totals, uint32_t id,
				const double count[HEAL_TOTAL_COLUMNS])
{
	HealMember *member = find(totals, id);

	if (member != NULL)
		add_growth(totals, member, count);
	else
	{
		if (totals->members == totals->capacity)
			return false;
		member = &totals->member[totals->members++];
		member->id = id;
	}
	memcpy(member->count, count, sizeof(member->count));
	member->seen = true;
	return true;
}

void
heal_totals_end(HealTotals *totals)
{
	int kept = 0;

	for (int i = 0; i < totals->members; i++)
		if (totals->member[i].seen)
			totals->member[kept++] = totals->member[i];
	totals->members = kept;
}

static HealMember *
find(HealTotals *totals, uint32_t id)
{
	for (int tried = 0; tried < totals->members; tried++)
	{
		int i = totals->cursor;

		totals->cursor = i + 1 < totals->members ? i + 1 : 0;
		if (totals->member[i].id == id)
			return &totals->member[i];
	}
	return NULL;
}

static void
add_growth(HealTotals *totals, HealMember *member, const double *count)
{
	for (int i = 0; i < HEAL_TOTAL_COLUMNS; i++)
	{
		if (count[i] >= member->count[i])
			totals->total[i] += count[i] - member->count[i];
		else
			totals->total[i] = 0;
	}
}

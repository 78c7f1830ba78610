/*
 * ailment.c
 *		The table of the worst that a scan found and a remedy can heal.
 */
#include "scan/ailment.h"

#include <string.h>

#include "base/due.h"

/*
 * Autovacuum comes at 1. The scan tells from 2 on; what is three times over, and still is when the patience
 * ends, autovacuum has passed by.
 */
#define FAR_ABOVE 3.0
#define LATELY HEAL_HOUR /* longer than the patience of any of these */

int
heal_ailment_kind(HealScanKind kind, double value)
{
	switch (kind)
	{
		case HEAL_SCAN_INVALID_INDEX:
			return HEAL_AILMENT_INDEX;
		case HEAL_SCAN_ANALYZE_OVERDUE:
			return value >= FAR_ABOVE ? HEAL_AILMENT_STATISTICS : -1;
		case HEAL_SCAN_VACUUM_OVERDUE:
			return value >= FAR_ABOVE ? HEAL_AILMENT_DEAD_ROWS : -1;
		case HEAL_SCAN_FREEZE_AGE:
		case HEAL_SCAN_MULTIXACT_AGE:
			return HEAL_AILMENT_AGE;
		case HEAL_SCAN_AUTOVACUUM_OFF:
			return value >= FAR_ABOVE ? HEAL_AILMENT_AUTOVACUUM_OFF : -1;
		default:
			return -1;
	}
}

/* Ages first, as they end in a server that takes no writes; an index counts as one that is far above. */
double
heal_ailment_weight(const HealAilment *ailment)
{
	switch (ailment->kind)
	{
		case HEAL_AILMENT_AGE:
			return 1e6 * ailment->value;
		case HEAL_AILMENT_INDEX:
			return FAR_ABOVE;
		default:
			return ailment->value;
	}
}

HealAilment *
heal_ailment_find(HealAilments *ailments, HealAilmentKind kind,
				  uint32_t database, uint32_t relation)
{
	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
	{
		HealAilment *row = &ailments->row[i];

		if (row->database == database && row->relation == relation &&
			row->kind == (int32_t) kind && database != 0)
			return row;
	}
	return NULL;
}

/* What is done again and again is overdue in between by any number of changes: it must not push out what nobody does. */
static double
weight_at(const HealAilment *ailment, HealTime at)
{
	return heal_due(ailment->done_at, LATELY, at) ? heal_ailment_weight(ailment)
												  : 0;
}

/* A free one, else the least bad. */
static HealAilment *
place(HealAilments *ailments, HealTime at)
{
	HealAilment *least = &ailments->row[0];

	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
	{
		HealAilment *row = &ailments->row[i];

		if (row->database == 0)
			return row;
		if (weight_at(row, at) < weight_at(least, at))
			least = row;
	}
	return least;
}

/* One that was given another name meanwhile, or whose OID was given again, is another one. */
static bool
same_names(const HealAilment *a, const HealAilment *b)
{
	return strcmp(a->schema, b->schema) == 0 && strcmp(a->name, b->name) == 0;
}

static void
refresh(HealAilment *row, const HealAilment *found)
{
	HealAilment before = *row;

	*row = *found;
	row->first_at = before.first_at;
	row->rests = before.rests;
	row->rest_until = before.rest_until;
	/* two ages of one table are one ailment */
	if (before.seen_at == found->seen_at && before.value > found->value)
		row->value = before.value;
}

void
heal_ailment_note(HealAilments *ailments, const HealAilment *found)
{
	HealAilment *row =
		heal_ailment_find(ailments, (HealAilmentKind) found->kind,
						  found->database, found->relation);

	if (row != NULL && same_names(row, found))
	{
		refresh(row, found);
		return;
	}
	if (row == NULL)
		row = place(ailments, found->seen_at);
	if (row->database != 0 && row->relation != found->relation &&
		weight_at(row, found->seen_at) >= weight_at(found, found->seen_at))
		return;
	*row = *found;
	row->first_at = found->seen_at;
	row->rests = 0;
	row->rest_until = 0;
}

void
heal_ailment_keep(HealAilments *ailments, uint32_t database, uint32_t table,
				  HealTime at)
{
	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
		if (ailments->row[i].database == database &&
			ailments->row[i].table == table)
			ailments->row[i].seen_at = at;
}

void
heal_ailment_sweep(HealAilments *ailments, uint32_t database, uint32_t from,
				   uint32_t to, HealTime started)
{
	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
	{
		HealAilment *row = &ailments->row[i];

		if (row->database == database && row->table > from &&
			row->table <= to && row->seen_at < started)
			memset(row, 0, sizeof(*row));
	}
}

void
heal_ailment_rest_kind(HealAilments *ailments, HealAilmentKind kind,
					   HealTime until)
{
	for (int i = 0; i < HEAL_MAX_AILMENTS; i++)
	{
		HealAilment *row = &ailments->row[i];

		if (row->database != 0 && row->kind == (int32_t) kind &&
			row->rest_until < until)
			row->rest_until = until;
	}
}

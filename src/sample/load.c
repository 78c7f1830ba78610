/*
 * load.c
 *		Whose statements take the time: shares by role, database, application and query.
 *
 * By looking who is in a statement now and then. Sums of durations would be exact, but know
 * nothing of a statement until it ends, and the one that has run for an hour is what this is
 * for. Looks are fair to short ones: of those, one in many is met, and stands for all.
 */
#include "sample/load.h"

#include <stdlib.h>
#include <string.h>

static const char *const kind_names[HEAL_LOAD_KINDS] = {
	[HEAL_LOAD_ROLE] = "role",
	[HEAL_LOAD_DATABASE] = "database",
	[HEAL_LOAD_APPLICATION] = "application",
	[HEAL_LOAD_QUERY] = "query",
};

static uint64_t id_of(const HealLoadLook *look, HealLoadKind kind);
static HealLoadShare *find(HealLoadShare *share, int *count,
						   const HealLoadLook *look, HealLoadKind kind);
static int larger_first(const void *a, const void *b);

const char *
heal_load_kind_name(HealLoadKind kind)
{
	return kind_names[kind];
}

void
heal_load_push(HealLoad *load, const HealLoadLook *look)
{
	load->look[load->pushed++ % HEAL_LOAD_LOOKS] = *look;
}

int
heal_load_shares(const HealLoad *load, HealLoadKind kind, HealTime since,
				 HealLoadShare *share)
{
	int looks =
		load->pushed < HEAL_LOAD_LOOKS ? (int) load->pushed : HEAL_LOAD_LOOKS;
	int count = 0;
	HealTime total = 0;

	for (int i = 0; i < looks; i++)
	{
		const HealLoadLook *look = &load->look[i];
		HealLoadShare *mine;

		if (look->at < since)
			continue;
		mine = find(share, &count, look, kind);
		mine->busy += look->span;
		mine->waiting += look->waiting ? look->span : 0;
		if (look->protection != 0)
		{
			mine->guarded += look->waiting ? 0 : look->span;
			mine->protection = look->protection;
		}
		total += look->span;
	}
	for (int i = 0; i < count; i++)
		share[i].share =
			total > 0 ? (double) share[i].busy / (double) total : 0;
	qsort(share, count, sizeof(*share), larger_first);
	return count;
}

static uint64_t
id_of(const HealLoadLook *look, HealLoadKind kind)
{
	switch (kind)
	{
		case HEAL_LOAD_ROLE:
			return look->role;
		case HEAL_LOAD_DATABASE:
			return look->database;
		case HEAL_LOAD_QUERY:
			return look->query;
		default:
			return 0;
	}
}

/* A new one if need be. */
static HealLoadShare *
find(HealLoadShare *share, int *count, const HealLoadLook *look,
	 HealLoadKind kind)
{
	const char *application =
		kind == HEAL_LOAD_APPLICATION ? look->application : "";
	uint64_t id = id_of(look, kind);
	HealLoadShare *new_one;

	for (int i = 0; i < *count; i++)
		if (share[i].id == id && strcmp(share[i].application, application) == 0)
			return &share[i];
	new_one = &share[(*count)++];
	memset(new_one, 0, sizeof(*new_one));
	new_one->id = id;
	memcpy(new_one->application, application, strlen(application) + 1);
	return new_one;
}

static int
larger_first(const void *a, const void *b)
{
	HealTime left = ((const HealLoadShare *) a)->busy;
	HealTime right = ((const HealLoadShare *) b)->busy;

	return (left < right) - (left > right);
}

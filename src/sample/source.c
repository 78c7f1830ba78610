/*
 * source.c
 *		Whom the load comes from, and how the statements of all others fare meanwhile.
 */
#include "sample/source.h"

#include <math.h>
#include <string.h>

#define LEAST_SHARE 0.1
#define MOST_OF_A_KIND 3

/* Time at work: who waits for a lock is no load. */
static HealTime
work_of(const HealLoadLook *look)
{
	return look->waiting ? 0 : look->span;
}

static HealTime
share_work(const HealLoadShare *share)
{
	return share->busy - share->waiting;
}

static int
looks_of(const HealLoad *load)
{
	return load->pushed < HEAL_LOAD_LOOKS ? (int) load->pushed
										  : HEAL_LOAD_LOOKS;
}

/* In which place of the paces each look's query is; returns when the first look was. */
static HealTime
place_looks(const HealLoad *load, const HealPaces *paces, HealTime since,
			HealSourceWork *work)
{
	HealTime first = INT64_MAX;
	uint64_t query = 0;
	uint32_t database = 0;
	int place = -1;

	memset(work->all, 0, sizeof(work->all));
	for (int i = 0; i < looks_of(load); i++)
	{
		const HealLoadLook *look = &load->look[i];

		if (look->at < since)
			continue;
		if (look->query != query || look->database != database)
			place = heal_paces_find(paces, look->query, look->database);
		query = look->query;
		database = look->database;
		work->place[i] = (int16_t) place;
		if (place >= 0)
			work->all[place] += work_of(look);
		if (look->at < first)
			first = look->at;
	}
	return first;
}

static HealSource
source_of(HealLoadKind kind, const HealLoadShare *share)
{
	HealSource source = {.trouble = HEAL_SOURCE_OF_LOAD};

	switch (kind)
	{
		case HEAL_LOAD_ROLE:
			source.role = (uint32_t) share->id;
			break;
		case HEAL_LOAD_DATABASE:
			source.database = (uint32_t) share->id;
			break;
		case HEAL_LOAD_QUERY:
			source.query = share->id;
			break;
		default:
			memcpy(source.application, share->application,
				   sizeof(source.application));
			break;
	}
	/* who is mostly protected is protected */
	if (share->guarded > share_work(share) / 2)
		source.protection = (HealProtection) share->protection;
	return source;
}

/* What names nobody: no query id, an application without a name. */
static bool
names_somebody(const HealSource *source)
{
	return source->role != 0 || source->database != 0 || source->query != 0 ||
		   source->application[0] != '\0';
}

static bool
is_of(const HealLoadLook *look, const HealSource *source)
{
	return (source->role == 0 || look->role == source->role) &&
		   (source->database == 0 || look->database == source->database) &&
		   (source->query == 0 || look->query == source->query) &&
		   (source->application[0] == '\0' ||
			strcmp(look->application, source->application) == 0);
}

static void
find_own_queries(const HealLoad *load, HealTime since, const HealSource *source,
				 HealSourceWork *work)
{
	memset(work->mine, 0, sizeof(work->mine));
	for (int i = 0; i < looks_of(load); i++)
	{
		const HealLoadLook *look = &load->look[i];

		if (look->at >= since && work->place[i] >= 0 && is_of(look, source))
			work->mine[work->place[i]] += work_of(look);
	}
}

static bool
is_own(const HealPaces *paces, int place, const HealSource *source,
	   const HealSourceWork *work)
{
	if (source->query != 0)
		return paces->pace[place].seen.query == source->query;
	return work->mine[place] > 0 && 2 * work->mine[place] >= work->all[place];
}

/* By what everybody usually takes, and what the others take now. */
static void
compare_with_usual(const HealPaces *paces, const HealSourceWork *work,
				   HealSource *source)
{
	double usual_all = 0;
	double usual_own = 0;
	double calls = 0;
	double expected = 0;
	double taken = 0;

	for (int i = 0; i < HEAL_TOP_QUERIES; i++)
	{
		const HealPace *pace = &paces->pace[i];
		bool own = is_own(paces, i, source, work);

		usual_all += pace->usual.ms;
		usual_own += own ? pace->usual.ms : 0;
		if (own || pace->usual.calls < HEAL_PACE_KNOWN)
			continue;
		calls += pace->now.calls;
		taken += pace->now.ms;
		expected += pace->now.calls * pace->usual.ms / pace->usual.calls;
	}
	source->usual_share = usual_all > 0 ? usual_own / usual_all : NAN;
	source->others_calls = calls;
	source->others_now = calls > 0 ? taken / calls : NAN;
	source->others_usual = calls > 0 ? expected / calls : NAN;
}

static HealTime
all_work(const HealLoadShare *share, int count)
{
	HealTime sum = 0;

	for (int i = 0; i < count; i++)
		sum += share_work(&share[i]);
	return sum;
}

int
heal_sources_of_load(const HealLoad *load, const HealPaces *paces, HealTime now,
					 HealSourceWork *work, HealSource *source, int max)
{
	HealTime since = now - HEAL_SOURCE_WINDOW;
	HealTime first = place_looks(load, paces, since, work);
	double window = (double) (now - first) + HEAL_SECOND;
	int found = 0;

	for (int kind = 0; kind < HEAL_LOAD_KINDS; kind++)
	{
		int count = heal_load_shares(load, kind, since, work->share);
		HealTime all = all_work(work->share, count);
		int of_kind = 0;

		for (int i = 0; i < count && of_kind < MOST_OF_A_KIND && found < max;
			 i++)
		{
			const HealLoadShare *share = &work->share[i];
			HealSource candidate = source_of(kind, share);

			if (share_work(share) < LEAST_SHARE * (double) all || all == 0 ||
				!names_somebody(&candidate))
				continue;
			candidate.share = (double) share_work(share) / (double) all;
			candidate.rate = (double) share_work(share) / window;
			find_own_queries(load, since, &candidate, work);
			compare_with_usual(paces, work, &candidate);
			source[found++] = candidate;
			of_kind++;
		}
	}
	return found;
}

typedef enum VictimKind
{
	BY_QUERY,
	BY_APPLICATION,
	BY_ROLE,
	BY_DATABASE,
	VICTIM_KINDS
} VictimKind;

static HealSource
source_of_victim(const HealVictim *victim, VictimKind kind)
{
	HealSource source = {.trouble = HEAL_SOURCE_OF_DEADLOCKS};

	if (kind == BY_QUERY && victim->alone)
		source.query = victim->query;
	if (kind == BY_APPLICATION)
		memcpy(source.application, victim->application,
			   sizeof(source.application));
	if (kind == BY_ROLE)
		source.role = victim->role;
	if (kind == BY_DATABASE)
		source.database = victim->database;
	return source;
}

static bool
is_victim_of(const HealVictim *victim, const HealSource *source)
{
	return (source->role == 0 || victim->role == source->role) &&
		   (source->database == 0 || victim->database == source->database) &&
		   (source->query == 0 ||
			(victim->alone && victim->query == source->query)) &&
		   (source->application[0] == '\0' ||
			strcmp(victim->application, source->application) == 0);
}

/* Fills in how many of the victims are this source's, and whether most of those are protected. */
static void
count_victims(const HealVictim *victim, int count, HealTime since,
			  HealSource *source)
{
	int all = 0;
	int own = 0;
	int guarded = 0;
	HealProtection why = HEAL_PROTECTED_NOT;

	for (int i = 0; i < count; i++)
	{
		if (victim[i].at < since)
			continue;
		all++;
		if (!is_victim_of(&victim[i], source))
			continue;
		own++;
		guarded += victim[i].protection != HEAL_PROTECTED_NOT;
		if (victim[i].protection != HEAL_PROTECTED_NOT)
			why = (HealProtection) victim[i].protection;
	}
	source->share = all > 0 ? (double) own / all : 0;
	source->rate = (double) own * HEAL_SECOND / HEAL_DEADLOCK_WINDOW;
	source->protection = 2 * guarded > own ? why : HEAL_PROTECTED_NOT;
}

static bool
is_listed(const HealSource *source, int count, const HealSource *candidate)
{
	for (int i = 0; i < count; i++)
		if (source[i].role == candidate->role &&
			source[i].database == candidate->database &&
			source[i].query == candidate->query &&
			strcmp(source[i].application, candidate->application) == 0)
			return true;
	return false;
}

int
heal_sources_of_deadlocks(const HealVictim *victim, int count, HealTime now,
						  HealSource *source, int max)
{
	HealTime since = now - HEAL_DEADLOCK_WINDOW;
	int found = 0;

	for (int kind = 0; kind < VICTIM_KINDS; kind++)
		for (int i = 0; i < count && found < max; i++)
		{
			HealSource candidate = source_of_victim(&victim[i], kind);

			if (victim[i].at < since || !names_somebody(&candidate) ||
				is_listed(source, found, &candidate))
				continue;
			count_victims(victim, count, since, &candidate);
			if (candidate.rate >= HEAL_DEADLOCKS_CALM)
				source[found++] = candidate;
		}
	return found;
}

/*
 * login_table.c
 *		Who failed to log in, from where and how often, in a table of fixed size.
 *
 * Space-saving: when the table is full, a newcomer takes the place of the one with the
 * fewest failures and inherits their number. So whoever fails more often than one in
 * HEAL_LOGINS stays, however many others come once each from ten thousand addresses;
 * and what was inherited is known, so nobody is blamed for more than was seen.
 */
#include "gate/login_table.h"

#include <string.h>

#define NEARLY_ALL 0.8 /* of an address's failures */

/* What the storms are looked for in: rates a second, by the table's places. */
typedef struct Scene
{
	const HealLoginTable *table;
	double own[HEAL_LOGINS];
	double of_address[HEAL_LOGINS]; /* of all places with the same address */
	HealLoginStorm *storm;			/* the worst so far, the worst first */
	int count;
	int max;
} Scene;

static uint32_t hash_of(const HealAttempt *attempt);
static HealLogin *
find(HealLoginTable *table, uint32_t hash, const HealAttempt *attempt);
static HealLogin *new_place(HealLoginTable *table);
static void count_recent(HealLogin *login, int64_t span);
static void look(Scene *scene, HealTime now);
static void add_address(Scene *scene, int place, double least);
static void add_role(Scene *scene, int place, double least);

void
heal_login_table_add(HealLoginTable *table, const HealAttempt *attempt)
{
	uint32_t hash = hash_of(attempt);
	HealLogin *login = find(table, hash, attempt);

	if (login == NULL)
	{
		login = new_place(table);
		login->hash = hash;
		login->inherited = login->count;
		login->first_at = attempt->at;
		memset(login->recent, 0, sizeof(login->recent));
		login->span = 0;
	}
	count_recent(login, attempt->at / HEAL_LOGIN_SPAN);
	login->count++;
	login->last = *attempt;
}

uint64_t
heal_login_failures(const HealLogin *login)
{
	return login->count - login->inherited;
}

/* Spans before the year 2000, as of a clock that was never set, have places as well. */
static int
place_of(int64_t span)
{
	return (int) ((uint64_t) span % HEAL_LOGIN_SPANS);
}

/*
 * A window and not a sum that fades: a storm is over as soon after its end as another, however wild it was. The oldest span
 * has left it, the newest one is not over yet. Sessions read the clock before they come here, so the newest may be ahead.
 */
double
heal_login_rate(const HealLogin *login, HealTime now)
{
	int64_t span = now / HEAL_LOGIN_SPAN;
	HealTime covered = now % HEAL_LOGIN_SPAN;
	uint32_t failures = 0;

	if (login->span - span >= HEAL_LOGIN_SPANS)
		return 0; /* the clock was set back */
	if (login->span > span)
	{
		span = login->span;
		covered = HEAL_LOGIN_SPAN;
	}
	for (int64_t n = span - HEAL_LOGIN_SPANS + 1; n <= login->span; n++)
		failures += login->recent[place_of(n)];
	return (double) failures * HEAL_SECOND /
		   (double) ((HEAL_LOGIN_SPANS - 1) * HEAL_LOGIN_SPAN + covered);
}

int
heal_login_storms(const HealLoginTable *table, HealTime now, double least,
				  HealLoginStorm *storm, int max)
{
	Scene scene = {.table = table, .storm = storm, .max = max};

	look(&scene, now);
	for (int i = 0; i < table->used; i++)
	{
		add_address(&scene, i, least);
		add_role(&scene, i, least);
	}
	return scene.count;
}

static bool
same_address(const Scene *scene, int a, int b)
{
	return strcmp(scene->table->login[a].last.address,
				  scene->table->login[b].last.address) == 0;
}

static bool
same_role(const Scene *scene, int a, int b)
{
	return strcmp(scene->table->login[a].last.role,
				  scene->table->login[b].last.role) == 0;
}

static void
look(Scene *scene, HealTime now)
{
	int used = scene->table->used;

	for (int i = 0; i < used; i++)
		scene->own[i] = heal_login_rate(&scene->table->login[i], now);
	for (int i = 0; i < used; i++)
	{
		scene->of_address[i] = 0;
		for (int j = 0; j < used; j++)
			if (same_address(scene, i, j))
				scene->of_address[i] += scene->own[j];
	}
}

/* In its place among the worst; without room the least of them goes. */
static void
insert(Scene *scene, const HealLoginStorm *found)
{
	int place = scene->count;

	while (place > 0 && scene->storm[place - 1].rate < found->rate)
		place--;
	if (place >= scene->max)
		return;
	if (scene->count < scene->max)
		scene->count++;
	memmove(&scene->storm[place + 1], &scene->storm[place],
			sizeof(*found) * (size_t) (scene->count - 1 - place));
	scene->storm[place] = *found;
}

/* With the role that nearly all of it is on, if there is one. */
static void
add_address(Scene *scene, int place, double least)
{
	const HealLogin *login = scene->table->login;
	HealLoginStorm found = {.rate = scene->of_address[place]};

	if (found.rate < least)
		return;
	strcpy(found.address, login[place].last.address);
	for (int i = 0; i < scene->table->used; i++)
	{
		if (!same_address(scene, i, place))
			continue;
		if (i < place)
			return; /* it was looked at there */
		if (scene->own[i] >= NEARLY_ALL * found.rate)
			strcpy(found.role, login[i].last.role);
	}
	insert(scene, &found);
}

/* From all addresses together that are no storm by themselves. */
static void
add_role(Scene *scene, int place, double least)
{
	HealLoginStorm found = {.rate = 0};

	strcpy(found.role, scene->table->login[place].last.role);
	for (int i = 0; i < scene->table->used; i++)
	{
		if (!same_role(scene, i, place))
			continue;
		if (i < place)
			return;
		if (scene->of_address[i] < HEAL_LOGINS_A_STORM)
			found.rate += scene->own[i];
	}
	if (found.rate >= least)
		insert(scene, &found);
}

/*
 * What is too old leaves. One that comes late has its own span; when it is too late for that, the clock was set back, and all
 * begins anew: what is to come is not known.
 */
static void
count_recent(HealLogin *login, int64_t span)
{
	int64_t ahead = span - login->span;

	if (ahead >= HEAL_LOGIN_SPANS || ahead <= -HEAL_LOGIN_SPANS)
	{
		memset(login->recent, 0, sizeof(login->recent));
		login->span = span;
	}
	while (login->span < span)
		login->recent[place_of(++login->span)] = 0;
	login->recent[place_of(span)]++;
}

static HealLogin *
find(HealLoginTable *table, uint32_t hash, const HealAttempt *attempt)
{
	for (int i = 0; i < table->used; i++)
	{
		HealLogin *login = &table->login[i];

		if (login->hash == hash &&
			strcmp(login->last.role, attempt->role) == 0 &&
			strcmp(login->last.address, attempt->address) == 0)
			return login;
	}
	return NULL;
}

/* Of equals the one that has been quiet for longest goes. */
static HealLogin *
new_place(HealLoginTable *table)
{
	HealLogin *least = &table->login[0];

	if (table->used < HEAL_LOGINS)
		return &table->login[table->used++];
	for (int i = 1; i < HEAL_LOGINS; i++)
	{
		HealLogin *login = &table->login[i];

		if (login->count < least->count ||
			(login->count == least->count && login->last.at < least->last.at))
			least = login;
	}
	return least;
}

/* FNV-1a over both names, with their ends. */
static uint32_t
hash_of(const HealAttempt *attempt)
{
	const char *const names[] = {attempt->role, attempt->address};
	uint32_t hash = UINT32_C(2166136261);

	for (size_t i = 0; i < heal_lengthof(names); i++)
	{
		const char *c = names[i];

		do
			hash = (hash ^ (unsigned char) *c) * UINT32_C(16777619);
		while (*c++ != '\0');
	}
	return hash;
}

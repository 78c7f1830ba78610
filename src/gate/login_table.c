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

#include <math.h>
#include <string.h>

#define HALVES 3.0 /* s; after so long a failure counts half */
#define LN2 0.69314718
#define NEARLY_ALL 0.8 /* of an address's failures */

typedef struct Scene
{
	const HealLoginTable *table;
	HealTime now;
	HealLoginStorm *storm; /* told of so far */
	int count;
} Scene;

static uint32_t hash_of(const HealAttempt *attempt);
static HealLogin *
find(HealLoginTable *table, uint32_t hash, const HealAttempt *attempt);
static HealLogin *new_place(HealLoginTable *table);
static double faded(const HealLogin *login, HealTime now);
static double
rate_of(const Scene *scene, const char *role, const char *address);
static bool is_told(const Scene *scene, const char *role, const char *address);
static void name_its_role(const Scene *scene, HealLoginStorm *storm);

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
		login->recent = 0;
	}
	else
		login->recent = faded(login, attempt->at);
	login->recent += 1;
	login->count++;
	login->last = *attempt;
}

uint64_t
heal_login_failures(const HealLogin *login)
{
	return login->count - login->inherited;
}

double
heal_login_rate(const HealLogin *login, HealTime now)
{
	return faded(login, now) * LN2 / HALVES;
}

int
heal_login_storms(const HealLoginTable *table, HealTime now, double least,
				  HealLoginStorm *storm, int max)
{
	Scene scene = {.table = table, .now = now, .storm = storm};
	double all = rate_of(&scene, NULL, NULL);

	for (int i = 0; i < table->used && all >= least; i++)
	{
		const char *address = table->login[i].last.address;
		double rate = rate_of(&scene, NULL, address);
		HealLoginStorm found = {.rate = rate, .share = rate / all};

		if (rate < least || is_told(&scene, NULL, address) ||
			scene.count >= max)
			continue;
		strcpy(found.address, address);
		name_its_role(&scene, &found);
		storm[scene.count++] = found;
	}
	for (int i = 0; i < table->used && all >= least; i++)
	{
		const char *role = table->login[i].last.role;
		double rate = rate_of(&scene, role, NULL);
		HealLoginStorm found = {.rate = rate, .share = rate / all};

		if (rate < least || is_told(&scene, role, NULL) || scene.count >= max)
			continue;
		strcpy(found.role, role);
		storm[scene.count++] = found;
	}
	return scene.count;
}

/* What was told of, if it is of this address, or of this role wherever it comes from. */
static bool
is_told(const Scene *scene, const char *role, const char *address)
{
	for (int i = 0; i < scene->count; i++)
		if ((address != NULL &&
			 strcmp(scene->storm[i].address, address) == 0) ||
			(role != NULL && scene->storm[i].address[0] == '\0' &&
			 strcmp(scene->storm[i].role, role) == 0))
			return true;
	return false;
}

/* Of a role only what comes from addresses that were not told of. NULL = any. */
static double
rate_of(const Scene *scene, const char *role, const char *address)
{
	double rate = 0;

	for (int i = 0; i < scene->table->used; i++)
	{
		const HealLogin *login = &scene->table->login[i];

		if ((role == NULL || (strcmp(login->last.role, role) == 0 &&
							  !is_told(scene, NULL, login->last.address))) &&
			(address == NULL || strcmp(login->last.address, address) == 0))
			rate += heal_login_rate(login, scene->now);
	}
	return rate;
}

static void
name_its_role(const Scene *scene, HealLoginStorm *storm)
{
	for (int i = 0; i < scene->table->used; i++)
	{
		const HealLogin *login = &scene->table->login[i];

		if (strcmp(login->last.address, storm->address) == 0 &&
			heal_login_rate(login, scene->now) >= NEARLY_ALL * storm->rate)
			strcpy(storm->role, login->last.role);
	}
}

/* Nothing gets younger when the clock is set back. */
static double
faded(const HealLogin *login, HealTime now)
{
	double age = (double) (now - login->last.at) / HEAL_SECOND;

	return login->recent * exp2(-(age > 0 ? age : 0) / HALVES);
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

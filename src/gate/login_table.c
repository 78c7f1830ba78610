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

static uint32_t hash_of(const HealAttempt *attempt);
static HealLogin *
find(HealLoginTable *table, uint32_t hash, const HealAttempt *attempt);
static HealLogin *new_place(HealLoginTable *table);

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
	}
	login->count++;
	login->last = *attempt;
}

uint64_t
heal_login_failures(const HealLogin *login)
{
	return login->count - login->inherited;
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

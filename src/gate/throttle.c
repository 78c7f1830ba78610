/*
 * throttle.c
 *		Rules that slow or refuse the statements and logins of some sessions for a while.
 */
#include "gate/throttle.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[HEAL_THROTTLE_KINDS] = {
	[HEAL_THROTTLE_SLOTS] = "slots",
	[HEAL_THROTTLE_RATE] = "rate",
	[HEAL_THROTTLE_QUARANTINE] = "quarantine",
	[HEAL_THROTTLE_LOGIN_DELAY] = "login delay",
};

static bool is_empty(const HealThrottleScope *scope);
static bool limit_is_good(const HealThrottle *rule);
static bool same_scope(const HealThrottleScope *a, const HealThrottleScope *b);
static int same_rule(const HealThrottleTable *table, const HealThrottle *rule);
static int free_place(const HealThrottleTable *table, uint32_t avoid);
static void append(char *text, size_t size, const char *link, const char *what,
				   const char *name);
static bool matches_name(const char *pattern, const char *name);

const char *
heal_throttle_kind_name(int kind)
{
	return kind >= 0 && kind < HEAL_THROTTLE_KINDS ? kind_names[kind] : "";
}

void
heal_throttle_words(const HealThrottle *rule, char *text, size_t size)
{
	switch (rule->kind)
	{
		case HEAL_THROTTLE_SLOTS:
			snprintf(text, size, "limited to %.0f statement%s at a time",
					 rule->limit, rule->limit == 1 ? "" : "s");
			break;
		case HEAL_THROTTLE_RATE:
			snprintf(text, size, "limited to %g statement%s a second",
					 rule->limit, rule->limit == 1 ? "" : "s");
			break;
		case HEAL_THROTTLE_QUARANTINE:
			snprintf(text, size, "in quarantine");
			break;
		default:
			snprintf(text, size, "made to wait %g ms at each login",
					 rule->limit);
			break;
	}
}

void
heal_scope_words(const HealThrottleScope *scope, const char *role,
				 const char *database, const char *address, char *text,
				 size_t size)
{
	text[0] = '\0';
	if (scope->role != 0)
		append(text, size, "", "role ", role);
	if (scope->query != 0)
	{
		char id[24];

		snprintf(id, sizeof(id), "%lld", (long long) scope->query);
		append(text, size, " with ", "query ", id);
	}
	if (scope->application[0] != '\0')
		append(text, size, " by ", "application ", scope->application);
	if (scope->database != 0)
		append(text, size, " in ", "database ", database);
	if (scope->network.family != HEAL_NETWORK_ANY)
		append(text, size, " from ", "address ", address);
}

HealThrottleProblem
heal_throttle_check(const HealThrottle *rule)
{
	const HealThrottleScope *scope = &rule->scope;

	if (is_empty(scope))
		return HEAL_THROTTLE_NO_SCOPE;
	if (rule->kind == HEAL_THROTTLE_LOGIN_DELAY &&
		(scope->database != 0 || scope->query != 0 ||
		 scope->application[0] != '\0'))
		return HEAL_THROTTLE_BAD_LOGIN_SCOPE;
	if (!limit_is_good(rule))
		return HEAL_THROTTLE_BAD_LIMIT;
	if (rule->until - rule->since < HEAL_SECOND ||
		rule->until - rule->since > HEAL_THROTTLE_LONGEST)
		return HEAL_THROTTLE_BAD_TIME;
	return HEAL_THROTTLE_FINE;
}

int
heal_throttle_put(HealThrottleTable *table, HealThrottle *rule, uint32_t avoid)
{
	int place = same_rule(table, rule);

	if (place < 0)
		place = free_place(table, avoid);
	if (place < 0)
		place = free_place(table, 0);
	if (place < 0)
		return -1;
	rule->id = ++table->last_id;
	table->rule[place] = *rule;
	return place;
}

int
heal_throttle_find(const HealThrottleTable *table, int64_t id)
{
	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (id != 0 && table->rule[i].id == id)
			return i;
	return -1;
}

uint32_t
heal_throttle_match(const HealThrottle rule[HEAL_THROTTLES], bool login,
					const HealVisitor *visitor, HealTime now)
{
	uint32_t mask = 0;

	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (rule[i].id != 0 && rule[i].until > now &&
			(rule[i].kind == HEAL_THROTTLE_LOGIN_DELAY) == login &&
			heal_scope_matches(&rule[i].scope, visitor))
			mask |= UINT32_C(1) << i;
	return mask;
}

bool
heal_scope_matches(const HealThrottleScope *scope, const HealVisitor *visitor)
{
	return (scope->role == 0 || scope->role == visitor->role) &&
		   (scope->database == 0 || scope->database == visitor->database) &&
		   (scope->query == 0 || scope->query == visitor->query) &&
		   (scope->application[0] == '\0' ||
			matches_name(scope->application, visitor->application)) &&
		   heal_network_contains(&scope->network, &visitor->network);
}

/* An application of * is nobody in particular, either. */
static bool
is_empty(const HealThrottleScope *scope)
{
	return scope->role == 0 && scope->database == 0 && scope->query == 0 &&
		   (scope->application[0] == '\0' ||
			strcmp(scope->application, "*") == 0) &&
		   scope->network.family == HEAL_NETWORK_ANY;
}

static bool
limit_is_good(const HealThrottle *rule)
{
	switch (rule->kind)
	{
		case HEAL_THROTTLE_SLOTS:
			return rule->limit >= 1 &&
				   rule->limit <= HEAL_THROTTLE_MOST_SLOTS &&
				   rule->limit == floor(rule->limit);
		case HEAL_THROTTLE_RATE:
			return rule->limit >= HEAL_THROTTLE_LEAST_RATE &&
				   rule->limit <= HEAL_THROTTLE_MOST_RATE;
		case HEAL_THROTTLE_QUARANTINE:
			return rule->limit == 0;
		case HEAL_THROTTLE_LOGIN_DELAY:
			return rule->limit >= 1 && rule->limit <= HEAL_THROTTLE_MOST_DELAY;
		default:
			return false;
	}
}

static bool
same_scope(const HealThrottleScope *a, const HealThrottleScope *b)
{
	return a->role == b->role && a->database == b->database &&
		   a->query == b->query &&
		   strcmp(a->application, b->application) == 0 &&
		   a->network.family == b->network.family &&
		   a->network.bits == b->network.bits &&
		   memcmp(a->network.address, b->network.address,
				  sizeof(a->network.address)) == 0;
}

static int
same_rule(const HealThrottleTable *table, const HealThrottle *rule)
{
	for (int i = 0; i < HEAL_THROTTLES; i++)
	{
		const HealThrottle *other = &table->rule[i];

		if (other->id != 0 && other->kind == rule->kind &&
			other->recovery == rule->recovery &&
			same_scope(&other->scope, &rule->scope))
			return i;
	}
	return -1;
}

static int
free_place(const HealThrottleTable *table, uint32_t avoid)
{
	for (int i = 0; i < HEAL_THROTTLES; i++)
		if (table->rule[i].id == 0 && (avoid & UINT32_C(1) << i) == 0)
			return i;
	return -1;
}

/* link: between this and what is there already */
static void
append(char *text, size_t size, const char *link, const char *what,
	   const char *name)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s%s", used > 0 ? link : "", what,
			 name);
}

static bool
matches_name(const char *pattern, const char *name)
{
	size_t length = strlen(pattern);

	if (length > 0 && pattern[length - 1] == '*')
		return strncmp(pattern, name, length - 1) == 0;
	return strcmp(pattern, name) == 0;
}

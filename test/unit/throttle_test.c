/*
 * throttle_test.c
 *		A rule fits those it names and nobody else, and no rule is without bounds.
 */
#include "gate/throttle.h"

#include "tap.h"

#define NOW INT64_C(800000000000000)

static HealThrottleTable table;

static HealThrottle
rule_of(uint32_t role)
{
	HealThrottle rule = {
		.kind = HEAL_THROTTLE_SLOTS,
		.limit = 2,
		.since = NOW,
		.until = NOW + HEAL_MINUTE,
		.scope = {.role = role},
	};

	return rule;
}

static uint32_t
match(const HealVisitor *visitor, HealTime now)
{
	return heal_throttle_match(table.rule, false, visitor, now);
}

static void
scopes(void)
{
	HealVisitor visitor = {
		.role = 10, .database = 20, .query = 30, .application = "batch 7"};
	HealThrottleScope scope = {0};

	heal_network_parse("10.0.0.7", &visitor.network);
	scope.role = 10;
	ok(heal_scope_matches(&scope, &visitor), "by role");
	scope.database = 20;
	ok(heal_scope_matches(&scope, &visitor), "and database");
	scope.query = 30;
	ok(heal_scope_matches(&scope, &visitor), "and query");
	strcpy(scope.application, "batch*");
	ok(heal_scope_matches(&scope, &visitor), "and beginning of an application");
	heal_network_parse("10.0.0.0/8", &scope.network);
	ok(heal_scope_matches(&scope, &visitor), "and network");

	strcpy(scope.application, "batch");
	ok(!heal_scope_matches(&scope, &visitor), "a whole name is a whole name");
	strcpy(scope.application, "batch 7");
	ok(heal_scope_matches(&scope, &visitor), "which fits itself");
	visitor.role = 11;
	ok(!heal_scope_matches(&scope, &visitor), "every part must fit: role");
	visitor.role = 10;
	visitor.database = 21;
	ok(!heal_scope_matches(&scope, &visitor), "database");
	visitor.database = 20;
	visitor.query = 0;
	ok(!heal_scope_matches(&scope, &visitor), "query, unknown ones do not fit");
	visitor.query = 30;
	heal_network_parse("[local]", &visitor.network);
	ok(!heal_scope_matches(&scope, &visitor), "network");
}

static void
checks(void)
{
	HealThrottle rule = rule_of(10);

	is_int(heal_throttle_check(&rule), HEAL_THROTTLE_FINE, "a good one");
	rule.scope.role = 0;
	is_int(heal_throttle_check(&rule), HEAL_THROTTLE_NO_SCOPE,
		   "nobody named is everybody");
	strcpy(rule.scope.application, "*");
	is_int(heal_throttle_check(&rule), HEAL_THROTTLE_NO_SCOPE,
		   "any application is, too");

	static const struct
	{
		int kind;
		double good, low, high;
	} bounds[] = {
		{HEAL_THROTTLE_SLOTS, 1, 0, 10001},
		{HEAL_THROTTLE_SLOTS, 10000, 1.5, -1},
		{HEAL_THROTTLE_RATE, 0.1, 0.05, 1e7},
		{HEAL_THROTTLE_RATE, 1e6, NAN, INFINITY},
		{HEAL_THROTTLE_QUARANTINE, 0, 1, NAN},
		{HEAL_THROTTLE_LOGIN_DELAY, 1, 0, 10001},
		{HEAL_THROTTLE_LOGIN_DELAY, 10000, NAN, -1},
	};

	for (size_t i = 0; i < heal_lengthof(bounds); i++)
	{
		rule = rule_of(10);
		rule.kind = bounds[i].kind;
		rule.limit = bounds[i].good;
		is_int(heal_throttle_check(&rule), HEAL_THROTTLE_FINE, "within bounds");
		rule.limit = bounds[i].low;
		is_int(heal_throttle_check(&rule), HEAL_THROTTLE_BAD_LIMIT, "below");
		rule.limit = bounds[i].high;
		is_int(heal_throttle_check(&rule), HEAL_THROTTLE_BAD_LIMIT, "above");
	}
	rule = rule_of(10);
	rule.until = NOW + HEAL_THROTTLE_LONGEST + 1;
	is_int(heal_throttle_check(&rule), HEAL_THROTTLE_BAD_TIME, "for too long");
	rule.until = NOW;
	is_int(heal_throttle_check(&rule), HEAL_THROTTLE_BAD_TIME, "for no time");
	rule = rule_of(10);
	rule.kind = HEAL_THROTTLE_LOGIN_DELAY;
	rule.scope.database = 5;
	is_int(heal_throttle_check(&rule), HEAL_THROTTLE_BAD_LOGIN_SCOPE,
		   "of a login the database does not count");
}

static void
places(void)
{
	HealThrottle rule = rule_of(10);
	HealVisitor visitor = {.role = 10, .application = ""};
	int first;

	memset(&table, 0, sizeof(table));
	is_int(match(&visitor, NOW), 0, "no rule, no match");
	first = heal_throttle_put(&table, &rule, 1);
	is_int(first, 1, "a place somebody counts for is avoided");
	is_int(rule.id, 1, "ids begin with 1");
	is_int(match(&visitor, NOW), 2, "it fits");
	is_int(match(&visitor, NOW + HEAL_MINUTE), 0, "until its time is over");
	is_int(heal_throttle_match(table.rule, true, &visitor, NOW), 0,
		   "a login is no statement");
	rule.limit = 3;
	is_int(heal_throttle_put(&table, &rule, 0), first,
		   "the same scope again takes its place");
	is_int(heal_throttle_find(&table, 1), -1, "the old id is gone");
	is_int(heal_throttle_find(&table, rule.id), first, "the new one is there");
	rule.recovery = 7;
	is_int(heal_throttle_put(&table, &rule, 0), 0,
		   "that of a recovery is one beside it");
	rule.kind = HEAL_THROTTLE_RATE;
	is_int(heal_throttle_put(&table, &rule, 0), 2, "as is one of another kind");
	is_int(heal_throttle_find(&table, 0), -1, "a free place has no id");

	for (uint32_t role = 100; role < 100 + HEAL_THROTTLES - 3; role++)
	{
		rule = rule_of(role);
		ok(heal_throttle_put(&table, &rule, UINT32_MAX) >= 0,
		   "in need any place is taken");
	}
	rule = rule_of(99);
	is_int(heal_throttle_put(&table, &rule, 0), -1, "full is full");
}

static void
words(void)
{
	HealThrottle rule = rule_of(10);
	char text[HEAL_SCOPE_TEXT];
	char tiny[12];

	rule.scope.database = 20;
	strcpy(rule.scope.application, "batch");
	rule.scope.query = UINT64_MAX;
	heal_network_parse("10.0.0.0/8", &rule.scope.network);
	heal_scope_words(&rule.scope, "app", "shop", "10.0.0.0/8", text,
					 sizeof(text));
	is_string(text,
			  "role app with query -1 by application batch in database shop "
			  "from address 10.0.0.0/8",
			  "a scope in words");
	heal_scope_words(&rule.scope, "app", "shop", "10.0.0.0/8", tiny,
					 sizeof(tiny));
	is_string(tiny, "role app wi", "cut where there is no room");
	heal_throttle_words(&rule, text, sizeof(text));
	is_string(text, "limited to 2 statements at a time", "slots in words");
	rule.kind = HEAL_THROTTLE_RATE;
	rule.limit = 1;
	heal_throttle_words(&rule, text, sizeof(text));
	is_string(text, "limited to 1 statement a second", "a rate in words");
}

int
main(void)
{
	scopes();
	checks();
	places();
	words();
	return done_testing();
}

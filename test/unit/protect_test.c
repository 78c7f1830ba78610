/*
 * protect_test.c
 *		Which sessions are never touched, and how selfheal.protected_sessions is
 *		read.
 */
#include "decide/protect.h"

#include "tap.h"

/* A session nobody minds ending. */
static const HealSessionFacts ordinary = {
	.client = true,
	.role = "shop",
	.database = "orders",
	.application = "pgbench",
	.list = "",
};

static bool
application_is_backup(const char *application)
{
	HealSessionFacts facts = ordinary;

	facts.application = application;
	return heal_protect_decide(&facts) == HEAL_PROTECTED_BACKUP;
}

static HealProtection
protection_of_role(const char *role)
{
	HealSessionFacts facts = ordinary;

	facts.role = role;
	return heal_protect_decide(&facts);
}

static HealProtection
protection_by_list(const char *list)
{
	HealSessionFacts facts = ordinary;

	facts.list = list;
	return heal_protect_decide(&facts);
}

static void
test_rails(void)
{
	HealSessionFacts facts = ordinary;

	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_NOT,
		   "an ordinary session is not protected");
	facts.list = NULL;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_NOT,
		   "nor without a list");
	facts.database = NULL;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_NOT,
		   "its database need not be known when there is no list");
	facts = ordinary;
	facts.waits_for_standby = true;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_SYNC_WAIT,
		   "whoever waits for a standby is");
	facts.responder = true;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_RESPONDER,
		   "so is who may be responding");
	facts.superuser = true;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_SUPERUSER,
		   "and a superuser");
	facts.role = NULL;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_UNKNOWN,
		   "a role that cannot be looked up could be anybody's");
	facts.client = false;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_NOT_A_CLIENT,
		   "what is no client is left alone, whatever else it is");
}

static void
test_reserved_roles(void)
{
	is_int(protection_of_role("pg_monitor"), HEAL_PROTECTED_RESERVED_ROLE,
		   "roles of the server are reserved");
	is_int(protection_of_role("selfheal_actor"), HEAL_PROTECTED_RESERVED_ROLE,
		   "and ours");
	is_int(protection_of_role("pgbouncer"), HEAL_PROTECTED_NOT,
		   "a name that only begins alike is not");
	is_int(protection_of_role("selfhealer"), HEAL_PROTECTED_NOT,
		   "nor one like ours");
}

static void
test_backups(void)
{
	static const char *const backups[] = {
		"pg_dump",
		"pg_dumpall",
		"pg_basebackup",
		"pg_restore",
		"pgBackRest [backup]",
		"barman_streaming_backup",
		"Barman",
		"wal-g",
		"pg_probackup backup",
	};
	static const char *const others[] = {
		"", "pg_dump_tool", "my pg_dump", "psql", "pg_restored", "walg",
	};
	char name[2 * HEAL_NAME_SIZE];

	for (size_t i = 0; i < heal_lengthof(backups); i++)
	{
		snprintf(name, sizeof(name), "\"%s\" is a backup", backups[i]);
		ok(application_is_backup(backups[i]), name);
	}
	for (size_t i = 0; i < heal_lengthof(others); i++)
	{
		snprintf(name, sizeof(name), "\"%s\" is none", others[i]);
		ok(!application_is_backup(others[i]), name);
	}
	memset(name, 'b', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ok(!application_is_backup(name), "a name beyond its size is read safely");
}

static void
test_list_matches(void)
{
	is_int(protection_by_list("pgbench"), HEAL_PROTECTED_BY_SETTING,
		   "a word alone is an application");
	is_int(protection_by_list("application:pgbench"), HEAL_PROTECTED_BY_SETTING,
		   "as with its prefix");
	is_int(protection_by_list("role:shop"), HEAL_PROTECTED_BY_SETTING,
		   "a role matches");
	is_int(protection_by_list("database:orders"), HEAL_PROTECTED_BY_SETTING,
		   "a database matches");
	is_int(protection_by_list("role:orders, database:shop, shop"),
		   HEAL_PROTECTED_NOT, "each kind against its own name only");
	is_int(protection_by_list("role:sho"), HEAL_PROTECTED_NOT,
		   "a beginning is not enough");
	is_int(protection_by_list("role:shopper"), HEAL_PROTECTED_NOT,
		   "nor is more");
	is_int(protection_by_list("role:sho*"), HEAL_PROTECTED_BY_SETTING,
		   "but a beginning with a star is");
	is_int(protection_by_list("role:shop*"), HEAL_PROTECTED_BY_SETTING,
		   "a star stands for nothing too");
	is_int(protection_by_list("database:*"), HEAL_PROTECTED_BY_SETTING,
		   "or for everything");
	is_int(protection_by_list("role:SHOP, Pgbench"), HEAL_PROTECTED_NOT,
		   "case counts");
	is_int(protection_by_list(" psql ,\t role: shop \n"),
		   HEAL_PROTECTED_BY_SETTING, "blanks around items do not");
	is_int(protection_by_list("  "), HEAL_PROTECTED_NOT,
		   "blanks alone are no list");
	is_int(protection_by_list("rol:x"), HEAL_PROTECTED_BY_SETTING,
		   "an item that cannot be read protects everybody");
	ok(heal_protect_list_matches("my app", "shop", "my app", "orders"),
	   "a name may have blanks inside");
	ok(heal_protect_list_matches("application:a:b", "shop", "a:b", "orders"),
	   "and colons after its prefix");
	ok(!heal_protect_list_matches(NULL, "shop", "pgbench", "orders"),
	   "no list matches nobody");
	ok(!heal_protect_list_matches("role:shop", "", "role:shop", ""),
	   "an empty name matches no pattern");
}

static void
test_unknown_database(void)
{
	HealSessionFacts facts = ordinary;

	facts.list = "database:other";
	facts.database = NULL;
	is_int(heal_protect_decide(&facts), HEAL_PROTECTED_UNKNOWN,
		   "with a list, a database that cannot be looked up could be on it");
}

static void
refused(const char *list, const char *why)
{
	char error[256] = "";
	char name[512];

	snprintf(name, sizeof(name), "\"%.40s\" is refused", list);
	ok(!heal_protect_list_valid(list, error, sizeof(error)), name);
	is_string(error, why, "and it is said why");
}

static void
test_list_valid(void)
{
	static const char *const valid[] = {
		"",
		"  ",
		"psql",
		"role:a,database:b*, application:c d",
		"*",
		"role:*",
		"a234567890123456789012345678901234567890123456789012345678901*",
	};
	char error[256] = "untouched";
	char small[8];
	char name[512];

	for (size_t i = 0; i < heal_lengthof(valid); i++)
	{
		snprintf(name, sizeof(name), "\"%.40s\" is a list", valid[i]);
		ok(heal_protect_list_valid(valid[i], error, sizeof(error)), name);
	}
	is_string(error, "untouched", "and leaves the error alone");
	ok(heal_protect_list_valid(NULL, error, sizeof(error)), "so is none");

	refused("a,,b", "Item 2, \"\", has no name.");
	refused("a,", "Item 2, \"\", has no name.");
	refused(",a", "Item 1, \"\", has no name.");
	refused("a, role:", "Item 2, \"role:\", has no name.");
	refused("rol:x", "Item 1, \"rol:x\", has an unknown prefix: use role:, "
					 "application: or database:.");
	refused("Role:x", "Item 1, \"Role:x\", has an unknown prefix: use role:, "
					  "application: or database:.");
	refused(":x", "Item 1, \":x\", has an unknown prefix: use role:, "
				  "application: or database:.");
	refused("a*b", "Item 1, \"a*b\", has a * that is not at its end.");
	refused("role:**", "Item 1, \"role:**\", has a * that is not at its end.");
	refused("role:a2345678901234567890123456789012345678901234567890123456789"
			"0123456789",
			"Item 1, \"role:a234567890123456789012345678901234567890123456789"
			"01234567890123456789\", is longer than a name can be.");

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	refused(name, "Item 1 is longer than a name can be.");
	ok(!heal_protect_list_valid("rol:x", small, sizeof(small)) &&
		   small[sizeof(small) - 1] == '\0',
	   "a short buffer ends in a NUL");
}

int
main(void)
{
	test_rails();
	test_reserved_roles();
	test_backups();
	test_list_matches();
	test_unknown_database();
	test_list_valid();
	return done_testing();
}

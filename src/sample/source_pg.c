/*
 * source_pg.c
 *		Whom trouble comes from, into the situation.
 */
#include "postgres.h"

#include "db/directory.h"
#include "decide/protect.h"
#include "detect/failure.h"
#include "gate/deadlock_pg.h"
#include "gate/error_pg.h"
#include "gate/throttle.h"
#include "sample/load_pg.h"
#include "sample/source_pg.h"
#include "settings.h"

#define MOST_STORMS 4
#define MOST_OF_DEADLOCKS 8

/* For people; role and database may be gone by now. */
void
heal_source_name(HealSource *source)
{
	const HealRole *role = heal_directory_role(source->role);
	const char *database = heal_directory_database(source->database);
	HealThrottleScope scope = {.role = source->role,
							   .database = source->database,
							   .query = source->query};
	char words[HEAL_SCOPE_TEXT];

	strlcpy(scope.application, source->application, sizeof(scope.application));
	(void) heal_network_parse(source->address, &scope.network);
	heal_scope_words(&scope, role ? NameStr(role->name) : "(dropped)",
					 database ? database : "(dropped)", source->address, words,
					 sizeof(words));
	strlcpy(source->words, words, sizeof(source->words));
}

HealProtection
heal_source_protection(Oid role, Oid database, const char *application)
{
	const HealRole *known = heal_directory_role(role);
	const char *name = heal_directory_database(database);
	HealSessionFacts facts = {
		.client = true,
		.superuser = known != NULL && known->superuser,
		.responder = known != NULL && known->responder,
		.role = known != NULL ? NameStr(known->name) : "",
		.database = name != NULL ? name : "",
		.application = application,
		.list = heal_protected_sessions,
	};

	if ((OidIsValid(role) && known == NULL) ||
		(OidIsValid(database) && name == NULL))
		return HEAL_PROTECTED_UNKNOWN;
	return heal_protect_decide(&facts);
}

/*
 * A role that does not exist and an address that is a host's name cannot be throttled. False when nothing
 * is left of it.
 */
static bool
from_storm(HealSource *source, const HealLoginStorm *storm)
{
	const HealRole *role = heal_directory_role_named(storm->role);
	HealNetwork network;

	*source =
		(HealSource){.trouble = HEAL_SOURCE_OF_LOGINS, .rate = storm->rate};
	if (storm->address[0] != '\0' &&
		heal_network_parse(storm->address, &network))
		strlcpy(source->address, storm->address, sizeof(source->address));
	if (storm->role[0] != '\0' && role != NULL)
	{
		source->role = role->oid;
		source->protection = heal_source_protection(role->oid, InvalidOid, "");
	}
	heal_source_name(source);
	return source->role != 0 || source->address[0] != '\0';
}

static void
read_storms(HealSituation *situation)
{
	HealLoginStorm storm[MOST_STORMS];
	int count = heal_login_storms_copy(HEAL_LOGINS_CALM, storm, MOST_STORMS);

	for (int i = 0; i < count && situation->sources < HEAL_MAX_SOURCES; i++)
		situation->sources +=
			from_storm(&situation->source[situation->sources], &storm[i]);
}

static void
read_deadlocks(HealSituation *situation)
{
	HealVictim victim[HEAL_VICTIMS];
	int count = heal_deadlock_copy(victim);
	int first = situation->sources;

	for (int i = 0; i < count; i++)
		victim[i].protection = heal_source_protection(
			victim[i].role, victim[i].database, victim[i].application);
	situation->sources += heal_sources_of_deadlocks(
		victim, count, situation->taken_at, &situation->source[first],
		Min(MOST_OF_DEADLOCKS, HEAL_MAX_SOURCES - first));
	for (int i = first; i < situation->sources; i++)
		heal_source_name(&situation->source[i]);
}

void
heal_sources_read(HealSituation *situation)
{
	situation->sources = 0;
	read_storms(situation);
	read_deadlocks(situation);
	/* else nobody takes what others need */
	if (heal_is_used_up(situation, heal_connection_slots_threshold))
		heal_load_sources_read(situation);
}

/*
 * change_setting_pg.h
 *		One setting of the server, a database, a role or a table, changed within the rails.
 */
#ifndef HEAL_CHANGE_SETTING_PG_H
#define HEAL_CHANGE_SETTING_PG_H

#include "postgres.h"

typedef enum HealLevel
{
	HEAL_LEVEL_SERVER, /* postgresql.auto.conf */
	HEAL_LEVEL_FILE,   /* any other file: shown, never changed */
	HEAL_LEVEL_DATABASE,
	HEAL_LEVEL_ROLE,
	HEAL_LEVEL_ROLE_IN_DATABASE,
	HEAL_LEVEL_TABLE,
	HEAL_LEVELS
} HealLevel;

#define HEAL_CONNECTION_LIMIT "connection limit" /* of databases and roles */

/* Which setting of whom, and what it should be. */
typedef struct HealSettingOrder
{
	HealLevel level;
	Oid database; /* of levels database and role in database */
	Oid object;	  /* role (0 = all of them) or table */
	const char *
		name; /* of the object when it was looked at; NULL = whatever it is called now */
	const char *parameter;
	const char *value; /* NULL = none of its own: reset */
	bool secret;	   /* the value is not known, only its digest */
} HealSettingOrder;

extern const char *heal_level_name(HealLevel level);
/* HEAL_LEVELS when there is none of this name. */
extern HealLevel heal_level_lookup(const char *name);

/*
 * These need a transaction of a process with a database.
 *
 * The name of what is changed, quoted: "app", "app in database shop", "public.orders"; "" for the
 * server; NULL when it does not exist any more.
 */
extern char *heal_change_object(const HealSettingOrder *change);
/* What is carried out; NULL when there is nothing that could be. */
extern char *heal_change_statement(const HealSettingOrder *change);
/* Why selfheal must not do it, or NULL. */
extern const char *heal_change_objection(const HealSettingOrder *change);

/* From 17 on an administrator can forbid it to everybody. Anywhere. */
extern bool heal_alter_system_is_forbidden(void);

/*
 * Do it, in transactions of its own, after asking for objections once more. Outside of a transaction;
 * false with the reason in why. What is changed at the server takes effect with a reload, which is the
 * caller's.
 */
extern bool heal_change_apply(const HealSettingOrder *change, int timeout_ms,
							  char *why, size_t size);
/*
 * Outside of a transaction, once it is written, by whomever: who wrote it may not have come to the reload. NULL when it is in
 * effect, else why not. What is not the server's is for sessions that begin from now on.
 */
extern const char *
heal_change_bring_into_effect(const HealSettingOrder *change);

#endif

/*
 * userfunction_pg.h
 *		The function behind a metric of a user: whether it may be run, and running it.
 */
#ifndef HEAL_USERFUNCTION_PG_H
#define HEAL_USERFUNCTION_PG_H

#include "postgres.h"

#include "sample/usermetric.h"

#define HEAL_USER_FUNCTION_TYPES \
	"double precision, real, numeric, bigint, integer or smallint"

typedef struct HealUserFunction
{
	Oid oid;
	Oid owner;
	bool gone;					   /* there is no such function */
	char problem[HEAL_USER_ERROR]; /* "" = it may be run */
} HealUserFunction;

/*
 * Looks the function up in this database, in a transaction. It runs as its owner, so it may be
 * used only by who may call it: added_by.
 */
extern HealUserFunction
heal_user_function_find(const char *schema, const char *name, Oid added_by);
/* Why functions of that role are not run, completing "a role, ..."; NULL = they may be. */
extern const char *heal_user_owner_problem(Oid owner);
/* What the role may not do that it takes to call the function; NULL = it may call it. */
extern const char *heal_user_right_problem(Oid role, Oid function, Oid schema);
/*
 * Its value, run as its owner; NaN = NULL. In a read-only transaction with a snapshot, outside SPI.
 * ERROR when it fails or gives what is no number.
 */
extern double
heal_user_function_call(const char *schema, const char *name, Oid owner);

#endif

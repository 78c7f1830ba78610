/*
 * login_table.h
 *		Who failed to log in, from where and how often, in a table of fixed size.
 */
#ifndef HEAL_LOGIN_TABLE_H
#define HEAL_LOGIN_TABLE_H

#include "gate/error_class.h"

#define HEAL_LOGINS 256
#define HEAL_ADDRESS_SIZE 64
/*
 * "Lately" is four seconds: of the ten in a second that are a storm forty, so that some mistypings at once are none. In eight
 * spans, as what has left the window is known to the eighth.
 */
#define HEAL_LOGIN_SPANS 8
#define HEAL_LOGIN_SPAN (HEAL_SECOND / 2)
#define HEAL_LOGINS_A_STORM 10.0 /* that fail in a second */
#define HEAL_LOGINS_CALM 6.0	 /* one is over when fewer do */

/* One failed attempt. */
typedef struct HealAttempt
{
	HealTime at;
	char role[HEAL_NAME_SIZE];		 /* as the client said: need not exist */
	char address[HEAL_ADDRESS_SIZE]; /* or host name, or [local] */
	char sqlstate[HEAL_SQLSTATE_SIZE];
} HealAttempt;

typedef struct HealLogin
{
	uint32_t hash;
	uint64_t count;		/* at most so many failures */
	uint64_t inherited; /* of them from whoever had this place before */
	uint32_t recent[HEAL_LOGIN_SPANS]; /* its own; span n at n modulo them */
	int64_t span;					   /* number of the newest */
	HealTime first_at;				   /* since it has this place */
	HealAttempt last;
} HealLogin;

typedef struct HealLoginStorm
{
	char role[HEAL_NAME_SIZE];		 /* "" = any */
	char address[HEAL_ADDRESS_SIZE]; /* likewise */
	double rate;					 /* a second */
} HealLoginStorm;

/* All zero is empty. */
typedef struct HealLoginTable
{
	int32_t used;
	HealLogin login[HEAL_LOGINS];
} HealLoginTable;

extern void
heal_login_table_add(HealLoginTable *table, const HealAttempt *attempt);
/* Failures a second, in the four seconds until then. */
extern double heal_login_rate(const HealLogin *login, HealTime now);
/*
 * Where most of them come from, at least so many a second together, the worst first: an address, with the role if nearly
 * all are on one; and a role from all addresses that are no storm by themselves. Returns how many.
 */
extern int heal_login_storms(const HealLoginTable *table, HealTime now,
							 double least, HealLoginStorm *storm, int max);
/* Failures that were certainly its own. */
extern uint64_t heal_login_failures(const HealLogin *login);

#endif

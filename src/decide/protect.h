/*
 * protect.h
 *		Which sessions must never be touched.
 *
 * selfheal.protected_sessions is a comma separated list of patterns: role:NAME,
 * application:NAME or database:NAME; a word without a prefix is the name of an
 * application. A trailing * stands for any ending. Names are compared as they
 * are, case included.
 */
#ifndef HEAL_PROTECT_H
#define HEAL_PROTECT_H

#include "sample/situation.h"

/* What the decision needs to know of one session. */
typedef struct HealSessionFacts
{
	bool client;			 /* a client backend, and not the one that asks */
	bool superuser;			 /* its role is */
	bool responder;			 /* member of selfheal_admin or selfheal_operator */
	bool waits_for_standby;	 /* for the acknowledgement of its commit */
	const char *role;		 /* NULL = could not be looked up */
	const char *database;	 /* NULL = unknown; not needed without a list */
	const char *application; /* never NULL */
	const char *list; /* selfheal.protected_sessions; may be NULL or empty */
} HealSessionFacts;

extern HealProtection heal_protect_decide(const HealSessionFacts *facts);

/*
 * False when text is not such a list; then error says why, as a sentence (256
 * bytes are enough).
 */
extern bool heal_protect_list_valid(const char *text, char *error, size_t size);
extern bool
heal_protect_list_matches(const char *text, const char *role,
						  const char *application, const char *database);

#endif

/*
 * throttle.h
 *		Rules that slow or refuse the statements and logins of some sessions for a while.
 *
 * A rule names its sessions by what they cannot choose to hide - role, database, address -
 * or by application name or query id; every part that is given must fit. A rule without
 * any would be everybody, and is refused.
 */
#ifndef HEAL_THROTTLE_H
#define HEAL_THROTTLE_H

#include "base/types.h"
#include "gate/network.h"

#define HEAL_THROTTLES 32	/* a set of rules is a mask of 32 bits */
#define HEAL_SCOPE_TEXT 448 /* five names and the words between them */
#define HEAL_THROTTLE_REASON 256

typedef enum HealThrottleKind
{
	HEAL_THROTTLE_SLOTS,	   /* so many statements at once */
	HEAL_THROTTLE_RATE,		   /* so many statements a second */
	HEAL_THROTTLE_QUARANTINE,  /* none */
	HEAL_THROTTLE_LOGIN_DELAY, /* logins take so many milliseconds longer */
	HEAL_THROTTLE_KINDS
} HealThrottleKind;

typedef struct HealThrottleScope
{
	uint32_t role; /* OID, as logged in; 0 = any */
	uint32_t database;
	uint64_t query;
	char
		application[HEAL_NAME_SIZE]; /* "" = any; a trailing * for any ending */
	HealNetwork network;
} HealThrottleScope;

typedef struct HealThrottle
{
	int64_t id;		  /* 0 = a free place */
	int64_t recovery; /* 0 = by hand */
	int32_t kind;	  /* HealThrottleKind */
	bool refuse;  /* who has waited long enough, or finds no place to wait */
	double limit; /* what it means is up to the kind */
	HealTime since;
	HealTime until;
	HealThrottleScope scope;
	char scope_text[HEAL_SCOPE_TEXT]; /* the same in words: "role app" */
	char by[HEAL_NAME_SIZE];
	char reason[HEAL_THROTTLE_REASON];
} HealThrottle;

/* A session with its statement, or one that logs in: query 0, and database if known. */
typedef struct HealVisitor
{
	uint32_t role;
	uint32_t database;
	uint64_t query;
	const char *application;
	HealNetwork network; /* of one address */
} HealVisitor;

typedef struct HealThrottleTable
{
	int64_t last_id;
	HealThrottle rule[HEAL_THROTTLES];
} HealThrottleTable;

typedef enum HealThrottleProblem
{
	HEAL_THROTTLE_FINE,
	HEAL_THROTTLE_NO_SCOPE,
	HEAL_THROTTLE_BAD_LIMIT,
	HEAL_THROTTLE_BAD_TIME,
	HEAL_THROTTLE_BAD_LOGIN_SCOPE, /* of a login only role and address are known */
	HEAL_THROTTLE_TABLE_FULL
} HealThrottleProblem;

#define HEAL_THROTTLE_MOST_SLOTS 10000
#define HEAL_THROTTLE_LEAST_RATE 0.1
#define HEAL_THROTTLE_MOST_RATE 1e6
#define HEAL_THROTTLE_MOST_DELAY 10000.0 /* ms */
#define HEAL_THROTTLE_LONGEST HEAL_DAY

extern const char *heal_throttle_kind_name(int kind);
/* "role app in database shop"; the names of what the scope has */
extern void heal_scope_words(const HealThrottleScope *scope, const char *role,
							 const char *database, const char *address,
							 char *text, size_t size);
/* "limited to 2 statements at a time" */
extern void
heal_throttle_words(const HealThrottle *rule, char *text, size_t size);
extern HealThrottleProblem heal_throttle_check(const HealThrottle *rule);
/*
 * Puts the rule into the table and gives it an id; the one of the same scope, kind and
 * recovery makes way. avoid: places that somebody still counts for, used only if there
 * is no other. Returns the place, -1 when there is none.
 */
extern int
heal_throttle_put(HealThrottleTable *table, HealThrottle *rule, uint32_t avoid);
/* The place of a rule, -1 when there is none. */
extern int heal_throttle_find(const HealThrottleTable *table, int64_t id);
/* The rules of statements, or of logins, that fit a visitor and are not over. */
extern uint32_t
heal_throttle_match(const HealThrottle rule[HEAL_THROTTLES], bool login,
					const HealVisitor *visitor, HealTime now);
extern bool
heal_scope_matches(const HealThrottleScope *scope, const HealVisitor *visitor);

#endif

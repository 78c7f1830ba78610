/*
 * relation_pg.h
 *		A table or an index as the target of an act: looked at, held, named.
 */
#ifndef HEAL_RELATION_PG_H
#define HEAL_RELATION_PG_H

#include "postgres.h"

#include "recover/recovery.h"
#include "scan/ailment.h"

typedef struct HealHeld
{
	Oid table; /* the locked one: the relation itself or the table of the index */
	Oid owner; /* of that table */
	bool busy; /* why it is not held: somebody has its lock, so later may do */
} HealHeld;

/* With schema, quoted as SQL wants it. In the current memory context; looks nothing up. */
extern const char *heal_relation_name(const HealSubject *subject);

/*
 * By hand: the relation that a text names in the session of whoever asks, of one of the kinds of
 * pg_class.relkind. ERROR when there is none.
 */
extern HealSubject
heal_relation_parse(const char *target, const char *kinds, const char *remedy);

/*
 * In a transaction: lock the table if its lock is free at this moment, until the transaction ends, and see
 * under that lock that it still is what was chosen. NULL when it is, else why not.
 */
extern const char *
heal_relation_lock(const HealSubject *subject, HealHeld *held);
/* Keep the lock of the transaction over those to come; an error in one of them gives it back. */
extern void heal_relation_hold(const HealHeld *held);
/*
 * Outside of a transaction: lock, last look, and keep the lock; tried again later and later while somebody has it, seven
 * seconds in all. NULL when it is held, else why not.
 */
extern const char *
heal_relation_take_hold(HealRecovery *recovery, HealHeld *held);
extern void heal_relation_release(const HealHeld *held);

/*
 * In a transaction: whether a scan of this one relation finds the ailment still, with the very checks of the
 * scanner. table is the one an index belongs to.
 */
extern bool heal_relation_ails(HealAilmentKind kind, Oid relation, Oid table);
/*
 * The first column of the only row as text, in a transaction, asked as the acting role; NULL = no row, or
 * NULL. $1 is the relation.
 */
extern char *heal_relation_ask(const char *sql, Oid relation);

#endif

/*
 * action_signal_pg.h
 *		Cancel a statement or end a session, with the rights of the acting role only.
 */
#ifndef HEAL_ACTION_SIGNAL_PG_H
#define HEAL_ACTION_SIGNAL_PG_H

#include "postgres.h"

#define HEAL_ACTING_ROLE "selfheal_executor"

/* Its OID, in a transaction of a process with a database. ERROR when the role is no good. */
extern Oid heal_acting_role(void);
/* For the rest of the transaction, or until undone by SetUserIdAndSecContext(). ERROR when the role is no good. */
extern void heal_become_acting_role(void);
#endif

/*
 * action_signal_pg.h
 *		Cancel a statement or end a session, with the rights of the acting role only.
 */
#ifndef HEAL_ACTION_SIGNAL_PG_H
#define HEAL_ACTION_SIGNAL_PG_H

#include "postgres.h"

#define HEAL_ACTING_ROLE "selfheal_executor"

typedef enum HealSignal
{
	HEAL_SIGNAL_CANCEL,
	HEAL_SIGNAL_TERMINATE
} HealSignal;

/* The last look: why it must not be done after all, or NULL. Called in the transaction of the signal. */
typedef const char *(*HealLastLook)(void *argument);

/* For the rest of the transaction, or until undone by SetUserIdAndSecContext(). ERROR when the role is no good. */
extern void heal_become_acting_role(void);
/*
 * In a transaction of its own, outside of which it must be called. Whatever may have to wait comes
 * before the last look, and nothing but the signal after it. False when it was not sent; why then
 * holds the reason. Never raises an error.
 */
extern bool heal_signal_send(HealSignal signal, int pid, HealLastLook look,
							 void *argument, char *why, size_t size);

#endif

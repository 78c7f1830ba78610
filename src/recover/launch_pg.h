/*
 * launch_pg.h
 *		The engine's side of recoveries: expire, withdraw, launch, look after.
 */
#ifndef HEAL_LAUNCH_PG_H
#define HEAL_LAUNCH_PG_H

extern void heal_recover_stage(void);
/* What a restarted server left unfinished, before anything else is decided. Does nothing a second time. */
extern void heal_recover_reconcile(void);

#endif

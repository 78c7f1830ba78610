/*
 * give_back_pg.h
 *		Settings that were raised, given back when nothing needs them any more.
 */
#ifndef HEAL_GIVE_BACK_PG_H
#define HEAL_GIVE_BACK_PG_H

/* A stage of the heartbeat. */
extern void heal_give_back_stage(void);

#endif

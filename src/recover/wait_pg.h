/*
 * wait_pg.h
 *		Waiting in a worker.
 */
#ifndef HEAL_WAIT_PG_H
#define HEAL_WAIT_PG_H

/* So many ms, all of them, whoever sets our latch meanwhile. Handles interrupts and reads settings anew when asked. */
extern void heal_wait_ms(long ms);

#endif

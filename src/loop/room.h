/*
 * room.h
 *		Whether a worker may be started for something that can wait.
 */
#ifndef HEAL_ROOM_H
#define HEAL_ROOM_H

#include "postgres.h"

/* In the engine: not when that would take one of the last slots, which healing needs. */
extern bool heal_room_for_worker(void);

#endif

/*
 * room.c
 *		Whether a worker may be started for something that can wait.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "loop/engine.h"
#include "loop/room.h"
#include "sample/backends_pg.h"

#define SPARE_SLOTS 3 /* of workers, left for the scribe and for recoveries */

bool
heal_room_for_worker(void)
{
	int used = 0;

	if (heal_engine_status().worker_slots_short)
		return false;
	for (int i = 0; i < heal_backends_count(); i++)
		used += heal_backend(i)->type == B_BG_WORKER;
	return max_worker_processes - used > SPARE_SLOTS;
}

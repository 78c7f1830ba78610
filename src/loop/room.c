/*
 * room.c
 *		Whether a worker may be started for something that can wait.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/backend_status.h"

#include "compat.h"
#include "loop/engine.h"
#include "loop/room.h"

#define SPARE_SLOTS 3 /* of workers, left for the scribe and for recoveries */

bool
heal_room_for_worker(void)
{
	int used = 0;

	if (heal_engine_status().worker_slots_short)
		return false;
	for (int i = 1; i <= pgstat_fetch_stat_numbackends(); i++)
		if (pgstat_get_local_beentry_by_index(i)
				->backendStatus.st_backendType == B_BG_WORKER)
			used++;
	return max_worker_processes - used > SPARE_SLOTS;
}

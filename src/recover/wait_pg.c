/*
 * wait_pg.c
 *		Waiting in a worker.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/latch.h"

#include "base/types.h"
#include "compat.h"
#include "db/clock.h"
#include "db/reload.h"
#include "recover/wait_pg.h"

void
heal_wait_ms(long ms)
{
	int64 end = heal_monotonic_us() + ms * HEAL_MILLISECOND;

	for (int64 left = end - heal_monotonic_us(); left > 0;
		 left = end - heal_monotonic_us())
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 left / HEAL_MILLISECOND + 1, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		heal_reload_if_asked();
	}
}

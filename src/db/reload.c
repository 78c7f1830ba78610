/*
 * reload.c
 *		The configuration files, read again by this process and by the whole server.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/wait_event.h"

#include "base/types.h"
#include "db/clock.h"
#include "db/reload.h"

#define TAKES (5 * HEAL_SECOND)
#define LOOK_EVERY_MS 20

void
heal_reload_if_asked(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

bool
heal_reload_server(void)
{
	int64 until = heal_monotonic_us() + TAKES;

	ConfigReloadPending = false;
	if (kill(PostmasterPid, SIGHUP) != 0)
		return false;
	/* the server passes the signal on when it has read the files itself */
	while (!ConfigReloadPending && heal_monotonic_us() < until)
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 LOOK_EVERY_MS, PG_WAIT_EXTENSION);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	if (!ConfigReloadPending)
		return false;
	heal_reload_if_asked();
	return true;
}

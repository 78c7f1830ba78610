/*
 * failover_none_pg.c
 *		No cluster manager is in charge: tell the administrators how things stand.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "replication/walreceiver.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/spin.h"
#include "utils/guc.h"

#include "recover/failover_pg.h"

static int
streaming_standbys(void)
{
	int count = 0;

	for (int i = 0; i < max_wal_senders; i++)
	{
		WalSnd *sender = &WalSndCtl->walsnds[i];

		SpinLockAcquire(&sender->mutex);
		if (sender->pid != 0 && sender->state == WALSNDSTATE_STREAMING)
			count++;
		SpinLockRelease(&sender->mutex);
	}
	return count;
}

static bool
tell(char *outcome, size_t size)
{
	if (RecoveryInProgress())
		snprintf(outcome, size,
				 "nothing was called. An administrator must see why this "
				 "standby (WAL up to %X/%X) hears nothing of its primary, and "
				 "build it again if it cannot follow; it must be promoted only "
				 "when the primary is known to be stopped",
				 LSN_FORMAT_ARGS(GetWalRcvFlushRecPtr(NULL, NULL)));
	else
		snprintf(outcome, size,
				 "nothing was called. An administrator must decide whether "
				 "this primary (WAL up to %X/%X) is repaired or one of its %d "
				 "streaming standbys takes over; stop this server for certain "
				 "before promoting another",
				 LSN_FORMAT_ARGS(GetFlushRecPtr(NULL)), streaming_standbys());
	return true;
}

const HealFailoverAdapter heal_failover_none = {
	.name = "none",
	.statement =
		"nothing is called: no cluster manager is known, so the administrators are told",
	.hand_over = tell,
};

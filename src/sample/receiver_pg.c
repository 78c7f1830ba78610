/*
 * receiver_pg.c
 *		The process of a standby that receives WAL.
 */
#include "postgres.h"

#include "replication/walreceiver.h"
#include "storage/spin.h"

#include "sample/receiver_pg.h"

/* The pid is 0 when it is not streaming. */
static int
look(HealTime *heard_at)
{
	int pid;

	SpinLockAcquire(&WalRcv->mutex);
	pid = WalRcv->walRcvState == WALRCV_STREAMING ? WalRcv->pid : 0;
	*heard_at = WalRcv->lastMsgReceiptTime;
	SpinLockRelease(&WalRcv->mutex);
	return pid;
}

void
heal_receiver_read(HealSituation *situation)
{
	HealReceiver *receiver = &situation->receiver;
	int pid;

	if (!situation->in_recovery)
		return;
	pid = look(&receiver->heard_at);
	receiver->timeout = wal_receiver_timeout * HEAL_MILLISECOND;
	for (int i = 0; pid != 0 && i < situation->sessions; i++)
		if (situation->session[i].id.pid == pid &&
			situation->session[i].process == HEAL_PROCESS_WAL_RECEIVER)
			receiver->id = situation->session[i].id;
}

bool
heal_receiver_heard_since(HealTime since)
{
	HealTime heard_at;

	return look(&heard_at) != 0 && heard_at > since;
}

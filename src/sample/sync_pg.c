/*
 * sync_pg.c
 *		The standbys that commits wait for.
 *
 * As the server counts them: a walsender that streams and whose standby has said how far it is. One
 * that hangs counts until the server ends its walsender, which is wal_sender_timeout.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "replication/syncrep.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/spin.h"

#include "history/ledger_pg.h"
#include "sample/sync_pg.h"
#include "sample/sync_rule.h"

/* Behind by more than a segment, commits would wait for it to catch up. */
#define CLOSE ((uint64) 16 * 1024 * 1024)
/* A statement that began so long ago and waits has not just come to its commit. */
#define HANGS_AFTER (2 * HEAL_SECOND)

static const HealSession *
session_of(const HealSituation *situation, int pid)
{
	for (int i = 0; i < situation->sessions; i++)
		if (situation->session[i].id.pid == pid)
			return &situation->session[i];
	return NULL;
}

/* False when nobody is sent anything there. */
static bool
read_sender(WalSnd *walsender, XLogRecPtr here, int *pid, HealSender *sender)
{
	WalSndState state;
	XLogRecPtr flush;

	SpinLockAcquire(&walsender->mutex);
	*pid = walsender->pid;
	state = walsender->state;
	flush = walsender->flush;
	SpinLockRelease(&walsender->mutex);
	memset(sender, 0, sizeof(*sender));
	sender->streams =
		(state == WALSNDSTATE_STREAMING || state == WALSNDSTATE_STOPPING) &&
		flush != InvalidXLogRecPtr;
	sender->close = sender->streams && (flush >= here || here - flush <= CLOSE);
	return *pid != 0;
}

static int
read_senders(const HealSituation *situation, HealSender *senders)
{
	XLogRecPtr here = GetFlushRecPtr(NULL);
	int count = 0;

	for (int i = 0; i < max_wal_senders; i++)
	{
		HealSender *sender = &senders[count];
		const HealSession *session;
		int pid;

		if (!read_sender(&WalSndCtl->walsnds[i], here, &pid, sender))
			continue;
		session = session_of(situation, pid);
		if (session == NULL)
			continue;
		sender->since = session->id.backend_start;
		strlcpy(sender->application, session->application,
				sizeof(sender->application));
		count++;
	}
	return count;
}

static void
count_waiters(HealSituation *situation)
{
	HealSync *sync = &situation->sync;

	for (int i = 0; i < situation->sessions; i++)
	{
		const HealSession *session = &situation->session[i];

		if (!session->waits_for_standby)
			continue;
		sync->waiters++;
		sync->hung +=
			session->statement_start < situation->taken_at - HANGS_AFTER;
	}
}

static bool
is_plain(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static void
read_rule(HealSync *sync, const HealSender *senders, int count)
{
	const char *names = SyncRepStandbyNames ? SyncRepStandbyNames : "";
	HealSyncRule rule;
	HealSyncRule reduced;

	sync->known = heal_sync_rule_read(names, &rule);
	if (!sync->known)
		return;
	reduced = heal_sync_rule_reduce(&rule, senders, count);
	sync->wanted = rule.wanted;
	sync->present = heal_sync_rule_present(&rule, senders, count);
	sync->keepable =
		is_plain(names) &&
		strlcpy(sync->names, names, sizeof(sync->names)) <
			sizeof(sync->names) &&
		heal_sync_rule_write(&reduced, sync->instead, sizeof(sync->instead));
	heal_sync_rule_missing(&rule, senders, count, sync->missing,
						   sizeof(sync->missing));
	for (char *at = sync->missing; *at != '\0'; at++)
		if (!is_plain((char[]){*at, '\0'}))
			*at = '?';
}

/* Ours to give back only as long as what we have set is what is in force. */
static void
read_given_up(HealSync *sync, const HealSender *senders, int count)
{
	HealRecovery recovery;
	HealSyncRule rule;

	if (!heal_ledger_copy_owed(HEAL_REMEDY_DEGRADE_SYNC, &recovery) ||
		strcmp(SyncRepStandbyNames ? SyncRepStandbyNames : "",
			   recovery.change.after) != 0 ||
		!heal_sync_rule_read(recovery.change.before, &rule))
		return;
	sync->given_up_by = recovery.id;
	sync->given_up_at = recovery.acted_at;
	strlcpy(sync->given_up, recovery.change.before, sizeof(sync->given_up));
	sync->given_up_wanted = rule.wanted;
	sync->given_up_present = heal_sync_rule_present(&rule, senders, count);
	sync->back_since = heal_sync_rule_kept_since(&rule, senders, count);
}

void
heal_sync_read(HealSituation *situation)
{
	HealSender *senders;
	int count;

	if (situation->in_recovery)
		return;
	senders = palloc(sizeof(HealSender) * Max(max_wal_senders, 1));
	count = read_senders(situation, senders);
	count_waiters(situation);
	read_rule(&situation->sync, senders, count);
	read_given_up(&situation->sync, senders, count);
	pfree(senders);
}

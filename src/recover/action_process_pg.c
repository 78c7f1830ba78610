/*
 * action_process_pg.c
 *		End a process of the server's own, so that the server starts it again.
 *
 * No role may do that: the server lets nobody signal a walreceiver, and only superusers an autovacuum worker or what
 * runs as one. To act as a superuser for it would open the door to all that the acting role is
 * there to keep shut. So this one sends the signal itself, after its own last look, and only to the
 * kinds of processes named here, each of which the server replaces.
 */
#include "postgres.h"

#include <signal.h>

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "replication/walsender.h"
#include "replication/walsender_private.h"
#include "storage/spin.h"
#include "utils/timestamp.h"

#include "recover/action_pg.h"
#include "recover/attempt_pg.h"
#include "recover/look_pg.h"
#include "sample/backends_pg.h"
#include "sample/receiver_pg.h"

/* "selfheal scribe"; the engine is not among them, as it is who looks after all others. */
static const char *
own_worker(const HealSession *session)
{
	const char *type = GetBackgroundWorkerTypeByPid(session->id.pid);

	return type != NULL && strncmp(type, "selfheal ", 9) == 0 &&
				   strcmp(type, "selfheal engine") != 0
			   ? type
			   : "";
}

/* "" when it is none that is restarted. */
static const char *
kind_of(const HealSession *session)
{
	if (session->client || session->id.pid == MyProcPid)
		return "";
	return session->process != HEAL_PROCESS_OTHER
			   ? heal_process_name(session->process)
			   : own_worker(session);
}

static bool
sends_backup(int pid)
{
	bool found = false;

	for (int i = 0; i < max_wal_senders; i++)
	{
		WalSnd *sender = &WalSndCtl->walsnds[i];

		SpinLockAcquire(&sender->mutex);
		found |= sender->pid == pid && sender->state == WALSNDSTATE_BACKUP;
		SpinLockRelease(&sender->mutex);
	}
	return found;
}

/* Why it must not be ended, or NULL. */
static const char *
objection_to(const HealSession *session)
{
	if (session->wraparound)
		return "it keeps transaction ids from running out";
	if (session->process == HEAL_PROCESS_WAL_SENDER &&
		sends_backup(session->id.pid))
		return "it sends a base backup";
	return NULL;
}

static const char *
process_statement(const HealRecovery *recovery)
{
	return psprintf("SIGTERM to process %d (%s)", recovery->subject.session.pid,
					recovery->subject.name);
}

static const HealSession *
session_of(const HealSituation *situation, const char *target)
{
	char *end;
	long pid = strtol(target, &end, 10);

	if (end == target || *end != '\0')
		ereport(ERROR, errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				errmsg("\"%s\" is not a process id", target));
	for (int i = 0; i < situation->sessions; i++)
		if (situation->session[i].id.pid == pid)
			return &situation->session[i];
	ereport(ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("there is no process %ld of this server", pid));
}

static const char *
component_of(const HealSession *session)
{
	switch (session->process)
	{
		case HEAL_PROCESS_AUTOVACUUM:
			return "locks";
		case HEAL_PROCESS_WAL_RECEIVER:
		case HEAL_PROCESS_WAL_SENDER:
			return "replication";
		default:
			return "selfheal";
	}
}

static void
check_target(const HealSession *session, const char *target, const char *kind)
{
	if (kind[0] == '\0')
		ereport(
			ERROR, errcode(ERRCODE_WRONG_OBJECT_TYPE),
			errmsg("process %s is none that can be restarted", target),
			errhint(
				"These can: a walreceiver, a walsender, an autovacuum worker, and workers of selfheal other than its engine."));
	if (objection_to(session) != NULL)
		ereport(ERROR, errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				errmsg("process %s must not be ended: %s", target,
					   objection_to(session)));
}

static void
process_aim(HealRecovery *recovery, const char *target,
			const HealSituation *situation)
{
	const HealSession *session;
	const char *kind;

	if (target == NULL)
		ereport(ERROR, errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				errmsg("remedy \"restart_process\" needs a target"),
				errhint("Give the process id, as text."));
	session = session_of(situation, target);
	kind = kind_of(session);
	check_target(session, target, kind);
	strlcpy(recovery->component, component_of(session),
			sizeof(recovery->component));
	recovery->subject = (HealSubject){.kind = HEAL_SUBJECT_PROCESS,
									  .session = session->id,
									  .database = session->database};
	strlcpy(recovery->subject.name, kind, sizeof(recovery->subject.name));
}

/* The last look, and the signal. */
static const char *
look_and_send(void *argument)
{
	const HealRecovery *recovery = argument;
	const HealSituation *situation = heal_look_here();
	int found = heal_situation_lookup(situation, recovery->subject.session);
	const char *objection;

	if (found < 0 || strcmp(kind_of(&situation->session[found]),
							recovery->subject.name) != 0)
		return "the process has ended";
	objection = objection_to(&situation->session[found]);
	if (objection == NULL)
		objection = heal_look_objection(recovery, situation);
	if (objection != NULL)
		return objection;
	return kill(recovery->subject.session.pid, SIGTERM) == 0
			   ? NULL
			   : "the process has ended";
}

static HealDone
process_act(HealRecovery *recovery, bool again, char *outcome, size_t size)
{
	const char *problem = heal_attempt(look_and_send, recovery);

	snprintf(outcome, size, "%s",
			 problem ? problem : "the process was told to end");
	return problem == NULL ? HEAL_DONE : HEAL_NOT_DONE;
}

static bool
is_there(HealIdentity process)
{
	int count = heal_backends_read();

	for (int i = 0; i < count; i++)
		if (heal_backend(i)->pid == process.pid &&
			heal_backend(i)->started_at == process.backend_start)
			return true;
	return false;
}

static const char *
process_effect(const HealRecovery *recovery)
{
	if (is_there(recovery->subject.session))
		return "the process has not ended";
	if (strcmp(recovery->subject.name,
			   heal_process_name(HEAL_PROCESS_WAL_RECEIVER)) == 0 &&
		!heal_receiver_heard_since(recovery->acted_at))
		return "no walreceiver has heard of its sender since";
	return NULL;
}

const HealAction heal_action_process = {
	.statement = process_statement,
	.aim = process_aim,
	.act = process_act,
	.effect = process_effect,
};

/*
 * action_signal_pg.c
 *		Cancel a statement or end a session, with the rights of the acting role only.
 *
 * The role is a member of pg_signal_backend and nothing else, so the server itself refuses to
 * signal a superuser's session, whatever bug or order brought us here.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "recover/action_signal_pg.h"

void
heal_become_acting_role(void)
{
	Oid role = get_role_oid(HEAL_ACTING_ROLE, true);
	Oid user;
	int context;

	if (!OidIsValid(role))
		ereport(
			ERROR, errcode(ERRCODE_UNDEFINED_OBJECT),
			errmsg("the acting role \"%s\" does not exist", HEAL_ACTING_ROLE));
	if (superuser_arg(role))
		ereport(
			ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			errmsg(
				"the acting role \"%s\" is a superuser, so the server would not hold it back",
				HEAL_ACTING_ROLE));
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(role, context | SECURITY_RESTRICTED_OPERATION);
}

/*
 * With everything looked up that the server will ask for: these look-ups wait for catalog locks, and
 * after the last look nothing may wait.
 */
static void
become_signaller(void)
{
	heal_become_acting_role();
	if (!has_privs_of_role(GetUserId(), ROLE_PG_SIGNAL_BACKEND))
		ereport(ERROR, errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				errmsg("the acting role \"%s\" may not signal sessions",
					   HEAL_ACTING_ROLE));
}

static bool
send(HealSignal signal, int pid)
{
	if (signal == HEAL_SIGNAL_CANCEL)
		return DatumGetBool(
			DirectFunctionCall1(pg_cancel_backend, Int32GetDatum(pid)));
	return DatumGetBool(DirectFunctionCall2(
		pg_terminate_backend, Int32GetDatum(pid), Int64GetDatum(0)));
}

bool
heal_signal_send(HealSignal signal, int pid, HealLastLook look, void *argument,
				 char *why, size_t size)
{
	MemoryContext context = CurrentMemoryContext;
	volatile bool sent = false;

	PG_TRY();
	{
		const char *objection;
		Oid user;
		int security;

		StartTransactionCommand();
		GetUserIdAndSecContext(&user, &security);
		become_signaller();
		objection = look(argument);
		sent = objection == NULL && send(signal, pid);
		SetUserIdAndSecContext(user, security);
		if (!sent)
			snprintf(why, size, "%s", objection ? objection : "it is gone");
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		ErrorData *error;

		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		snprintf(why, size, "%s", error->message);
		FreeErrorData(error);
		AbortOutOfAnyTransaction();
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return sent;
}

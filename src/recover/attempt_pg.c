/*
 * attempt_pg.c
 *		Something that may fail, in a transaction of its own, with the failure as a sentence.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "recover/attempt_pg.h"

const char *
heal_attempt(HealAttempt attempt, void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	const char *volatile problem = NULL;
	Oid user;
	int security;

	GetUserIdAndSecContext(&user, &security);
	PG_TRY();
	{
		const char *said;

		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		said = attempt(argument);
		if (said != NULL)
			problem = MemoryContextStrdup(context, said);
		SetUserIdAndSecContext(user, security);
		CommitTransactionCommand();
	}
	PG_CATCH();
	{
		ErrorData *error;

		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		problem = pstrdup(error->message);
		FreeErrorData(error);
		AbortOutOfAnyTransaction();
		/* a transaction that the attempt began itself gives back the role it found */
		SetUserIdAndSecContext(user, security);
		FlushErrorState();
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	return problem;
}

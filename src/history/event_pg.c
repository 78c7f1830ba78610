/*
 * event_pg.c
 *		What happened, one line each, into the journal.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "history/event.h"
#include "history/ledger_pg.h"

static void
write_event(const char *kind, const char *severity, const char *actor,
			const char *subject, const char *message, bool durable)
{
	HealEvent event = {.at = GetCurrentTimestamp()};

	strlcpy(event.kind, kind, sizeof(event.kind));
	strlcpy(event.severity, severity, sizeof(event.severity));
	strlcpy(event.actor, actor, sizeof(event.actor));
	strlcpy(event.subject, subject, sizeof(event.subject));
	strlcpy(event.message, message, sizeof(event.message));
	heal_ledger_write(HEAL_RECORD_EVENT, &event, durable);
}

void
heal_event_log(const char *kind, const char *severity, const char *subject,
			   const char *message)
{
	write_event(kind, severity, "selfheal", subject, message, false);
}

void
heal_event_audit(const char *kind, const char *actor, const char *subject,
				 const char *message)
{
	write_event(kind, "info", actor, subject, message, true);
}

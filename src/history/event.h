/*
 * event.h
 *		What happened, one line each: into the journal, and from there into selfheal.events.
 */
#ifndef HEAL_EVENT_H
#define HEAL_EVENT_H

/* severity: info, warning, error, critical. subject: "failure 3", "recovery 7", a metric's name. */
extern void heal_event_log(const char *kind, const char *severity,
						   const char *subject, const char *message);
/* The same for what a human did: durable before it returns, and shown in selfheal.audit_log. */
extern void heal_event_audit(const char *kind, const char *actor,
							 const char *subject, const char *message);

#endif

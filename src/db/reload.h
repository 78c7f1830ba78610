/*
 * reload.h
 *		The configuration files, read again by this process and by the whole server.
 */
#ifndef HEAL_RELOAD_H
#define HEAL_RELOAD_H

#include "postgres.h"

/* If this process was told to, and has SIGHUP for SignalHandlerForConfigReload. */
extern void heal_reload_if_asked(void);
/*
 * Have the whole server read them, and return when this process has as well, which is after the server. False
 * when the server does not pass the signal on within 5 s.
 */
extern bool heal_reload_server(void);
/* Why what was written is not in effect when that has failed. */
#define HEAL_NOT_RELOADED \
	"the server did not read its files again: what is in them waits for SELECT pg_reload_conf()"

#endif

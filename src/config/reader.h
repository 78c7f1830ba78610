/*
 * reader.h
 *		Reads the settings in force into lists.
 */
#ifndef HEAL_CONFIG_READER_H
#define HEAL_CONFIG_READER_H

#include "postgres.h"

#include "config/setting.h"

/* As a new session would find them, were nothing set for its database or role. */
extern void heal_config_read_server(HealSettingList *list, uint64 seed);
/* File and line that set it, NULL when none did. Right after reading, in the same memory context. */
extern const char *heal_config_source(const char *name, int *line);
/*
 * Those of databases and roles. False when they have not changed since the last call, or
 * cannot be read now. Needs a transaction with a snapshot.
 */
extern bool heal_config_read_scoped(HealSettingList *list, uint64 seed);
/* Settings the server shows to nobody but its administrators. */
extern bool heal_config_is_hidden(const char *name);

#endif

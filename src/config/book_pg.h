/*
 * book_pg.h
 *		Which settings changed lately: the engine notes it, everybody may ask.
 *
 * Whoever wants to put a changed setting back asks heal_setting_change_can_be_undone()
 * first; when the old value was a default, going back is a reset and not a value.
 */
#ifndef HEAL_BOOK_PG_H
#define HEAL_BOOK_PG_H

#include "postgres.h"

#include "config/book.h"

/* A stage of the heartbeat: compares what is in force with what was. */
extern void heal_config_stage(void);
/* The engine has read the configuration files again. */
extern void heal_config_reloaded(void);

/* The newest changes not older than since, newest first; returns how many. Needs the module preloaded. */
extern int
heal_config_changes(HealTime since, HealSettingChange *changes, int most);
/* What is set there now, as last looked; form HEAL_SETTING_UNSET when nothing is, or it is not watched. */
extern HealSetting heal_config_lookup(Oid database, Oid role, const char *name);
/* Whether any database has a setting of this name of its own, whoever uses it. */
extern bool heal_config_set_by_a_database(const char *name);
/* Settings that are not watched, as there is no room for them. */
extern int heal_config_left_out(void);

/* Whether there is something a restart would forget. */
extern bool heal_config_is_unsaved(void);
/* Raises no error; does nothing while somebody else saves. */
extern void heal_config_save(void);

#endif

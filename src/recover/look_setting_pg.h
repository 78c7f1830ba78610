/*
 * look_setting_pg.h
 *		What a setting is now, and whether it is in effect.
 */
#ifndef HEAL_LOOK_SETTING_PG_H
#define HEAL_LOOK_SETTING_PG_H

#include "postgres.h"

#include "recover/change_setting_pg.h"

/* Whether two ways to write a value mean the same: 64MB and 65536kB. */
extern bool
heal_setting_same(const char *parameter, const char *one, const char *other);

/*
 * These two inside SPI, in a database with the extension, as somebody who may read the files. What they return
 * lives in the context.
 *
 * What is set there now, as it was written; NULL = none of its own.
 */
extern char *
heal_setting_now(const HealSettingOrder *change, MemoryContext context);
/* Of the server: why what its file says is not in effect; NULL when it is. */
extern const char *heal_setting_not_in_effect(const HealSettingOrder *change,
											  MemoryContext context);

#endif

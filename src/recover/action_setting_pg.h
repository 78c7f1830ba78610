/*
 * action_setting_pg.h
 *		What acts on settings share: the statement, the act and its undoing, as a recovery's change says.
 */
#ifndef HEAL_ACTION_SETTING_PG_H
#define HEAL_ACTION_SETTING_PG_H

#include "postgres.h"

#include "recover/action_pg.h"
#include "recover/change_setting_pg.h"

/* Bits of HealActChange.number. */
#define HEAL_AFTER_IS_NONE \
	1 /* the act leaves nothing of its own at this level */
#define HEAL_BEFORE_IS_NONE 2 /* there was nothing until then */
#define HEAL_STAYS 4		  /* raised again after it was given back */

extern const char *heal_setting_statement(const HealRecovery *recovery);
extern const char *heal_setting_undo_statement(const HealRecovery *recovery);
extern HealChanged heal_setting_changed(const HealRecovery *recovery);
extern HealSettingOrder heal_setting_forward(const HealRecovery *recovery);
extern HealSettingOrder heal_setting_backward(const HealRecovery *recovery);
/* Why the setting is not what an act on it relies on, or NULL. In a transaction. */
extern const char *
heal_setting_not_as_expected(const HealSettingOrder *expected);
extern HealDone heal_setting_act(HealRecovery *recovery, bool again,
								 char *outcome, size_t size);
extern const char *heal_setting_undo(HealRecovery *recovery);

#endif

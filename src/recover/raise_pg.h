/*
 * raise_pg.h
 *		What raising a setting of the server and one of a role have in common.
 */
#ifndef HEAL_RAISE_PG_H
#define HEAL_RAISE_PG_H

#include "postgres.h"

#include "recover/recovery.h"

/* In the unit the server counts the parameter in; NaN when it is no number. */
extern double heal_setting_number(const char *parameter, const char *value);
/*
 * What the subject's setting was before the first raise that is in effect, left as it is when there is none; and whether it
 * was given back lately, so that it has to stay.
 */
extern void
heal_raise_past(const HealRecovery *recovery, double *original, bool *stays);
/* HealAction.keep: what stands at the level now is what is given back. */
extern const char *heal_raise_keep(HealRecovery *recovery);

#endif

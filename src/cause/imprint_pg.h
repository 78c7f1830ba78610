/*
 * imprint_pg.h
 *		How far every metric is from what is usual for it, now.
 */
#ifndef HEAL_IMPRINT_PG_H
#define HEAL_IMPRINT_PG_H

#include "postgres.h"

#include "cause/recall.h"

/*
 * Of a failure that has held since then, without a cause; what is as usual is zero, so that noise makes nothing alike. Names of
 * users' metrics must be loaded; those beyond HEAL_IMPRINT_METRICS are left out.
 */
extern void heal_imprint_read(HealImprint *imprint, HealTime since);

#endif

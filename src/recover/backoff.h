/*
 * backoff.h
 *		How long to wait before something that failed is tried again.
 */
#ifndef HEAL_BACKOFF_H
#define HEAL_BACKOFF_H

#include "base/types.h"

/*
 * The delay before the given attempt (2 = the first one after a failure): doubled each time, a quarter
 * more or less by lot, never more than most. The lot is drawn from recovery and attempt alone, so the same
 * recovery always waits the same.
 */
extern HealTime
heal_backoff(HealTime delay, int attempt, int64_t recovery, HealTime most);

#endif

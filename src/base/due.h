/*
 * due.h
 *		What is done now and then.
 */
#ifndef HEAL_DUE_H
#define HEAL_DUE_H

#include "base/types.h"

/*
 * Whether what is done every so often (us) and was done last then (0 = never) is to be done now. A clock that was set back
 * must not make it wait: what was done in the future is due.
 */
extern bool heal_due(HealTime last, HealTime every, HealTime now);

#endif

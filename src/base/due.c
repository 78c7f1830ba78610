/*
 * due.c
 *		What is done now and then.
 */
#include "base/due.h"

bool
heal_due(HealTime last, HealTime every, HealTime now)
{
	return last == 0 || last > now || now - last >= every;
}

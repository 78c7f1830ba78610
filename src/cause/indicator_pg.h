/*
 * indicator_pg.h
 *		What will follow from leading indicators, in the engine.
 */
#ifndef HEAL_INDICATOR_PG_H
#define HEAL_INDICATOR_PG_H

#include "postgres.h"

/*
 * Every heartbeat; looks every ten seconds while an anomaly is open, and says what will follow from three indicators at a
 * time, from each once a minute, and from none that an open failure shows or brings.
 */
extern void heal_indicators_look(void);

#endif

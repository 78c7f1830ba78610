/*
 * rule_pg.h
 *		By what each metric is judged: the settings, and what people have said.
 */
#ifndef HEAL_RULE_PG_H
#define HEAL_RULE_PG_H

#include "detect/anomaly.h"

/*
 * One rule for every metric that exists; names must be loaded. `raised` is what the alarm
 * budget adds to the borders.
 */
extern void
heal_detection_rules(HealDetection rules[HEAL_METRICS], double raised);

#endif
